import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import type { TransferRequest } from '../../../src/core/operations/renaming.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything, reading } from '../../fixtures/access.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { fifo, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn } from '../../fixtures/site.ts'
import { failEachCall, interfereBeforeEachCall } from '../../fixtures/sweeps.ts'

function files(): MemoryFiles {
  return new MemoryFiles().outside({ secret: 'not yours' }).tree({
    file: 'content',
    other: 'other',
    dir: { a: 'a', deep: { b: 'b', out: link('../../../secret') }, up: link('..') },
    full: { x: 'x' },
    empty: {},
    link: link('dir'),
    fifo: fifo(),
    mixed: { a: 'a', pipe: fifo() },
    private: file('x', { mode: 0 }),
  })
}

const at = (text: string) => (text === '/' ? rootPath : pathFromText(text))
const request = (from: string, to: string, replace = false): TransferRequest => ({
  from: at(from),
  to: at(to),
  replace,
})
const all = files().snapshot()
const dir = all.dir as Tree

t.test('what may be copied, and where', async (t) => {
  type Row = readonly [from: string, to: string, replace: boolean, expected: string, added?: Tree]
  const rows: readonly Row[] = [
    ['/file', '/new', false, 'created', { new: 'content' }],
    ['/file', '/new', true, 'created', { new: 'content' }],
    ['/link/a', '/empty/new', false, 'created', { empty: { new: 'a' } }],
    ['/file', '/link/new', false, 'created', { dir: { ...dir, new: 'content' } }],
    ['/link', '/new', false, 'created', { new: link('dir') }],
    ['/dir', '/new', false, 'created', { new: dir }],
    ['/dir', '/new', true, 'created', { new: dir }],
    ['/dir/', '/full/dir', false, 'created', { full: { x: 'x', dir } }],
    // Into itself by way of a link: the copy is whole before it gets its name.
    ['/dir', '/link/new', false, 'created', { dir: { ...dir, new: dir } }],
    ['/file', '/other', true, 'replaced', { other: 'content' }],
    ['/file', '/fifo', true, 'replaced', { fifo: 'content' }],
    ['/dir/up/file', '/file', true, 'replaced', {}],
    ['/link', '/other', true, 'replaced', { other: link('dir') }],
    ['/file', '/other', false, 'exists'],
    ['/dir', '/full', true, 'exists'],
    ['/dir', '/empty', true, 'exists'],
    ['/dir', '/file', true, 'exists'],
    ['/file', '/empty', true, 'exists'],
    ['/file/', '/new', false, 'not_directory'],
    ['/none', '/new', false, 'not_found'],
    ['/file', '/none/new', false, 'no_parent'],
    ['/dir', '/dir/deep/dir', false, 'into_itself'],
    ['/file', '/file', true, 'into_itself'],
    ['/fifo', '/new', false, 'not_a_file'],
    ['/mixed', '/new', false, 'not_a_file'],
    ['/private', '/new', false, 'EACCES'],
    ['/', '/new', false, 'not_allowed'],
    ['/dir/up/.twinserve', '/new', false, 'reserved'],
    ['/file', '/dir/up/.twinserve', false, 'reserved'],
  ]
  for (const [from, to, replace, expected, added = {}] of rows) {
    const memory = files()
    const act = () => run(copy(siteOn(memory), everything, request(from, to, replace)), memory)
    const what = `${from} to ${to}${replace ? ', replacing' : ''}`
    if (expected === 'created' || expected === 'replaced') t.equal(act(), expected, what)
    else t.throws(act, { code: expected }, what)
    t.strictSame(memory.snapshot(), { ...all, ...added }, what)
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
})

t.test('sentences name what cannot be copied', async (t) => {
  const memory = files()
  t.throws(() => run(copy(siteOn(memory), everything, request('/mixed', '/new')), memory), {
    message: /^\/mixed\/pipe is not a regular file/,
  })
})

t.test('a copy is another file', async (t) => {
  const memory = files()
  run(copy(siteOn(memory), everything, request('/file', '/new')), memory)
  memory.rewrite('new', 'changed')
  t.equal(memory.snapshot().file, 'content')
})

t.test('a copy has a time of its own, so that its entity tag differs', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  for (const to of ['/new', '/empty/new']) run(copy(site, site.accounts.everybody, request('/file', to)), memory)
  run(copy(site, site.accounts.everybody, request('/dir', '/dir2')), memory)
  const times = ['new', 'empty/new', 'dir2/a', 'dir2/deep/b'].map((path) => memory.node(path).mtimeNs)
  t.equal(new Set(times).size, 4)
})

t.test('what has the name is looked at again when the copy gets it', async (t) => {
  const during = (to: string, replace: boolean, change: (memory: MemoryFiles) => void) => {
    const memory = files()
    memory.before('fsync', 1, change)
    try {
      return run(copy(siteOn(memory), everything, request('/file', to, replace)), memory)
    } catch (error) {
      return (error as Refusal).code
    } finally {
      t.strictSame(memory.temporaries, {})
      t.equal(memory.openCount, 0)
    }
  }
  t.equal(
    during('/other', true, (memory) => memory.take('other')),
    'created',
  )
  t.equal(
    during('/new', true, (memory) => memory.put('new', 'theirs')),
    'replaced',
  )
  t.equal(
    during('/new', false, (memory) => memory.put('new', 'theirs')),
    'exists',
  )
  t.equal(
    during('/new', true, (memory) => memory.put('new', {})),
    'exists',
  )
})

