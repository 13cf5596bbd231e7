import t from 'tap'
import { newHash } from '../../../src/core/http/digests.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { directory, link, type MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'
import { metadata } from '../../fixtures/tus.ts'
import { add, begun, content, inState, sha256, siteOf, stand, stateIn } from '../../fixtures/uploads.ts'

const half = content.slice(0, 12)
const rest = content.slice(12)
const owners = { old: 'ended', busy: 'running', far: 'unknown' } as const
const at = '.twinserve/uploads/first1'
const over = metadata({ path: 'new', overwrite: '' })

t.test('the order of things: flushed, whole, named, and the name flushed', async (t) => {
  const place = `/${at}`
  const fresh = begun({}, {}, half)
  run(add(siteOf(fresh, 'me'), 12, rest), fresh)
  const calls = ['fsync', 'link', 'rename', 'unlink'] as const
  t.strictSame(fresh.logOf(...calls).slice(2), [
    `fsync ${place}/data.0.0`,
    `rename ${place}/held.12.0.grow.me.me1 ${place}/whole.0.me.me2`,
    `link ${place}/data.0.0 /new`,
    `unlink ${place}/data.0.0`,
    'fsync /',
    `rename ${place}/whole.0.me.me2 ${place}/done`,
  ])
  t.strictSame(stateIn(fresh), { done: '' })
  const replaced = begun({ metadata: over }, { new: 'old' }, half)
  run(add(siteOf(replaced, 'me'), 12, rest), replaced)
  t.strictSame(replaced.logOf('link', 'rename').slice(-2), [
    `rename ${place}/data.0.0 /new`,
    `rename ${place}/whole.0.me.me2 ${place}/done`,
  ])
  t.equal(replaced.snapshot().new, content)
})

t.test('whoever finds it with all its bytes finishes it', async (t) => {
  const joined = { 'data.0.0': half, 'data.2.12': rest }
  type Row = readonly [what: string, before: Tree, overwrite?: boolean]
  const rows: readonly Row[] = [
    ['free', { 'free.32.0': '', 'data.0.0': content }],
    ['held by one that ended', { 'held.12.0.grow.old.x': '', 'data.0.0': content }],
    ['held by one of which nothing is known', { 'held.12.0.grow.far.x': '', 'data.0.0': content }],
    ['in parts', { 'free.32.2': '', ...joined }],
    ['in parts, over what is there', { 'free.32.2': '', ...joined }, true],
    ['with a part that was only begun', { 'free.32.1': '', 'data.0.0': content, 'data.1.32': '' }],
    ['put together, but not told', { 'held.12.2.grow.old.x': '', ...joined, 'data.3.0': content }],
    ['put together', { 'held.32.3.checked.old.x': '', ...joined, 'data.3.0': content }],
    ['about to be put together', { 'held.32.3.checked.old.x': '', ...joined }],
    ['without its name', { 'whole.0.old.x': '', 'data.0.0': content }],
    [
      'without its name, and another part was begun late',
      { 'whole.2.far.x': '', 'data.2.0': content, 'data.1.7': 'x' },
    ],
  ]
  for (const [what, before, overwrite] of rows) {
    const memory = inState(before, overwrite ? { metadata: over } : {}, owners)
    if (overwrite) memory.put('new', 'old')
    const site = siteOf(memory, 'me')
    t.match(run(stand(site), memory), { offset: content.length, done: true }, what)
    t.equal(memory.snapshot().new, content, what)
    t.ok(memory.has(`${at}/done`), what)
    t.strictSame(memory.temporaries, {}, what)
    t.equal(memory.openCount, 0)
    t.match(run(stand(site), memory), { offset: content.length, done: true }, `${what}, and again`)
  }
})

t.test('nobody finishes what another is finishing', async (t) => {
  for (const before of [
    { 'held.12.0.grow.busy.x': '', 'data.0.0': content },
    { 'whole.0.busy.x': '', 'data.0.0': content },
  ]) {
    const memory = inState(before, {}, owners)
    t.throws(() => run(stand(siteOf(memory, 'me')), memory), { code: 'upload_locked' })
    t.throws(() => run(add(siteOf(memory, 'me'), content.length, ''), memory), { code: 'upload_locked' })
    t.strictSame(stateIn(memory), before)
  }
})

