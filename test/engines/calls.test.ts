/**
 * Every line of `Calls` that has to do with files, on a directory of its own: both engines answer alike, and fail alike.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import * as later from '../../src/async/calls.ts'
import { commonCalls as commonLater } from '../../src/async/common.ts'
import { environment as environmentLater } from '../../src/async/environment.ts'
import { Loader } from '../../src/async/loader.ts'
import { run as runLater } from '../../src/async/run.ts'
import { loanSize } from '../../src/core/buffers.ts'
import type { Calls, Directory } from '../../src/core/calls.ts'
import { markOf, nowhere, type Owner, ownerName, parseOwner, startOf } from '../../src/core/owner.ts'
import { call } from '../../src/core/program.ts'
import * as now from '../../src/sync/calls.ts'
import { commonCalls as commonNow } from '../../src/sync/common.ts'
import { environment as environmentNow } from '../../src/sync/environment.ts'
import { run as runNow } from '../../src/sync/run.ts'
import { Shared } from '../../src/sync/shared.ts'

type FileCall = Exclude<keyof Calls, keyof now.SocketCalls>

/** One engine, asked call by call: each call is a program of its own, run by the engine's driver. */
interface Engine {
  readonly name: string
  openRoot(path: string): Promise<Directory>
  ask<N extends FileCall>(name: N, ...args: Parameters<Calls[N]>): Promise<ReturnType<Calls[N]>>
}

const loader = new Loader()
// What a listener does in a server: the threads alone are no reason for the process to go on.
const alive = setInterval(() => {}, 1_000_000)
t.teardown(() => {
  clearInterval(alive)
  return loader.end()
})
const nowCalls = { ...now.fileCalls, ...commonNow(new Shared()) }
const laterCalls = {
  ...later.fileCalls,
  ...later.loadCall(loader),
  ...later.storeCall(() => loader),
  ...commonLater(),
}

const engines: Engine[] = [
  {
    name: 'sync',
    openRoot: async (name) => now.openRoot(name),
    ask: async (name, ...args) => runNow(call(name, ...args), nowCalls as unknown as Calls),
  },
  {
    name: 'async',
    openRoot: later.openRoot,
    ask: (name, ...args) => runLater(call(name, ...args), laterCalls as unknown as Parameters<typeof runLater>[1]),
  },
]