t.test('nobody names anything while a copy gets its name', async (t) => {
  for (const [from, to, replace, publish] of [
    ['/file', '/new', false, 'link'],
    ['/file', '/other', true, 'rename'],
    ['/dir', '/new', false, 'rename'],
  ] as const) {
    const memory = files()
    let held: boolean | undefined
    memory.before(publish, 1, () => {
      held = memory.locked
    })
    run(copy(siteOn(memory), everything, request(from, to, replace)), memory)
    t.equal(held, true)
    t.equal(memory.locked, false)
  }
})

t.test('the file that is copied is the one that the client asked for', async (t) => {
  const memory = files()
  const wanted = memory.node('file').status
  const check = (seen: { readonly inode: unknown }) => {
    if (seen.inode !== wanted.inode) throw new Refusal('precondition_failed', '/file')
  }
  memory.before('open', 1, () => memory.put('file', 'another'))
  const copying = () => run(copy(siteOn(memory), everything, { ...request('/file', '/new'), check }), memory)
  t.throws(copying, { code: 'precondition_failed' })
  t.notOk(memory.has('new'))
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
})

t.test('all is flushed before it gets its name', async (t) => {
  for (const [from, to, replace, publish] of [
    ['/file', '/full/new', false, 'link'],
    ['/file', '/other', true, 'rename'],
    ['/dir', '/full/new', false, 'rename'],
  ] as const) {
    const memory = files()
    run(copy(siteOn(memory), everything, request(from, to, replace)), memory)
    const lines = memory.logOf('fsync', publish)
    const published = lines.findIndex((line) => line.startsWith(publish))
    t.ok(published > 0)
    for (const line of lines.slice(0, published)) t.match(line, /^fsync \/\.twinserve\/temporary\/me\.unique1/)
    t.strictSame(lines.slice(published + 1), [replace ? 'fsync /' : 'fsync /full'], 'and then the name')
  }
})

t.test('reading only, limits, and what the client asks', async (t) => {
  const refuse = (code: string, details: SiteDetails, wanted: TransferRequest) => {
    const memory = files()
    t.throws(() => run(copy(siteOn(memory, details), details.everybody ?? everything, wanted), memory), { code })
    t.strictSame(memory.snapshot(), all)
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
  refuse('read_only', { everybody: reading }, request('/file', '/new'))
  refuse('too_large', { limits: { treeEntries: 4 } }, request('/dir', '/new'))
  refuse('too_large', { limits: { treeDepth: 1 } }, request('/dir', '/new'))
  const check = () => {
    throw new Refusal('precondition_failed', '/file')
  }
  refuse('precondition_failed', {}, { ...request('/file', '/new'), check })
})

t.test('a name that is taken meanwhile', async (t) => {
  for (const from of ['/file', '/dir']) {
    interfereBeforeEachCall(
      t,
      { files, program: (site) => copy(site, site.accounts.everybody, request(from, '/full/new')) },
      (memory) => {
        if (!memory.has('full/new')) memory.put('full/new', { theirs: 'x' })
      },
      (memory, error) => {
        const theirs = JSON.stringify(memory.snapshot().full).includes('theirs')
        return theirs === (error === undefined) ? ['theirs is lost, or told to be'] : []
      },
    )
  }
})

t.test('whatever fails: no copy, or all of it', async (t) => {
  const program = (from: string, to: string, replace: boolean) => (site: Parameters<typeof copy>[0]) =>
    copy(site, site.accounts.everybody, request(from, to, replace))
  failEachCall(t, {
    files,
    program: program('/file', '/full/new', false),
    after: { ...all, full: { x: 'x', new: 'content' } },
  })
  failEachCall(t, { files, program: program('/file', '/other', true), after: { ...all, other: 'content' } })
  failEachCall(t, { files, program: program('/link', '/new', false), after: { ...all, new: link('dir') } })
  failEachCall(t, {
    files,
    program: program('/dir', '/full/new', false),
    after: { ...all, full: { x: 'x', new: dir } },
  })
})

t.test('a small file gets the name first, without waiting for the lock', async (t) => {
  for (const replace of [true, false]) {
    const memory = files().before('link', 1, (m) => m.put('new', 'theirs'))
    const site = siteOn(memory)
    const act = () => run(copy(site, site.accounts.everybody, request('/file', '/new', replace)), memory)
    if (replace) t.equal(act(), 'replaced', 'which is told')
    else t.throws(act, { code: 'exists' })
    t.equal((memory.snapshot() as { new: unknown }).new, replace ? 'content' : 'theirs')
    t.equal(memory.openCount, 0)
  }
})

t.test('the cache forgets what had the name', async (t) => {
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  type Row = readonly [what: string, to: string, prepare: (memory: MemoryFiles) => void, left: string[]]
  const rows: readonly Row[] = [
    ['copied', '/other', () => {}, ['/dir/a']],
    ['the last flush fails', '/other', (m) => m.failOn('fsync', 2, 'EIO'), ['/dir/a']],
    ['by way of a link', '/link/a', () => {}, []],
  ]
  for (const [what, to, prepare, left] of rows) {
    const memory = files()
    const site = siteOn(memory, { cacheBytes: 10_000 })
    for (const path of ['/other', '/dir/a']) site.cache?.keep(path, cached, 0, site.cache.versionOf(path))
    prepare(memory)
    try {
      run(copy(site, site.accounts.everybody, request('/file', to, true)), memory)
    } catch {}
    t.strictSame(
      ['/other', '/dir/a'].filter((path) => site.cache?.fresh(path, 0) !== undefined),
      left,
      what,
    )
  }
})