t.test('a token that could not be renamed keeps nobody out of the upload', async (t) => {
  const unfinished = begun({}, {}, half).failOn('rename', 3, 'EIO')
  const site = siteOf(unfinished, 'me')
  t.throws(() => run(add(site, 12, rest), unfinished), { code: 'EIO' })
  t.match(stateIn(unfinished), { 'free.32.0': '' }, 'it is left, with all its bytes')
  t.match(run(stand(site), unfinished), { offset: content.length, done: true })
  t.equal(unfinished.snapshot().new, content)

  const named = inState({ 'whole.0.busy.x': '' }, {}, owners).tree({ new: content })
  t.match(run(stand(siteOf(named, 'me')), named), { offset: content.length, done: true })
  t.strictSame(stateIn(named), { done: '' }, 'what is left to do, anybody may do')
})

t.test('one that was named, and not told so', async (t) => {
  const linked = inState({ 'whole.0.old.x': '', 'data.0.0': content }, {}, owners)
  linked.hardLink(`${at}/data.0.0`, 'new')
  t.match(run(stand(siteOf(linked, 'me')), linked), { offset: content.length })
  t.strictSame(stateIn(linked), { done: '' }, 'its second name goes')
  t.equal(linked.snapshot().new, content)

  const named = inState({ 'whole.0.old.x': '' }, {}, owners)
  named.put('new', content)
  t.match(run(stand(siteOf(named, 'me')), named), { offset: content.length })
  t.strictSame(named.logOf('fsync'), ['fsync /'], 'its name may not have been flushed')
  t.strictSame(stateIn(named), { done: '' })

  const moved = inState({ 'whole.0.old.x': '' }, { metadata: metadata({ path: 'dir/new' }) }, owners)
  t.throws(() => run(stand(siteOf(moved, 'me')), moved), { code: 'upload_gone' }, 'nobody can tell')
  for (const tree of [{}, { new: 'old' }]) {
    const lost = inState({ 'whole.0.old.x': '' }, { metadata: over }, owners).tree(tree)
    t.throws(() => run(stand(siteOf(lost, 'me')), lost), { code: 'upload_gone' }, 'the name did not reach the disk')
    t.throws(() => run(stand(siteOf(lost, 'me')), lost), { code: 'not_found' })
    t.strictSame(lost.snapshot(), tree)
  }

  const unflushed = inState({ 'whole.0.old.x': '' }, {}, owners).tree({ new: content }).failOn('fsync', 1, 'EIO')
  t.throws(() => run(stand(siteOf(unflushed, 'me')), unflushed), { code: 'EIO' })
  t.throws(
    () => run(stand(siteOf(unflushed, 'me')), unflushed),
    { code: 'not_found' },
    'nobody is told that it is on disk',
  )

  const crowded = inState({ 'whole.0.old.x': '' }, { metadata: metadata({ path: 'dir/new' }) }, owners)
  crowded.tree({ dir: { new: content } }).failOn('openDirectory', 4, 'EMFILE')
  t.throws(() => run(stand(siteOf(crowded, 'me')), crowded), { code: 'EMFILE' })
  crowded.owners.set('me', 'ended')
  t.match(run(stand(siteOf(crowded, 'next')), crowded), { offset: content.length }, 'it can be asked again')

  const untold = inState({ 'whole.0.old.x': '', 'data.0.0': content }, {}, owners).failOn('rename', 2, 'EIO')
  t.match(run(stand(siteOf(untold, 'me')), untold), { offset: content.length })
  t.match(Object.keys(stateIn(untold)), [/^whole/])
})

