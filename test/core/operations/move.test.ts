import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { destinationFor, move } from '../../../src/core/operations/move.ts'
import type { TransferRequest } from '../../../src/core/operations/renaming.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything, reading } from '../../fixtures/access.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { directory, fifo, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall, interfereBeforeEachCall } from '../../fixtures/sweeps.ts'

function files(): MemoryFiles {
  return new MemoryFiles().tree({
    file: 'content',
    other: 'other',
    dir: { a: 'a', deep: { b: 'b' }, up: link('..'), here: link('deep') },
    full: { x: 'x' },
    empty: {},
    link: link('dir'),
    fifo: fifo(),
    disk: directory({ on: 'another' }, { device: 2 }),
  })
}

const at = (text: string) => (text === '/' ? rootPath : pathFromText(text))
const request = (from: string, to: string, replace = false): TransferRequest => ({
  from: at(from),
  to: at(to),
  replace,
})

/** The tree with some paths taken, and some added. */
function changed(taken: string, added: Tree): Tree {
  const memory = files()
  memory.take(taken)
  return { ...memory.snapshot(), ...added }
}

const all = files().snapshot()
const dir = all.dir as Tree

t.test('what may be moved, and where', async (t) => {
  type Row = readonly [from: string, to: string, replace: boolean, expected: string, after?: Tree]
  const rows: readonly Row[] = [
    ['/file', '/new', false, 'created', changed('file', { new: 'content' })],
    ['/file', '/empty/new', false, 'created', changed('file', { empty: { new: 'content' } })],
    ['/file', '/link/new', false, 'created', changed('file', { dir: { ...dir, new: 'content' } })],
    [
      '/link/a',
      '/new',
      false,
      'created',
      { ...all, dir: { deep: dir.deep, up: dir.up, here: dir.here } as Tree, new: 'a' },
    ],
    ['/link', '/new', false, 'created', changed('link', { new: link('dir') })],
    ['/fifo', '/new', false, 'created', changed('fifo', { new: fifo() })],
    ['/dir', '/new', false, 'created', changed('dir', { new: dir })],
    ['/dir/', '/empty/dir/', false, 'created', changed('dir', { empty: { dir } })],
    ['/file', '/new', true, 'created', changed('file', { new: 'content' })],
    ['/file', '/other', true, 'replaced', changed('file', { other: 'content' })],
    ['/file', '/link', true, 'replaced', changed('file', { link: 'content' })],
    ['/dir', '/empty', true, 'replaced', changed('dir', { empty: dir })],
    ['/file', '/other', false, 'exists'],
    ['/file', '/link', false, 'exists'],
    ['/file', '/empty', false, 'exists'],
    ['/file', '/empty', true, 'is_directory'],
    ['/dir', '/empty', false, 'exists'],
    ['/dir', '/full', true, 'ENOTEMPTY'],
    ['/dir', '/file', true, 'not_directory'],
    ['/file/', '/new', false, 'not_directory'],
    ['/none', '/new', false, 'not_found'],
    ['/file', '/none/new', false, 'no_parent'],
    ['/file', '/other/new', false, 'no_parent'],
    ['/file', '/file', true, 'into_itself'],
    ['/dir', '/dir/deep/dir', false, 'into_itself'],
    // By way of a link the paths do not tell: rename(2) does.
    ['/dir', '/link/dir', false, 'into_itself'],
    ['/dir', '/dir2', false, 'created', changed('dir', { dir2: dir })],
    ['/dir/deep', '/dir/here/inner', false, 'into_itself'],
    ['/', '/new', false, 'not_allowed'],
    ['/dir', '/', true, 'not_allowed'],
    ['/disk', '/new', false, 'EBUSY'],
  ]
  for (const [from, to, replace, expected, after = all] of rows) {
    const memory = files()
    const act = () => run(move(siteOn(memory), everything, request(from, to, replace)), memory)
    const what = `${from} to ${to}${replace ? ', replacing' : ''}`
    if (expected === 'created' || expected === 'replaced') t.equal(act(), expected, what)
    else t.throws(act, { code: expected }, what)
    t.strictSame(memory.snapshot(), after, what)
    t.equal(memory.openCount, 0)
  }
})

