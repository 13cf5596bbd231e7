/** Moving, copying and storing where the shared directory holds other file systems. */
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { move } from '../../../src/core/operations/move.ts'
import type { TransferRequest } from '../../../src/core/operations/renaming.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { everything } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { directory, fifo, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'

const at = pathFromText

const files = () =>
  new MemoryFiles().tree({
    file: file('content', { mtimeNs: 12_000_000n }),
    link: link('file'),
    pipe: fifo(),
    dir: directory({ a: file('a', { mtimeNs: 34_000_000n }), deep: { b: 'b' } }, { mtimeNs: 56_000_000n }),
    disk: directory({ there: 'there', sub: {}, full: { x: 'x' } }, { device: 2 }),
  })

const request = (from: string, to: string, replace = false): TransferRequest => ({
  from: at(from),
  to: at(to),
  replace,
})
const { disk, ...rest } = files().snapshot() as { disk: Tree }

function act(wanted: TransferRequest, details?: SiteDetails, memory = files()) {
  const site = siteOn(memory, details)
  return { memory, site, outcome: () => run(move(site, site.accounts.everybody, wanted), memory) }
}

/** The tree with one name of the top taken, and something added on the other file system. */
function after(taken: string | undefined, added: Tree): Tree {
  return { ...Object.fromEntries(Object.entries(rest).filter(([name]) => name !== taken)), disk: { ...disk, ...added } }
}

t.test('what is moved, and where', async (t) => {
  type Row = readonly [from: string, to: string, replace: boolean, expected: string, after: Tree]
  const rows: readonly Row[] = [
    ['/file', '/disk/new', false, 'created', after('file', { new: 'content' })],
    ['/file', '/disk/sub/new', false, 'created', after('file', { sub: { new: 'content' } })],
    ['/file', '/disk/there', true, 'replaced', after('file', { there: 'content' })],
    ['/link', '/disk/new', false, 'created', after('link', { new: link('file') })],
    ['/dir', '/disk/new', false, 'created', after('dir', { new: { a: 'a', deep: { b: 'b' } } })],
    ['/dir', '/disk/sub', true, 'replaced', after('dir', { sub: { a: 'a', deep: { b: 'b' } } })],
    ['/file', '/disk/there', false, 'exists', after(undefined, {})],
    ['/dir', '/disk/full', true, 'ENOTEMPTY', after(undefined, {})],
    ['/pipe', '/disk/new', false, 'not_a_file', after(undefined, {})],
  ]
  for (const [from, to, replace, expected, tree] of rows) {
    const { memory, outcome } = act(request(from, to, replace))
    const what = `${from} to ${to}${replace ? ', replacing' : ''}`
    if (expected === 'created' || expected === 'replaced') t.equal(outcome(), expected, what)
    else t.throws(outcome, { code: expected }, what)
    t.strictSame(memory.snapshot(), tree, what)
    t.strictSame(memory.temporaries, {}, what)
    t.equal(memory.openCount, 0)
    t.strictSame(memory.mistakes, [])
  }
})

t.test('back again: the temporary is on the file system of the new name', async (t) => {
  const { memory, outcome } = act(request('/disk/there', '/back'))
  t.equal(outcome(), 'created')
  t.strictSame(memory.snapshot(), { ...rest, back: 'there', disk: { sub: {}, full: disk.full as Tree } })
})

t.test('the cache forgets what was moved', async (t) => {
  const { site, outcome } = act(request('/file', '/disk/there', true), { cacheBytes: 10_000 })
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  for (const path of ['/file', '/disk/there']) site.cache?.keep(path, cached, 0, site.cache.versionOf(path))
  outcome()
  for (const path of ['/file', '/disk/there']) t.equal(site.cache?.fresh(path, 0), undefined, path)
})

t.test('times and permissions go along', async (t) => {
  const { memory, outcome } = act(request('/dir', '/disk/new'))
  memory.node('dir/a').permissions = 0o751
  memory.node('dir').permissions = 0o500
  outcome()
  t.match(memory.node('disk/new/a'), { mtimeNs: 34_000_000n, permissions: 0o751 })
  t.match(memory.node('disk/new'), { mtimeNs: 56_000_000n, permissions: 0o700 })
})

t.test('the copy is on disk under its new name before the old one goes', async (t) => {
  const { memory, outcome } = act(request('/file', '/disk/sub/new'))
  outcome()
  const place = '/disk/.twinserve/temporary/me.unique1'
  t.strictSame(memory.logOf('fsync', 'link', 'unlink').slice(-7), [
    'link /file /disk/sub/new',
    `fsync ${place}`,
    `link ${place} /disk/sub/new`,
    'fsync /disk/sub',
    `unlink ${place}`,
    'unlink /file',
    'fsync /',
  ])
})