for (const engine of engines) {
  t.test(engine.name, async (t) => {
    const { ask } = engine
    const at = t.testdir({ file: 'content', full: { inner: 'x' }, empty: {}, link: t.fixture('symlink', 'file') })
    fs.symlinkSync('full', path.join(at, 'dirlink'))
    fs.writeFileSync(path.join(at, 'name with\n=%é'), '')
    const root = await engine.openRoot(at)
    t.teardown(() => ask('close', root.fd))
    const fails = (code: string, made: Promise<unknown>) => t.rejects(made, { code }, code)

    await t.test('the root', async (t) => {
      await t.rejects(engine.openRoot(path.join(at, 'none')), { code: 'ENOENT' })
      await t.rejects(engine.openRoot(path.join(at, 'file')), { code: 'ENOTDIR' })
      const linked = await engine.openRoot(path.join(at, 'dirlink'))
      t.equal((await ask('lstat', linked, 'inner'))?.kind, 'file', 'may itself be reached through a link')
      await ask('close', linked.fd)
    })

    await t.test('load', async (t) => {
      const into = Buffer.alloc(64 * 1024, '-')
      const { status, ...rest } = await ask('load', root, 'file', into)
      t.strictSame(rest, { fd: undefined, length: 7 })
      t.strictSame(status, await ask('lstat', root, 'file'), 'every field')
      t.equal(into.toString('latin1', 0, 9), 'content--')
      const exact = await ask('load', root, 'file', into.subarray(0, 8))
      t.equal(exact.length, 7, 'room for one byte more')
      for (const [name, room] of [
        ['file', 7],
        ['full', 8],
      ] as const) {
        const { fd, length, status } = await ask('load', root, name, into.subarray(0, room))
        t.equal(length, undefined, 'left open')
        t.strictSame(await ask('fstat', fd as number), status)
        await ask('close', fd as number)
      }
      await fails('ENOENT', ask('load', root, 'none', into))
      await fails('ELOOP', ask('load', root, 'link', into))
      await fails('ENAMETOOLONG', ask('load', root, 'n'.repeat(256), into))
      const many = await Promise.all(
        Array.from({ length: 300 }, () => ask('load', root, 'name with\n=%é', Buffer.alloc(9))),
      )
      t.ok(
        many.every(({ length }) => length === 0),
        'more at a time than fit into one batch',
      )
    })

    await t.test('storeSmall', async (t) => {
      const within = path.join(at, 'empty')
      fs.symlinkSync('.', path.join(within, 'link'))
      for (const name of ['place', 'dir']) fs.mkdirSync(path.join(within, name))
      const top = await ask('openDirectory', root, 'empty')
      const directory = await ask('openDirectory', top, 'place')
      const mtimeNs = 1_700_000_000_123_456_000n
      const put = (names: readonly string[], bytes = Buffer.from('content'), unique = 'unique') => {
        const temporary = { directory, name: unique }
        return ask('storeSmall', { root: top, names, temporary, mtimeNs, durable: unique === 'unique' }, bytes)
      }
      const stored = await put(['dir', 'new'])
      t.ok(stored?.confirmed)
      const status = stored?.status
      t.match(status, { kind: 'file', size: 7, permissions: 0o666 & ~process.umask() })
      t.equal(((status?.mtimeNs ?? 0n) + 500n) / 1000n, mtimeNs / 1000n)
      const dir = await ask('openDirectory', top, 'dir')
      t.strictSame(status, await ask('lstat', dir, 'new'), 'every field')
      t.equal(fs.readFileSync(path.join(within, 'dir/new'), 'latin1'), 'content')
      t.match(await put(['none at all'], Buffer.alloc(0)), { status: { size: 0 } })
      const most = Buffer.alloc(loanSize, 'x')
      t.match(await put(['most'], most), { status: { size: loanSize } })
      t.ok(fs.readFileSync(path.join(within, 'most')).equals(most))
      for (const names of [['most'], ['dir'], ['none', 'new'], ['most', 'new'], ['link', 'new']])
        t.equal(await put(names), undefined, `${names.join('/')} is declined`)
      await fails('ENAMETOOLONG', put(['x'.repeat(300)]))
      const many = await Promise.all(
        Array.from({ length: 100 }, (_, n) => put([`many${n}`], Buffer.from(`content ${n}`), `unique${n}`)),
      )
      for (const [n, each] of many.entries()) {
        t.equal(each?.status.size, `content ${n}`.length)
        t.equal(fs.readFileSync(path.join(within, `many${n}`), 'latin1'), `content ${n}`)
      }
      t.strictSame(fs.readdirSync(path.join(within, 'place')), [], 'nothing is left over')
      for (const each of [dir, directory, top]) await ask('close', each.fd)
      fs.rmSync(within, { recursive: true })
      fs.mkdirSync(within)
    })

    await t.test('openDirectory', async (t) => {
      const full = await ask('openDirectory', root, 'full')
      t.equal((await ask('fstat', full.fd)).kind, 'directory')
      // Swap the directory for a link that leads elsewhere: what is held stays what it is.
      fs.renameSync(path.join(at, 'full'), path.join(at, 'moved'))
      fs.symlinkSync('/', path.join(at, 'full'))
      t.equal((await ask('lstat', full, 'inner'))?.size, 1, 'the directory that was opened')
      await fails('ENOTDIR', ask('openDirectory', root, 'full'))
      fs.unlinkSync(path.join(at, 'full'))
      fs.renameSync(path.join(at, 'moved'), path.join(at, 'full'))
      await ask('close', full.fd)
      await fails('ENOTDIR', ask('openDirectory', root, 'dirlink'))
      await fails('ENOTDIR', ask('openDirectory', root, 'file'))
      await fails('ENOENT', ask('openDirectory', root, 'none'))
    })

    await t.test('open, read, write, fsync, fstat', async (t) => {
      await fails('ENOENT', ask('open', root, 'none', 'read'))
      await fails('ELOOP', ask('open', root, 'link', 'read'))
      await fails('EEXIST', ask('open', root, 'file', 'create'))
      await fails('EEXIST', ask('open', root, 'link', 'create'))
      const made = await ask('open', root, 'made', 'create')
      t.equal(await ask('write', made, Buffer.from('hello'), 0), 5)
      t.equal(await ask('write', made, Buffer.from('J'), 0), 1, 'at its place, not at the end')
      await ask('fsync', made)
      await ask('fsync', root.fd)
      await fails('EBADF', ask('read', made, Buffer.alloc(1), 0))
      await ask('fchmod', made, 0o640)
      await ask('close', made)
      const file = await ask('open', root, 'made', 'read')
      const into = Buffer.alloc(10)
      t.equal(await ask('read', file, into, 0), 5)
      t.equal(into.toString('latin1', 0, 5), 'Jello')
      t.equal(await ask('read', file, into.subarray(2, 4), 3), 2)
      t.equal(into.toString('latin1', 0, 5), 'Jeloo', 'into the part that was given')
      t.equal(await ask('read', file, into, 5), 0, 'nothing at the end')
      const status = await ask('fstat', file)
      const real = fs.statSync(path.join(at, 'made'), { bigint: true })
      t.strictSame(status, {
        kind: 'file',
        size: 5,
        mtimeNs: real.mtimeNs,
        device: Number(real.dev),
        inode: Number(real.ino),
        permissions: Number(real.mode & 0o777n),
      })
      await fails('EBADF', ask('write', file, into, 0))
      await ask('close', file)
      await fails('EISDIR', ask('read', root.fd, into, 0))
    })

    await t.test('open to write what is there, ftruncate', async (t) => {
      fs.writeFileSync(path.join(at, 'longer'), 'longer than that')
      await fails('ENOENT', ask('open', root, 'none', 'write'))
      await fails('ELOOP', ask('open', root, 'link', 'write'))
      await fails('EISDIR', ask('open', root, 'full', 'write'))
      const file = await ask('open', root, 'longer', 'write')
      await fails('EBADF', ask('read', file, Buffer.alloc(1), 0))
      await ask('ftruncate', file, 6)
      t.equal(await ask('write', file, Buffer.from('!'), 6), 1, 'it was not emptied')
      t.equal((await ask('fstat', file)).size, 7)
      await ask('close', file)
      t.equal(fs.readFileSync(path.join(at, 'longer'), 'utf8'), 'longer!')
      const read = await ask('open', root, 'longer', 'read')
      await fails('EINVAL', ask('ftruncate', read, 1))
      await ask('close', read)
    })

    await t.test('beyond 4 GiB', async (t) => {
      const file = await ask('open', root, 'sparse', 'create')
      const far = 5 * 2 ** 30
      t.equal(await ask('write', file, Buffer.from('far'), far), 3)
      await ask('close', file)
      const again = await ask('open', root, 'sparse', 'read')
      const into = Buffer.alloc(3)
      t.equal((await ask('fstat', again)).size, far + 3)
      t.equal(await ask('read', again, into, far), 3)
      t.equal(into.toString(), 'far')
      await ask('close', again)
      await ask('unlink', root, 'sparse')
    })

    await t.test('close never fails', async () => {
      await ask('close', 1_000_000)
      await ask('close', -1)
    })

    await t.test('lstat, lstatEach', async (t) => {
      t.match(await ask('lstat', root, 'link'), { kind: 'link' }, 'as itself')
      t.match(await ask('lstat', root, 'full'), { kind: 'directory' })
      t.match(await ask('lstat', root, 'file'), { kind: 'file', size: 7 })
      t.equal(await ask('lstat', root, 'none'), undefined)
      await fails('ENAMETOOLONG', ask('lstat', root, 'x'.repeat(300)))
      const names = ['file', 'none', 'link', 'x'.repeat(300), 'name with\n=%é', ...new Array(100).fill('full')]
      const each = await ask('lstatEach', root, names)
      const kinds = each.map((status) => status?.kind)
      const expected = ['file', undefined, 'link', undefined, 'file', ...new Array(100).fill('directory')]
      t.strictSame(kinds, expected, 'one for each name, in order')
      t.strictSame(await ask('lstatEach', root, []), [])
    })

    await t.test('opendir, readdir, closedir', async (t) => {
      await ask('mkdir', root, 'many')
      const many = await ask('openDirectory', root, 'many')
      const names = Array.from({ length: 2500 }, (_, i) => `entry ${i}`)
      for (const name of names) fs.writeFileSync(path.join(at, 'many', name), '')
      const stream = await ask('opendir', many)
      const found: string[] = []
      const sizes: number[] = []
      for (let batch = await ask('readdir', stream); batch.length > 0; batch = await ask('readdir', stream)) {
        found.push(...batch)
        sizes.push(batch.length)
      }
      t.strictSame(found.sort(), names.sort())
      t.strictSame(sizes, [1000, 1000, 500])
      t.strictSame(await ask('readdir', stream), [], 'still at the end')
      await ask('closedir', stream)
      await ask('closedir', stream)
      await ask('close', many.fd)
      const empty = await ask('openDirectory', root, 'empty')
      const none = await ask('opendir', empty)
      t.strictSame(await ask('readdir', none), [])
      await ask('closedir', none)
      await ask('close', empty.fd)
    })

    await t.test('readlink, symlink', async (t) => {
      t.equal(await ask('readlink', root, 'link'), 'file')
      await fails('EINVAL', ask('readlink', root, 'file'))
      await fails('ENOENT', ask('readlink', root, 'none'))
      await ask('symlink', '../any thing', root, 'new link')
      t.equal(fs.readlinkSync(path.join(at, 'new link')), '../any thing')
      await fails('EEXIST', ask('symlink', 'x', root, 'file'))
    })

    await t.test('mkdir, rmdir, unlink', async () => {
      await fails('EEXIST', ask('mkdir', root, 'file'))
      await fails('EEXIST', ask('mkdir', root, 'link'))
      await fails('ENOTEMPTY', ask('rmdir', root, 'full'))
      await fails('ENOTDIR', ask('rmdir', root, 'file'))
      await fails('ENOTDIR', ask('rmdir', root, 'dirlink'))
      await fails('ENOENT', ask('rmdir', root, 'none'))
      await fails('ENOENT', ask('unlink', root, 'none'))
      await t.rejects(ask('unlink', root, 'empty'), { code: /^(EISDIR|EPERM)$/ })
      await ask('unlink', root, 'link')
      t.ok(fs.existsSync(path.join(at, 'file')), 'the link, not what it leads to')
      await ask('rmdir', root, 'empty')
      t.notOk(fs.existsSync(path.join(at, 'empty')))
    })

    await t.test('ownerState', async (t) => {
      const self = parseOwner(environmentNow.owner) as Owner
      t.equal(self.pid, process.pid)
      const other = spawn('sleep', ['1000'])
      t.teardown(() => other.kill())
      const stat = fs.readFileSync(`/proc/${other.pid}/stat`, 'latin1')
      const name = ownerName({ ...self, pid: other.pid as number, started: startOf(stat) as string })
      t.equal(await ask('ownerState', environmentNow.owner), 'running')
      t.equal(await ask('ownerState', name), 'running')
      t.equal(await ask('ownerState', ownerName({ ...self, pid: 1, started: '1' })), 'ended', 'another has its number')
      t.equal(await ask('ownerState', `0${name}`), 'unknown')
      const before = { ...self, boot: markOf('another') }
      t.equal(await ask('ownerState', ownerName({ ...before, host: markOf('another') })), 'unknown')
      // Where the machine has no identifier it could be another one.
      t.equal(await ask('ownerState', ownerName(before)), self.host === nowhere ? 'unknown' : 'ended')
      t.equal(await ask('ownerState', ownerName({ ...self, space: markOf('another') })), 'unknown')
      other.kill()
      await once(other, 'exit')
      t.equal(await ask('ownerState', name), 'ended')
    })

    await t.test('rename, link', async (t) => {
      const full = await ask('openDirectory', root, 'full')
      await ask('link', root, 'file', full, 'second')
      t.equal(fs.statSync(path.join(at, 'file')).nlink, 2)
      await fails('EEXIST', ask('link', root, 'file', full, 'inner'))
      await fails('ENOENT', ask('link', root, 'none', full, 'x'))
      await fails('EPERM', ask('link', root, 'full', root, 'x'))
      await ask('rename', full, 'second', full, 'inner')
      t.equal(fs.readFileSync(path.join(at, 'full/inner'), 'latin1'), 'content', 'replaces')
      await fails('ENOENT', ask('rename', root, 'none', root, 'x'))
      await fails('EINVAL', ask('rename', root, 'full', full, 'inside'))
      await fails('EISDIR', ask('rename', root, 'made', root, 'full'))
      await fails('ENOTDIR', ask('rename', root, 'full', root, 'made'))
      await ask('mkdir', root, 'other')
      await fails('ENOTEMPTY', ask('rename', root, 'other', root, 'full'))
      await ask('close', full.fd)
    })
  })
}

t.test('both engines are one process to others', async (t) => {
  t.equal(environmentNow.owner, environmentLater.owner)
})

t.test('both engines have the same lines', async (t) => {
  t.strictSame(Object.keys(nowCalls).sort(), Object.keys(laterCalls).sort())
})
