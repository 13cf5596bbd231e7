/** The file system in memory that the other tests rely on: it fails where POSIX says so. */
import t from 'tap'
import type { Directory } from '../../../src/core/calls.ts'
import { device, directory, fifo, file, link, MemoryFiles, socket } from '../../fixtures/memory.ts'

function files(): MemoryFiles {
  return new MemoryFiles().tree({
    file: 'content',
    empty: {},
    full: { inner: 'x', deep: {} },
    link: link('file'),
    loop: link('loop'),
    fifo: fifo(),
    socket: socket(),
    device: device(),
    disk: directory({ on: 'another', tree: {} }, { device: 2 }),
    secret: file('s', { mode: 0 }),
    closed: directory({ in: 'it' }, { mode: 0 }),
    fixed: directory({ in: 'it', inner: {} }, { mode: 5 }),
    unsearchable: directory({ in: 'it' }, { mode: 4 }),
  })
}

type Case = readonly [errno: string, what: string, (m: MemoryFiles, root: Directory) => unknown]

const at = (m: MemoryFiles, name: string) => m.calls.openDirectory(m.root, name)
const buffer = Buffer.alloc(4)

const cases: readonly Case[] = [
  ['ENOENT', 'openDirectory none', (m) => at(m, 'none')],
  ['ENOTDIR', 'openDirectory file', (m) => at(m, 'file')],
  ['ENOTDIR', 'openDirectory link', (m) => at(m, 'link')],
  ['EACCES', 'openDirectory closed', (m) => at(m, 'closed')],
  ['ENOENT', 'open none', (m, root) => m.calls.open(root, 'none', 'read')],
  ['ELOOP', 'open link', (m, root) => m.calls.open(root, 'link', 'read')],
  ['ENXIO', 'open socket', (m, root) => m.calls.open(root, 'socket', 'read')],
  ['EACCES', 'lstat in unsearchable', (m) => m.calls.lstat(at(m, 'unsearchable'), 'in')],
  ['EACCES', 'open secret', (m, root) => m.calls.open(root, 'secret', 'read')],
  ['EACCES', 'open unsearchable', (m) => m.calls.open(at(m, 'unsearchable'), 'in', 'read')],
  ['ENAMETOOLONG', 'open long', (m, root) => m.calls.open(root, 'é'.repeat(128), 'read')],
  ['ENOENT', 'load none', (m, root) => m.calls.load(root, 'none', buffer)],
  ['ELOOP', 'load link', (m, root) => m.calls.load(root, 'link', buffer)],
  ['EEXIST', 'create file', (m, root) => m.calls.open(root, 'file', 'create')],
  ['EEXIST', 'create link', (m, root) => m.calls.open(root, 'link', 'create')],
  ['EACCES', 'create in fixed', (m) => m.calls.open(at(m, 'fixed'), 'new', 'create')],
  ['EBADF', 'read a file being written', (m, root) => m.calls.read(m.calls.open(root, 'new', 'create'), buffer, 0)],
  ['EBADF', 'write a file being read', (m, root) => m.calls.write(m.calls.open(root, 'file', 'read'), buffer, 0)],
  ['EISDIR', 'read a directory', (m, root) => m.calls.read(root.fd, buffer, 0)],
  [
    'EISDIR',
    'read a directory opened as a file',
    (m, root) => m.calls.read(m.calls.open(root, 'full', 'read'), buffer, 0),
  ],
  ['EBADF', 'fstat closed', (m) => m.calls.fstat(99)],
  ['ENOENT', 'readlink none', (m, root) => m.calls.readlink(root, 'none')],
  ['EINVAL', 'readlink file', (m, root) => m.calls.readlink(root, 'file')],
  ['EEXIST', 'symlink file', (m, root) => m.calls.symlink('x', root, 'file')],
  ['EEXIST', 'mkdir link', (m, root) => m.calls.mkdir(root, 'link')],
  ['EACCES', 'mkdir in fixed', (m) => m.calls.mkdir(at(m, 'fixed'), 'new')],
  ['ENOTEMPTY', 'rmdir full', (m, root) => m.calls.rmdir(root, 'full')],
  ['ENOTDIR', 'rmdir file', (m, root) => m.calls.rmdir(root, 'file')],
  ['EBUSY', 'rmdir disk', (m, root) => m.calls.rmdir(root, 'disk')],
  ['EISDIR', 'unlink empty', (m, root) => m.calls.unlink(root, 'empty')],
  ['EACCES', 'unlink in fixed', (m) => m.calls.unlink(at(m, 'fixed'), 'in')],
  ['EPERM', 'link a directory', (m, root) => m.calls.link(root, 'empty', root, 'x')],
  ['EEXIST', 'link over', (m, root) => m.calls.link(root, 'file', root, 'link')],
  ['EXDEV', 'link across', (m, root) => m.calls.link(root, 'file', at(m, 'disk'), 'x')],
  ['EXDEV', 'rename across', (m, root) => m.calls.rename(root, 'file', at(m, 'disk'), 'x')],
  ['ENOENT', 'rename none', (m, root) => m.calls.rename(root, 'none', root, 'x')],
  ['EINVAL', 'rename into itself', (m, root) => m.calls.rename(root, 'full', at(m, 'full'), 'x')],
  ['EISDIR', 'rename file over directory', (m, root) => m.calls.rename(root, 'file', root, 'empty')],
  ['ENOTDIR', 'rename directory over file', (m, root) => m.calls.rename(root, 'empty', root, 'file')],
  ['ENOTEMPTY', 'rename over full', (m, root) => m.calls.rename(root, 'empty', root, 'full')],
  ['EBUSY', 'rename disk', (m, root) => m.calls.rename(root, 'disk', root, 'x')],
  ['EACCES', 'rename out of fixed', (m, root) => m.calls.rename(at(m, 'fixed'), 'in', root, 'x')],
  ['EACCES', 'rename a directory that is fixed', (m, root) => m.calls.rename(root, 'fixed', at(m, 'empty'), 'x')],
]

