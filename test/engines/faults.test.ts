/**
 * A disk that fails, and one that is full: the client is told what it is, the old file is as it was, nothing is left over, and
 * the server goes on.
 *
 * Where strace(1) may attach, chosen system calls fail (all of them by `test/torture/faults.ts`). Where a file system may be mounted, a
 * real one gets full; everywhere, the system refuses to let files grow (`RLIMIT_FSIZE`).
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { compile } from '../fixtures/compiled.ts'
import { message } from '../fixtures/raw-client.ts'
import { callOf, fileCalls, mayTrace, Tracer } from '../fixtures/strace.ts'
import { temporary } from '../fixtures/temporary.ts'
import { atRest, startVictim, tryToAsk, type Victim } from '../fixtures/victim.ts'
import { type Errno, Faulter } from '../torture/faulting.ts'
import { look, Stage } from '../torture/stage.ts'
import { temporaries, type Way } from '../torture/way.ts'
import { ways } from '../torture/ways.ts'

type Row = readonly [way: string, call: string, nth: number, errno: Errno, status: number, state: number]

const rows: readonly Row[] = [
  ['put over', 'openat', 3, 'EMFILE', 503, 0],
  ['put over', 'pwrite64', 2, 'ENOSPC', 507, 0],
  ['put over', 'pwrite64', 1, 'EINTR', 204, 1],
  ['put over', 'fsync', 1, 'EIO', 500, 0],
  ['put over', 'fsync', 1, 'EINTR', 204, 1],
  ['put over', 'rename', 1, 'EROFS', 403, 0],
  // The name is given by then, and cannot be taken back: the old file is gone.
  ['put over', 'fsync', 2, 'EIO', 500, 1],
  ['put over', 'close', 1, 'EIO', 204, 1],
  ['put new', 'mkdir', 1, 'ENOSPC', 507, 0],
  ['put new', 'link', 1, 'EIO', 500, 0],
  ['put new', 'link', 1, 'EINTR', 201, 1],
  ['put new', 'unlink', 1, 'EIO', 500, 0],
  ['put new', 'unlink', 1, 'EINTR', 201, 1],
  ['copy over', 'pread64', 1, 'EIO', 500, 0],
  // Small files are read by a thread of their own in one of the engines.
  ['tus rest', 'pread64', 1, 'EINTR', 204, 1],
]

const program = compile(path.join(await temporary(t), 'program'))
const traceable = await mayTrace()

async function directory(t: Test): Promise<string> {
  const root = path.join(await temporary(t), 'root')
  fs.mkdirSync(root)
  return root
}

const ask = (method: string, target: string, fields: Record<string, string> = {}, body?: Uint8Array) =>
  message(method, target, { Connection: 'close', ...fields }, body)
const overwrite = { Overwrite: 'T' }
const large = Buffer.alloc(2_500_000, 'large ')
const chunked = Buffer.concat([Buffer.from(`${large.length.toString(16)}\r\n`), large, Buffer.from('\r\n0\r\n\r\n')])

/** Requests for which there is no room. */
const tooMuch: readonly (readonly [what: string, request: Uint8Array])[] = [
  ['a new file', ask('PUT', '/new', {}, large)],
  ['over the old one', ask('PUT', '/old', overwrite, large)],
  ['in chunks', ask('PUT', '/old', { ...overwrite, 'Transfer-Encoding': 'chunked' }, chunked)],
]

/** Ask for too much, and then for little. @param status what tells that there is no room */
async function fill(t: Test, server: Victim, root: string, status: number): Promise<void> {
  t.equal((await tryToAsk(server, ask('PUT', '/old', {}, Buffer.from('old'))))?.status, 201)
  for (const [what, request] of tooMuch) {
    const answer = await tryToAsk(server, request)
    t.equal(answer?.status, status, what)
    t.match(answer?.text, /^(storage_full|too_large): [A-Z].*\.\n$/, 'with a sentence')
    t.strictSame(fs.readdirSync(root).sort(), ['.twinserve', 'old'])
    t.equal(fs.readFileSync(path.join(root, 'old'), 'utf8'), 'old', 'the old file is as it was')
    t.strictSame(temporaries(root), [], 'and nothing is left over')
  }
  t.equal((await tryToAsk(server, ask('PUT', '/small', {}, Buffer.from('small'))))?.status, 201, 'a small one has room')
  t.equal(fs.readFileSync(path.join(root, 'small'), 'utf8'), 'small')
}

/** A file system of one megabyte, if that is permitted. */
function mounted(t: Test, root: string): boolean {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]).status !== 0) return false
  t.teardown(() => spawnSync('umount', ['--lazy', root]))
  return true
}

for (const engine of ['sync', 'async'] as const) {
  t.test(`${engine}: files may not grow`, async (t) => {
    const root = await directory(t)
    // Blocks of 512 or 1024 bytes: less than is sent in any case.
    const through = ['sh', '-c', 'ulimit -f 1000; exec "$@"', 'sh']
    const server = await startVictim({ engine, root, program, through })
    t.teardown(() => server.kill())
    await fill(t, server, root, 413)
  })

  t.test(`${engine}: a full disk`, async (t) => {
    const root = await directory(t)
    const full = mounted(t, root)
    // Without the right to mount one, there is room for everything.
    const server = await startVictim({ engine, root, program })
    t.teardown(() => server.kill())
    if (full) await fill(t, server, root, 507)
    else t.equal((await tryToAsk(server, tooMuch[0]?.[1] as Uint8Array))?.status, 201)
  })

  if (!traceable) continue
  t.test(`${engine}: a system call fails`, async (t) => {
    const stage = new Stage(engine, await directory(t), program)
    t.teardown(() => stage.end())
    const faulter = new Faulter(stage)
    const server = await stage.server()
    fs.writeFileSync(path.join(stage.root, 'kept'), 'kept')
    t.equal((await tryToAsk(server, look))?.status, 200)
    const tracer = await Tracer.attach(server.pid, ['close'], 'close:error=EIO:when=1')
    t.equal((await tryToAsk(server, look))?.text, 'kept', 'EIO from close is no reason not to tell what was read')
    await atRest(server)
    t.ok((await tracer.detach()).injected)
    for (const [name, call, nth, errno, status, state] of rows) {
      const way = ways.find((each) => each.name === name) as Way
      const fault = await faulter.fail(way, callOf(engine, call), nth, errno, fileCalls)
      t.match(fault, { status, state, violations: [] }, `${name}, ${errno} from ${call} ${nth}`)
    }
  })
}