t.test('reading only, and what belongs to the server', async (t) => {
  const memory = files().tree({ '.twinserve': { temporary: { part: 'x' } } })
  t.throws(() => run(move(siteOn(memory), reading, request('/file', '/new')), memory), { code: 'read_only' })
  t.throws(() => run(move(siteOn(memory), everything, request('/dir/up/.twinserve', '/mine')), memory), {
    code: 'reserved',
  })
  t.throws(() => run(move(siteOn(memory), everything, request('/file', '/dir/up/.twinserve-x')), memory), {
    code: 'reserved',
  })
  t.strictSame(memory.snapshot(), all)
})

t.test('both directories are flushed, and the new name before the old one goes', async (t) => {
  const memory = files()
  run(move(siteOn(memory), everything, request('/dir/a', '/full/a')), memory)
  t.strictSame(memory.logOf('link', 'unlink', 'fsync'), [
    'link /dir/a /full/a',
    'fsync /full',
    'unlink /dir/a',
    'fsync /dir',
  ])
  run(move(siteOn(memory), everything, request('/dir/deep', '/full/deep')), memory)
  t.strictSame(memory.logOf('rename', 'fsync').slice(-3), ['rename /dir/deep /full/deep', 'fsync /full', 'fsync /dir'])
})

t.test('what the client asks of the state', async (t) => {
  const memory = files()
  const check: TransferRequest['check'] = (seen) => {
    throw new Refusal('precondition_failed', `${seen.size}`)
  }
  t.throws(() => run(move(siteOn(memory), everything, { ...request('/file', '/new'), check }), memory), {
    code: 'precondition_failed',
    message: /^7 /,
  })
  t.strictSame(memory.snapshot(), all)
})

t.test('two names of one file become one', async (t) => {
  const memory = files()
  memory.hardLink('file', 'full/second')
  t.equal(run(move(siteOn(memory), everything, request('/file', '/full/second', true)), memory), 'replaced')
  t.strictSame(memory.snapshot(), changed('file', { full: { x: 'x', second: 'content' } }))
  const beside = files()
  beside.hardLink('file', 'second')
  t.equal(run(move(siteOn(beside), everything, request('/file', '/second', true)), beside), 'replaced')
  t.strictSame(beside.snapshot(), changed('file', { second: 'content' }), 'in one directory')
  const sameName = files()
  sameName.hardLink('file', 'full/file')
  t.equal(run(move(siteOn(sameName), everything, request('/file', '/full/file', true)), sameName), 'replaced')
  t.strictSame(sameName.snapshot(), changed('file', { full: { x: 'x', file: 'content' } }))
})

t.test('one name, reached twice, is not removed', async (t) => {
  for (const [from, to] of [
    ['/dir/a', '/link/a'],
    ['/link/a', '/dir/a'],
    ['/dir/deep', '/link/deep'],
    ['/file', '/dir/up/file'],
  ] as const) {
    const memory = files()
    t.equal(run(move(siteOn(memory), everything, request(from, to, true)), memory), 'replaced', `${from} to ${to}`)
    t.strictSame(memory.snapshot(), all, `${from} to ${to}`)
  }
})

t.test('where cases are not told apart, a name gets another case', async (t) => {
  for (const [from, to] of [
    ['/file', '/FILE'],
    ['/dir', '/Dir'],
  ] as const) {
    const memory = files()
    memory.ignoreCase = true
    run(move(siteOn(memory), everything, request(from, to, true)), memory)
    const spec = all[from.slice(1)] as Tree
    t.strictSame(memory.snapshot(), changed(from, { [to.slice(1)]: spec }))
  }
})