t.test('what keeps it from having its name', async (t) => {
  type Row = readonly [what: string, path: string, tree: Tree, code: string, left: Tree | undefined]
  const kept = { 'free.32.0': '', 'data.0.0': content }
  const rows: readonly Row[] = [
    ['the name is taken', 'new', { new: 'theirs' }, 'exists', undefined],
    ['it is a link', 'new', { new: link('x') }, 'exists', undefined],
    ['it is a directory', 'new', { new: {} }, 'is_directory', undefined],
    ['the parent is gone', 'dir/new', {}, 'no_parent', kept],
    ['nobody may write there', 'dir/new', { dir: directory({}, { mode: 5 }) }, 'EACCES', kept],
  ]
  for (const [what, path, tree, code, left] of rows) {
    const memory = inState({ 'free.12.0': '', 'data.0.0': half }, { metadata: metadata({ path }) }, owners).tree(tree)
    const before = memory.snapshot()
    const site = siteOf(memory, 'me')
    t.throws(() => run(add(site, 12, rest), memory), { code }, what)
    t.strictSame(memory.snapshot(), before, what)
    t.strictSame(memory.temporaries, {}, what)
    t.equal(memory.openCount, 0)
    if (left === undefined)
      t.throws(() => run(stand(site), memory), { code: 'not_found' }, `${what}: its bytes are gone`)
    else {
      t.strictSame(stateIn(memory), left, what)
      t.throws(() => run(stand(site), memory), { code }, `${what}: it is not told to be there`)
      if (memory.has('dir')) memory.take('dir')
      memory.put('dir', {})
      run(stand(site), memory)
      t.strictSame(memory.snapshot(), { dir: { new: content } }, `${what}: until that has changed`)
    }
  }
  const replaced = inState({ 'free.32.0': '', 'data.0.0': content }, { metadata: over, fresh: true }).tree({
    new: 'theirs',
  })
  t.throws(() => run(stand(siteOf(replaced, 'me')), replaced), { code: 'exists' }, 'If-None-Match is stronger')
})

t.test('what the file is, besides its bytes', async (t) => {
  const dated = inState(
    { 'free.12.0': '', 'data.0.0': half },
    { metadata: metadata({ path: 'new', mtime: '1600000000.5' }) },
  )
  run(add(siteOf(dated, 'me'), 12, rest), dated)
  t.equal(dated.node('new').mtimeNs, 1_600_000_000_500_000_000n)
  t.equal(dated.logOf('futimens').length, 1)
  t.match(dated.logOf('fsync').slice(0, 2), [/data\.0\.0$/, /data\.0\.0$/], 'the time is flushed too')

  const replaced = inState({ 'free.12.0': '', 'data.0.0': half }, { metadata: over }).tree({ new: 'old' })
  replaced.node('new').permissions = 0o600
  run(add(siteOf(replaced, 'me'), 12, rest), replaced)
  t.equal(replaced.node('new').permissions, 0o600)

  const counted = inState({ 'free.32.0': '', 'data.0.0': content }, { metadata: over }).tree({ new: 'x'.repeat(100) })
  const site = siteOf(counted, 'me', { quota: 1000 })
  const before = site.quota?.left as number
  run(stand(site), counted)
  t.equal(site.quota?.left, before + 100, 'what was replaced takes no room any more')
})