t.test('what is changed meanwhile is not taken away', async (t) => {
  const changes: readonly ((memory: MemoryFiles) => void)[] = [
    (memory) => memory.rewrite('file', 'another content'),
    (memory) => memory.rewrite('file', 'CONTENT'),
    (memory) => memory.put('file', file('content', { mtimeNs: 12_000_000n })),
  ]
  for (const change of changes) {
    const { memory, outcome } = act(request('/file', '/disk/new'))
    memory.before('fsync', 1, change)
    t.throws(outcome, { code: 'changed' })
    t.ok(memory.has('file'))
    t.notOk(memory.has('disk/new'))
    t.equal(memory.openCount, 0)
  }
})

t.test('orphans of that file system are found when it is written to', async (t) => {
  const { memory, outcome } = act(request('/file', '/disk/new'))
  memory.owners.set('gone', 'ended')
  memory.put('disk/.twinserve', { temporary: { 'gone.1': 'x', 'me.1': 'x' } })
  outcome()
  t.strictSame(Object.keys(memory.node('disk/.twinserve/temporary').spec), ['me.1'])
})

t.test('a quota counts the copy as long as there are two', async (t) => {
  const bytes = 'content'.length + 'file'.length * 0 + 'a'.length + 'b'.length + 'there'.length + 'x'.length
  const { memory, outcome } = act(request('/file', '/disk/new'), { quota: bytes + 6 })
  t.throws(outcome, { code: 'quota_exceeded' })
  t.ok(memory.has('file'))
  const enough = act(request('/file', '/disk/new'), { quota: bytes + 7 })
  enough.outcome()
  t.equal(enough.site.quota?.left, 7)
})

t.test('a file is stored there by way of a copy', async (t) => {
  for (const replace of [false, true]) {
    const memory = files()
    const stored = run(
      store(siteOn(memory), everything, {
        path: at('disk/sub/new'),
        source: sourceOf('body'),
        replace,
        mtimeNs: 1_000_000_000n,
      }),
      memory,
    )
    t.match(stored, { outcome: 'created', status: { size: 4, mtimeNs: 1_000_000_000n, device: 2 } })
    t.strictSame(memory.snapshot(), after(undefined, { sub: { new: 'body' } }))
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
  const memory = files()
  memory.before('link', 2, (m) => m.put('disk/sub/new', 'faster'))
  t.throws(
    () =>
      run(
        store(siteOn(memory), everything, { path: at('disk/sub/new'), source: sourceOf('x'), replace: false }),
        memory,
      ),
    {
      code: 'exists',
    },
  )
  t.strictSame(memory.snapshot(), after(undefined, { sub: { new: 'faster' } }))
  t.strictSame(memory.temporaries, {})
})

t.test('a copy is made where it stays', async (t) => {
  const memory = files()
  t.equal(run(copy(siteOn(memory), everything, request('/dir', '/disk/new')), memory), 'created')
  t.equal(run(copy(siteOn(memory), everything, request('/file', '/disk/file')), memory), 'created')
  t.strictSame(memory.snapshot(), after(undefined, { new: { a: 'a', deep: { b: 'b' } }, file: 'content' }))
  t.equal(memory.node('disk/new').device, 2)
})

t.test('nothing is lost, whatever fails', async (t) => {
  for (const [from, to] of [
    ['file', 'disk/new'],
    ['dir', 'disk/new'],
  ] as const) {
    const site = (memory: MemoryFiles) => siteOn(memory)
    const calls = (() => {
      const memory = files()
      run(move(site(memory), everything, request(`/${from}`, `/${to}`)), memory)
      return memory.log.length
    })()
    for (let nth = 1; nth <= calls; nth += 1) {
      const memory = files().failOn('*', nth, 'EIO')
      let failed = false
      try {
        run(move(site(memory), everything, request(`/${from}`, `/${to}`)), memory)
      } catch {
        failed = true
      }
      const [old, made] = [memory.has(from), memory.has(to)]
      t.ok(failed ? old || made : made, `call ${nth} of ${from}`)
      // An empty directory claims the name, and this may be the one that could not be removed again.
      const claim = memory.log[nth - 1] === `rmdir /${to}`
      if (made && !claim) t.strictSame(memory.node(to).spec, files().node(from).spec)
      t.equal(memory.openCount, 0)
      t.strictSame(memory.mistakes, [])
    }
  }
})

t.test('a file stored there, whatever fails', async (t) => {
  failEachCall(t, {
    files,
    program: (site) =>
      store(site, site.accounts.everybody, { path: at('disk/sub/new'), source: sourceOf('body'), replace: false }),
    after: after(undefined, { sub: { new: 'body' } }),
  })
})