t.test('the name that a person means', async (t) => {
  const memory = files()
  const destination = (from: string, to: string) => {
    const found = run(destinationFor(siteOn(memory), everything, at(from), at(to)), memory)
    return `${found.text}${found.slash ? '/' : ''}`
  }
  for (const [from, to, expected] of [
    ['/file', '/new', '/new'],
    ['/file', '/other', '/other'],
    ['/file', '/empty', '/empty/file'],
    ['/file', '/empty/', '/empty/file'],
    ['/file', '/link', '/link/file'],
    ['/dir/', '/empty', '/empty/dir/'],
    ['/dir', '/', '/dir'],
    ['/dir', '/dir', '/dir'],
    ['/dir', '/dir/', '/dir/'],
    ['/file', '/none/', '/none/'],
    ['/file', '/fifo', '/fifo'],
  ] as const) {
    t.equal(destination(from, to), expected, `${from} to ${to}`)
    t.equal(memory.openCount, 0)
  }
})

t.test('a name that is taken meanwhile', async (t) => {
  for (const from of ['/file', '/dir']) {
    interfereBeforeEachCall(
      t,
      { files, program: (site) => move(site, site.accounts.everybody, request(from, '/full/new')) },
      (memory) => {
        if (!memory.has('full/new')) memory.put('full/new', { theirs: 'x' })
      },
      (memory, error) => {
        const tree = memory.snapshot()
        const moved = !(from.slice(1) in tree)
        const theirs = JSON.stringify(tree.full).includes('theirs')
        if (moved !== (error === undefined)) return ['told to be moved, or not, and it is not so']
        return moved || theirs ? [] : ['theirs is lost']
      },
    )
  }
})

t.test('a name that is taken meanwhile, and may be replaced', async (t) => {
  const file = files().before('link', 1, (m) => m.put('new', 'theirs'))
  t.equal(run(move(siteOn(file), everything, request('/file', '/new', true)), file), 'replaced')
  t.strictSame(file.snapshot(), changed('file', { new: 'content' }))
  const failing = files().failOn('link', 1, 'EIO')
  t.throws(() => run(move(siteOn(failing), everything, request('/file', '/new', true)), failing), { code: 'EIO' })
})

t.test('whatever fails: here, or there', async (t) => {
  const program = (from: string, to: string, replace: boolean) => (site: Parameters<typeof move>[0]) =>
    move(site, site.accounts.everybody, request(from, to, replace))
  const { a: _a, ...rest } = dir
  failEachCall(t, {
    files,
    program: program('/dir/a', '/full/new', false),
    after: { ...all, dir: rest, full: { x: 'x', new: 'a' } },
  })
  failEachCall(t, { files, program: program('/dir/a', '/other', true), after: { ...all, dir: rest, other: 'a' } })
  failEachCall(t, {
    files,
    program: program('/dir', '/full/new', false),
    after: changed('dir', { full: { x: 'x', new: dir } }),
  })
  const second = () => {
    const memory = files()
    memory.hardLink('file', 'full/file')
    return memory
  }
  failEachCall(t, {
    files: second,
    program: program('/file', '/full/file', true),
    after: changed('file', { full: { x: 'x', file: 'content' } }),
  })
})

t.test('the cache forgets what was moved, even if the end of it failed', async (t) => {
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  type Row = readonly [what: string, from: string, to: string, left: string[]]
  const rows: readonly Row[] = [
    ['a directory: with whatever is in it', '/dir', '/new', []],
    ['a file', '/file', '/other', ['/dir/a']],
    ['a file, by way of a link', '/file', '/link/new', []],
  ]
  const paths = ['/file', '/other', '/dir/a']
  for (const [what, from, to, left] of rows) {
    for (const fails of [false, true]) {
      const memory = files()
      const site = siteOn(memory, { cacheBytes: 10_000 })
      for (const path of paths) site.cache?.keep(path, cached, 0, site.cache.versionOf(path))
      if (fails) memory.failOn('fsync', 1, 'EIO')
      try {
        run(move(site, site.accounts.everybody, request(from, to, true)), memory)
      } catch {}
      t.strictSame(
        paths.filter((path) => site.cache?.fresh(path, 0) !== undefined),
        left,
        what,
      )
    }
  }
})
