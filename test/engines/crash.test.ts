/**
 * A server that is killed in the middle of storing something, and started again on the same directory.
 *
 * Where strace(1) may attach, it is killed at chosen system calls (at all of them by `test/torture/crash.ts`); everywhere,
 * at moments that can be seen from outside.
 */
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { compile } from '../fixtures/compiled.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { answerCalls, callOf, fileCalls, mayTrace } from '../fixtures/strace.ts'
import { temporary } from '../fixtures/temporary.ts'
import { Crasher } from '../torture/crashing.ts'
import { Stage } from '../torture/stage.ts'
import { layOut, stateOf, temporaries, type Way } from '../torture/way.ts'
import { ways } from '../torture/ways.ts'

type Row = readonly [way: string, call: string, nth: number, state: number, acknowledged?: boolean]

/** Which call is not made any more, and what is found: the state before its effect, and after that of the one before it. */
const rows: readonly Row[] = [
  ['put new', 'pwrite64', 2, 0],
  ['put new', 'link', 1, 0],
  // The name is given, and the temporary one is still there.
  ['put new', 'unlink', 1, 1],
  ['put small', 'pwrite64', 1, 0],
  ['put small', 'fsync', 1, 0],
  ['put small', 'link', 1, 0],
  ['put small', 'fsync', 2, 1],
  ['put small', 'shutdown', 1, 1, true],
  ['put over', 'flock', 1, 0],
  ['put over', 'rename', 1, 0],
  // The name is given, and the lock is still held.
  ['put over', 'flock', 2, 1],
  ['put over', 'fsync', 2, 1],
  ['put over', 'shutdown', 1, 1, true],
  ['form over', 'rename', 2, 1],
  ['tus middle', 'pwrite64', 1, 0],
  ['tus rest', 'fsync', 1, 0],
]

const wayOf = (name: string): Way => ways.find((way) => way.name === name) as Way
const program = compile(path.join(await temporary(t), 'program'))
const traceable = await mayTrace()

async function stageOf(t: Test, engine: 'sync' | 'async'): Promise<Stage> {
  const root = path.join(await temporary(t), 'root')
  fs.mkdirSync(root)
  const stage = new Stage(engine, root, program)
  t.teardown(() => stage.end())
  return stage
}

/** Wait until what was sent has come to the disk. */
async function arrival(root: string, bytes: number): Promise<void> {
  const size = () => temporaries(root).reduce((all, name) => all + fs.statSync(path.join(root, name)).size, 0)
  while (size() < bytes) await new Promise((resolve) => setImmediate(resolve))
}

for (const engine of ['sync', 'async'] as const) {
  t.test(`${engine}: killed in the middle of a body`, async (t) => {
    const stage = await stageOf(t, engine)
    const way = wayOf('put over')
    const server = await stage.server()
    layOut(stage.root, way)
    const client = await RawClient.connect(server.address)
    const head = message('PUT', '/name', { Overwrite: 'T', 'Content-Length': '3000000' })
    await client.send(head, Buffer.alloc(2_000_000))
    // What has come last may not have been written: a body is gathered.
    await arrival(stage.root, 1_000_000)
    await server.kill()
    t.equal(stateOf(stage.root, way), 0, 'the old file is as it was')
    t.equal(temporaries(stage.root).length, 1)
    await stage.server()
    t.strictSame(temporaries(stage.root), [], 'and the start removes what had come of the new one')
  })

  t.test(`${engine}: killed when the answer has arrived`, async (t) => {
    const crasher = new Crasher(await stageOf(t, engine))
    t.match(await crasher.crashAfterAnswer(wayOf('form over')), { state: 2, violations: [] })
  })

  if (!traceable) continue
  t.test(`${engine}: killed at a system call`, async (t) => {
    const crasher = new Crasher(await stageOf(t, engine))
    for (const [name, call, nth, state, acknowledged = false] of rows) {
      const crash = await crasher.crash(wayOf(name), callOf(engine, call), nth, [...fileCalls, ...answerCalls])
      t.match(crash, { state, acknowledged, violations: [] }, `${name}, before ${call} ${nth}`)
    }
  })
}
