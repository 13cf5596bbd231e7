import t from 'tap'
import { type Place, publishDirectory, publishFile } from '../../../src/core/files/publish.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'

type Publish = (from: Place, to: Place, what: string) => Program<void>

/** Publish `made/it` as `there/it`. @returns the code of the refusal or failure */
function attempt(memory: MemoryFiles, publish: Publish): string | undefined {
  const [made, there] = ['made', 'there'].map((name) => memory.calls.openDirectory(memory.root, name))
  if (made === undefined || there === undefined) throw new TypeError()
  try {
    run(publish({ directory: made, name: 'it' }, { directory: there, name: 'it' }, '/there/it'), memory)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    for (const directory of [made, there]) memory.calls.close(directory.fd)
  }
}

const fileIn = (there: Tree = {}) => new MemoryFiles().tree({ made: { it: 'new' }, there })
const directoryIn = (there: Tree = {}) => new MemoryFiles().tree({ made: { it: { x: 'new' } }, there })
const published = { made: {}, there: { it: 'new' } }
const takens: readonly Tree[] = [{ it: 'old' }, { it: { full: 'x' } }, { it: {} }, { it: link('none') }]

t.test('a file gets a name that nothing has', async (t) => {
  const memory = fileIn()
  t.equal(attempt(memory, publishFile), undefined)
  t.strictSame(memory.snapshot(), published)
  t.strictSame(memory.logOf('link', 'unlink', 'rename'), ['link /made/it /there/it', 'unlink /made/it'])
})

t.test('a file never replaces anything', async (t) => {
  for (const there of takens) {
    const memory = fileIn(there)
    t.equal(attempt(memory, publishFile), 'exists')
    t.strictSame(memory.snapshot(), { made: { it: 'new' }, there })
    t.equal(memory.openCount, 0)
  }
})

t.test('a file whose other name somebody else removes', async (t) => {
  const memory = fileIn().before('unlink', 1, (m) => m.take('made/it'))
  t.equal(attempt(memory, publishFile), undefined, 'it is where it was to be')
  t.strictSame(memory.snapshot(), published)
  const unseen = fileIn()
    .before('unlink', 1, (m) => m.take('made/it'))
    .failOn('lstat', 1, 'EIO')
  t.equal(attempt(unseen, publishFile), undefined)
  t.strictSame(unseen.snapshot(), published, 'never without a name')
})

t.test('a file, where there are no hard links', async (t) => {
  for (const errno of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']) {
    const memory = fileIn().failOn('link', 1, errno)
    t.equal(attempt(memory, publishFile), undefined, errno)
    t.strictSame(memory.snapshot(), published)
    t.strictSame(memory.logOf('rename'), ['rename /made/it /there/it'])
    t.equal(memory.openCount, 0)
    for (const there of takens) {
      const taken = fileIn(there).failOn('link', 1, errno)
      t.equal(attempt(taken, publishFile), 'exists')
      t.strictSame(taken.snapshot(), { made: { it: 'new' }, there })
    }
  }
})

t.test('a file, when something fails', async (t) => {
  const cases: readonly (readonly [what: string, code: string, memory: MemoryFiles])[] = [
    ['the link', 'EIO', fileIn().failOn('link', 1, 'EIO')],
    ['the old name stays: the new one is taken back', 'EACCES', fileIn().failOn('unlink', 1, 'EACCES')],
    [
      'no links, and the name cannot be claimed',
      'ENOSPC',
      fileIn().failOn('link', 1, 'EPERM').failOn('open', 1, 'ENOSPC'),
    ],
    [
      'no links, and no rename: the claim is taken back',
      'EIO',
      fileIn().failOn('link', 1, 'EPERM').failOn('rename', 1, 'EIO'),
    ],
  ]
  for (const [what, code, memory] of cases) {
    t.equal(attempt(memory, publishFile), code, what)
    t.strictSame(memory.snapshot(), fileIn().snapshot(), `${what}: as it was`)
    t.equal(memory.openCount, 0)
  }
  const stuck = fileIn().failOn('unlink', 1, 'EACCES').failOn('unlink', 2, 'EIO')
  t.equal(attempt(stuck, publishFile), 'EACCES', 'what failed first is told')
  t.strictSame(stuck.snapshot(), { made: { it: 'new' }, there: { it: 'new' } }, 'a name too many, never one too few')
})

t.test('a directory gets a name that nothing has', async (t) => {
  const memory = directoryIn()
  t.equal(attempt(memory, publishDirectory), undefined)
  t.strictSame(memory.snapshot(), { made: {}, there: { it: { x: 'new' } } })
  for (const there of takens) {
    const taken = directoryIn(there)
    t.equal(attempt(taken, publishDirectory), 'exists')
    t.strictSame(taken.snapshot(), { made: { it: { x: 'new' } }, there }, 'not even an empty directory is replaced')
  }
})

t.test('a directory, when something fails', async (t) => {
  const cases: readonly (readonly [what: string, code: string, memory: MemoryFiles])[] = [
    ['looking at the name', 'EIO', directoryIn().failOn('lstat', 1, 'EIO')],
    ['the rename', 'EXDEV', directoryIn().failOn('rename', 1, 'EXDEV')],
  ]
  for (const [what, code, memory] of cases) {
    t.equal(attempt(memory, publishDirectory), code, what)
    t.strictSame(memory.snapshot(), directoryIn().snapshot(), `${what}: as it was`)
  }
})

t.test('a directory, when the name is taken at the last moment', async (t) => {
  for (const it of ['a file', { theirs: 'x' }, link('none')]) {
    const memory = directoryIn().before('rename', 1, (m) => m.put('there/it', it))
    t.equal(attempt(memory, publishDirectory), 'exists')
    t.strictSame(
      memory.snapshot(),
      { made: { it: { x: 'new' } }, there: { it } },
      'nothing that holds anything is replaced',
    )
  }
  const memory = directoryIn().before('rename', 1, (m) => m.put('there/it', {}))
  t.equal(attempt(memory, publishDirectory), undefined)
  t.strictSame(memory.snapshot(), { made: {}, there: { it: { x: 'new' } } }, 'an empty directory is')
})

t.test('a file that would be lost with its old name', async (t) => {
  const kept = (memory: MemoryFiles): Publish =>
    function* (from, to, what) {
      yield* publishFile(from, to, what, call('fsync', memory.root.fd))
    }
  const memory = fileIn()
  t.equal(attempt(memory, kept(memory)), undefined)
  t.strictSame(memory.logOf('link', 'fsync', 'unlink'), ['link /made/it /there/it', 'fsync /', 'unlink /made/it'])
  const unlinked = fileIn().failOn('link', 1, 'EPERM')
  t.equal(attempt(unlinked, kept(unlinked)), undefined)
  t.strictSame(unlinked.logOf('rename', 'fsync'), ['rename /made/it /there/it', 'fsync /'], 'without hard links')
  const broken = fileIn().failOn('fsync', 1, 'EIO')
  t.equal(attempt(broken, kept(broken)), 'EIO')
  t.strictSame(broken.snapshot(), fileIn().snapshot(), 'as it was')
})