t.test('others who come between', async (t) => {
  const free = { 'free.32.0': '', 'data.0.0': content }
  const linked = inState(free).before('link', 1, (m) => m.hardLink(`${at}/data.0.0`, 'new'))
  t.match(run(stand(siteOf(linked, 'me')), linked), { offset: 32 }, 'another names the same file')
  t.strictSame([stateIn(linked), linked.snapshot()], [{ done: '' }, { new: content }])

  const failing = inState(free)
    .before('link', 1, (m) => m.hardLink(`${at}/data.0.0`, 'new'))
    .failOn('unlink', 1, 'EIO')
  t.throws(() => run(stand(siteOf(failing, 'me')), failing), { code: 'EIO' })
  t.equal(failing.snapshot().new, content)
  const both = inState(free)
    .before('link', 1, (m) => m.hardLink(`${at}/data.0.0`, 'new'))
    .failOn('unlink', 1, 'ENOENT')
  t.match(run(stand(siteOf(both, 'me')), both), { offset: 32 }, 'and has removed the other name too')

  const taken = inState(free).before('link', 1, (m) => m.put('new', 'theirs'))
  t.throws(() => run(stand(siteOf(taken, 'me')), taken), { code: 'exists' })
  t.strictSame(taken.snapshot(), { new: 'theirs' })

  const name = (m: MemoryFiles) => Object.keys(stateIn(m)).find((each) => !each.startsWith('data')) as string
  const shift = (to: string) => (m: MemoryFiles) => m.shift(`${at}/${name(m)}`, `${at}/${to}`)
  const claimed = inState(free).before('rename', 2, shift('held.32.1.checked.other.x'))
  t.throws(() => run(stand(siteOf(claimed, 'me')), claimed), { code: 'changed' }, 'before it is whole')

  const joining = inState({ 'free.32.1': '', 'data.0.0': half, 'data.1.12': rest }).before(
    'rename',
    2,
    shift('held.32.2.checked.far.x'),
  )
  t.throws(() => run(stand(siteOf(joining, 'me')), joining), { code: 'changed' }, 'while it is put together')
  t.strictSame(joining.temporaries, {})
  t.match(run(stand(siteOf(joining, 'me')), joining), { offset: 32 })
  t.equal(joining.snapshot().new, content)

  for (const [other, code] of [
    ['done', undefined],
    ['whole.0.far.x', undefined],
    ['gone', 'upload_gone'],
    ['free.0.0', 'changed'],
  ] as const) {
    const memory = inState(free).before('fsync', 1, shift(other))
    const program = () => run(stand(siteOf(memory, 'me')), memory)
    if (code === undefined) t.match(program(), { offset: 32 }, other)
    else t.throws(program, { code }, other)
  }

  const lost = inState({ 'whole.0.old.x': '', 'data.0.0': content }, {}, owners).before(
    'rename',
    1,
    shift('whole.0.far.y'),
  )
  t.match(run(stand(siteOf(lost, 'me')), lost), { offset: 32 }, 'it is looked at again')
  const never = inState(free)
  for (let nth = 1; nth <= 5; nth += 1) never.failOn('rename', nth, 'ENOENT')
  t.throws(() => run(stand(siteOf(never, 'me')), never), { code: 'upload_locked' })
  const blind = inState(free)
    .before('link', 1, (m) => m.put('new', 'theirs'))
    .failOn('lstat', 4, 'EIO')
  t.throws(
    () => run(stand(siteOf(blind, 'me')), blind),
    { code: 'exists' },
    'what cannot be looked at is taken to be there',
  )
  t.throws(() => run(stand(siteOf(blind, 'me')), blind), { code: 'not_found' })
})

t.test('digests', async (t) => {
  const sha512 = newHash('sha-512').update(content).digest('base64')
  const good = begun(
    {
      digests: [
        ['sha-256', sha256(content)],
        ['sha-512', sha512],
      ],
    },
    {},
    half,
  )
  run(add(siteOf(good, 'me'), 12, rest), good)
  t.equal(good.snapshot().new, content)
  for (const digests of [
    [['sha-256', sha256('other')]],
    [
      ['sha-256', sha256(content)],
      ['sha-512', 'AAAA'],
    ],
  ] as const) {
    for (const before of [
      { 'free.12.0': '', 'data.0.0': half },
      { 'free.12.1': '', 'data.0.0': `${half}##` },
    ]) {
      const memory = inState(before, { digests })
      const site = siteOf(memory, 'me')
      t.throws(() => run(add(site, 12, rest), memory), { code: 'digest_mismatch' })
      t.strictSame([memory.snapshot(), memory.temporaries], [{}, {}])
      t.throws(() => run(stand(site), memory), { code: 'not_found' })
    }
  }
})

t.test('bytes that are missing', async (t) => {
  const short = inState({ 'free.32.1': '', 'data.0.0': half.slice(1), 'data.1.12': rest })
  t.throws(() => run(stand(siteOf(short, 'me')), short), { code: 'failed' })
  const long = inState({ 'free.32.0': '', 'data.0.0': `${content}#` })
  t.throws(() => run(stand(siteOf(long, 'me')), long), { code: 'failed' })
  t.strictSame([short.snapshot(), long.snapshot()], [{}, {}])
  t.strictSame([short.temporaries, long.temporaries], [{}, {}])
})

t.test('whatever fails: no file, or the whole one', async (t) => {
  const files =
    (before: Tree, details = {}, tree: Tree = {}) =>
    () =>
      inState(before, details, owners).tree(tree)
  const after = { new: content }
  const rows = [
    files({ 'free.12.0': '', 'data.0.0': half }),
    files({ 'held.7.0.grow.old.x': '', 'data.0.0': half }, { digests: [['sha-256', sha256(content)]] }),
    files({ 'held.7.0.grow.far.x': '', 'data.0.0': half }),
    files({ 'free.12.0': '', 'data.0.0': half }, { metadata: over }, { new: 'old' }),
  ]
  for (const each of rows) {
    failEachCall(t, { files: each, program: (site) => add(site, 12, rest), after })
  }
})