t.test('fails as POSIX says', async (t) => {
  for (const [errno, what, make] of cases) {
    const memory = files()
    t.throws(() => make(memory, memory.root), { code: errno }, `${what}: ${errno}`)
    t.strictSame(
      memory.snapshot(),
      { ...files().snapshot(), ...(what.includes('written') ? { new: '' } : {}) },
      `${what} changes nothing`,
    )
  }
})

t.test('names that the core must never use', async (t) => {
  const { calls, root } = files()
  for (const name of ['', '.', '..', 'a/b', 'a\0']) t.throws(() => calls.lstat(root, name), TypeError)
})

t.test('what has a name', async (t) => {
  const { calls, root } = files()
  t.match(calls.lstat(root, 'file'), { kind: 'file', size: 7 })
  t.equal(calls.lstat(root, 'none'), undefined, 'nothing has the name, which is no failure')
  t.match(calls.lstat(root, 'link'), { kind: 'link' }, 'a link is told as itself, wherever it leads')
})

t.test('reads, writes, removes', async (t) => {
  const memory = files()
  const { calls, root } = memory
  const made = calls.open(root, 'made', 'create')
  memory.mostWritten = 3
  t.equal(calls.write(made, Buffer.from('hello'), 0), 3, 'a short write')
  t.equal(calls.write(made, Buffer.from('lo'), 3), 2)
  calls.close(made)
  const fd = calls.open(root, 'made', 'read')
  memory.mostRead = 2
  t.equal(calls.read(fd, buffer, 1), 2, 'a short read')
  t.equal(buffer.toString('latin1', 0, 2), 'el')
  t.equal(calls.read(fd, buffer, 5), 0)
  t.match(calls.fstat(fd), { kind: 'file', size: 5, mtimeNs: memory.clock, device: 1 })
  t.equal(memory.openCount, 1)
  calls.close(fd)
  calls.close(fd)
  t.strictSame(memory.mistakes, [`descriptor ${fd} was closed twice`])
  calls.unlink(root, 'made')
  calls.rmdir(root, 'empty')
  t.strictSame(memory.logOf('write', 'unlink', 'rmdir'), [
    'write /made 5 @0',
    'write /made 2 @3',
    'unlink /made',
    'rmdir /empty',
  ])
  t.notOk('made' in memory.snapshot() || 'empty' in memory.snapshot())
})

t.test('load', async (t) => {
  const { calls, root } = files()
  const into = Buffer.alloc(8)
  t.match(calls.load(root, 'file', into), { status: { size: 7 }, fd: undefined, length: 7 })
  t.equal(into.toString('latin1', 0, 7), 'content')
  const small = Buffer.alloc(7)
  for (const name of ['file', 'full', 'fifo']) {
    const { fd, length } = calls.load(root, name, small)
    t.equal(length, undefined, `${name} is handed over open`)
    calls.fstat(fd ?? -1)
  }
})

t.test('rename and link', async (t) => {
  const memory = files()
  const { calls, root } = memory
  calls.link(root, 'file', root, 'second')
  t.equal(calls.lstat(root, 'file')?.inode, calls.lstat(root, 'second')?.inode)
  calls.rename(root, 'file', root, 'second')
  t.ok('file' in memory.snapshot(), 'two names of one file stay')
  calls.rename(root, 'full', root, 'empty')
  t.strictSame(memory.snapshot().empty, { deep: {}, inner: 'x' }, 'an empty directory is replaced')
  memory.ignoreCase = true
  t.throws(() => calls.mkdir(root, 'EMPTY'), { code: 'EEXIST' })
  calls.rename(root, 'empty', root, 'EMPTY')
  t.ok('EMPTY' in memory.snapshot() && !('empty' in memory.snapshot()), 'a name gets another case')
})

t.test('directories are read in batches, in no order', async (t) => {
  const memory = new MemoryFiles().tree({ a: '', b: '', 'c\udc80': '' })
  const { calls, root } = memory
  memory.batch = 2
  const stream = calls.opendir(root)
  t.strictSame([calls.readdir(stream), calls.readdir(stream), calls.readdir(stream)], [['c\ufffd', 'b'], ['a'], []])
  t.equal(memory.openCount, 1)
  calls.closedir(stream)
  t.strictSame(
    calls.lstatEach(root, ['a', 'c\ufffd']).map((status) => status?.kind),
    ['file', undefined],
  )
})

t.test('failures and changes on demand', async (t) => {
  const memory = files()
  const { calls, root } = memory
  memory.failOn('lstat', 2, 'EIO').failOn('*', 4, 'EMFILE')
  memory.before('lstat', 1, (m) => m.put('come', 'new'))
  t.equal(calls.lstat(root, 'come')?.size, 3)
  t.throws(() => calls.lstat(root, 'file'), { code: 'EIO' })
  t.equal(calls.lstat(root, 'file')?.size, 7)
  t.throws(() => calls.mkdir(root, 'x'), { code: 'EMFILE' })
  memory.failOn('close', 1, 'EIO').failOn('lstatEach', 1, 'EIO')
  calls.close(calls.open(root, 'file', 'read'))
  t.equal(memory.openCount, 0, 'close never fails')
  t.strictSame(calls.lstatEach(root, ['file']), [undefined])
})

t.test('what lies outside is told as such', async (t) => {
  const memory = files().outside({ beside: { a: 'x' } })
  memory.shift('full', '../beside/full')
  t.strictSame(memory.surroundings(), { beside: { a: 'x', full: { deep: {}, inner: 'x' } } })
  const held = memory.calls.openDirectory(memory.root, 'empty')
  memory.shift('empty', '../beside/empty')
  memory.calls.mkdir(held, 'x')
  memory.calls.openDirectory(memory.calls.openDirectory(memory.root, 'disk'), 'tree')
  t.strictSame(memory.logOf('openDirectory').slice(-1), ['openDirectory /disk/tree'])
  const inner = memory.calls.openDirectory(held, 'x')
  memory.calls.mkdir(inner, 'y')
  t.equal(memory.log.at(-1), 'mkdir OUTSIDE/beside/empty/x/y')
})
