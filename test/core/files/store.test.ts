import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { type StoreRequest, store } from '../../../src/core/files/store.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { directory, fifo, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn } from '../../fixtures/site.ts'
import { failEachCall, interfereBeforeEachCall } from '../../fixtures/sweeps.ts'

const body = () => sourceOf('new ', 'content')

type Details = Partial<Omit<StoreRequest, 'path'>>

function request(path: string, details: Details = {}): StoreRequest {
  return { path: path === '/' ? rootPath : pathFromText(path), source: body(), replace: false, ...details }
}

function files(): MemoryFiles {
  return new MemoryFiles().tree({
    old: 'old',
    dir: { inner: 'x' },
    link: link('old'),
    todir: link('dir'),
    fifo: fifo(),
    fixed: directory({ old: 'old' }, { mode: 5 }),
  })
}

t.test('a new file', async (t) => {
  const memory = files()
  memory.clock = 1_700_000_777_000_000_001n
  const stored = run(store(siteOn(memory), everything, request('/dir/made')), memory)
  t.equal(stored.outcome, 'created')
  t.match(stored.status, { kind: 'file', size: 11, mtimeNs: 1_700_000_777_000_000_001n })
  t.strictSame(memory.snapshot(), { ...files().snapshot(), dir: { inner: 'x', made: 'new content' } })
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
})

t.test('the order of things: written, flushed, named, and the name flushed', async (t) => {
  const place = '/.twinserve/temporary/me.unique1'
  const fresh = files()
  run(store(siteOn(fresh), everything, request('/dir/made')), fresh)
  t.strictSame(fresh.logOf('open', 'write', 'fsync', 'fstat', 'link', 'rename', 'unlink'), [
    `open ${place} create`,
    `write ${place} 11 @0`,
    `fstat ${place}`,
    `fsync ${place}`,
    `link ${place} /dir/made`,
    `unlink ${place}`,
    'fsync /dir',
  ])
  const over = files()
  run(store(siteOn(over), everything, request('/old', { replace: true })), over)
  t.strictSame(over.logOf('fsync', 'link', 'rename', 'unlink'), [`fsync ${place}`, `rename ${place} /old`, 'fsync /'])
})

t.test('no two files stored have one time, though the clock of the files ticks slowly', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const times = ['/a', '/b', '/a'].map(
    (path) => run(store(site, site.accounts.everybody, request(path, { replace: true })), memory).status.mtimeNs,
  )
  t.equal(times[0], memory.clock)
  t.equal(new Set(times).size, 3)
  t.equal(memory.node('a').mtimeNs, times[2], 'on the file as well')
  memory.clock += 1_000_000n
  t.equal(
    run(store(site, site.accounts.everybody, request('/c')), memory).status.mtimeNs,
    memory.clock,
    'the files’ own, where that is later',
  )
})

t.test('a time that the client gives', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const put = (mtimeNs?: bigint) =>
    run(store(site, site.accounts.everybody, request('/a', { replace: true, mtimeNs })), memory).status.mtimeNs
  const future = memory.clock + 1_000_000_000_000n
  t.equal(put(future), future)
  t.equal(memory.node('a').mtimeNs, future)
  t.equal(put(), memory.clock, 'does not move the times of others')
  const again = [put(future), put(future), put(future)]
  t.equal(again[0], future)
  for (const time of again.slice(1)) {
    t.ok(time > future && time - future <= 1_000_000n, 'within the millisecond')
  }
  t.not(again[1], again[0], 'but no two versions of one size, one behind the other, have one time')
  t.not(again[2], again[1])
  t.equal(memory.logOf('fsync').filter((line) => line.includes('temporary')).length, 7, 'and that is flushed too')
})

t.test('by chance, but never the time of the version before', async (t) => {
  const memory = files()
  const unlucky = siteOn(memory)
  const site = { ...unlucky, environment: { ...unlucky.environment, unique: () => 'always the same' } }
  const put = () =>
    run(store(site, site.accounts.everybody, request('/a', { replace: true, mtimeNs: 1_000_000_000n })), memory).status
      .mtimeNs
  const times = [put(), put(), put(), put()]
  t.equal(times[0], 1_000_000_000n)
  t.equal(times[2], (times[1] as bigint) + 1000n)
  t.equal(times[3], times[1])
})

t.test('who may read a file stays as it was', async (t) => {
  const memory = files()
  memory.node('old').permissions = 0o600
  run(store(siteOn(memory), everything, request('/old', { replace: true })), memory)
  t.equal(memory.node('old').permissions, 0o600)
  memory.node('link').permissions = 0o777
  run(store(siteOn(memory), everything, request('/link', { replace: true })), memory)
  t.equal(memory.node('link').permissions, 0o644, 'a link has none of its own')
})

t.test('what may have the name', async (t) => {
  type Row = readonly [path: string, replace: boolean, expected: string, changed?: Tree]
  const rows: readonly Row[] = [
    ['/old', true, 'replaced', { old: 'new content' }],
    ['/link', true, 'replaced', { link: 'new content' }],
    ['/fifo', true, 'replaced', { fifo: 'new content' }],
    ['/new', true, 'created', { new: 'new content' }],
    ['/todir/new', false, 'created', { dir: { inner: 'x', new: 'new content' } }],
    ['/old', false, 'exists'],
    ['/link', false, 'exists'],
    ['/dir', false, 'is_directory'],
    ['/dir', true, 'is_directory'],
    ['/dir/', true, 'is_directory'],
    ['/new/', false, 'is_directory'],
    ['/', true, 'is_directory'],
    ['/none/new', false, 'no_parent'],
    ['/old/new', false, 'no_parent'],
    ['/fixed/new', false, 'EACCES'],
    ['/fixed/old', true, 'EACCES'],
  ]
  for (const [path, replace, expected, changed] of rows) {
    const memory = files()
    const outcome = () => run(store(siteOn(memory), everything, request(path, { replace })), memory).outcome
    if (changed === undefined) t.throws(outcome, { code: expected }, `${path}, replace ${replace}`)
    else t.equal(outcome(), expected, `${path}, replace ${replace}`)
    t.strictSame(memory.snapshot(), { ...files().snapshot(), ...changed }, `${path}, replace ${replace}`)
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
})

t.test('sentences', async (t) => {
  const memory = files()
  t.throws(() => run(store(siteOn(memory), everything, request('/old')), memory), {
    message: '/old exists already. Choose another name, or ask for it to be replaced.',
  })
  t.throws(() => run(store(siteOn(memory), everything, request('/none/new')), memory), {
    message: 'The directory that should hold /none/new does not exist. Create it first.',
  })
})

t.test('a body that is refused before it is read', async (t) => {
  const source = {
    // biome-ignore lint/correctness/useYield: it only fails
    *next(): Generator<never, Uint8Array> {
      throw new TypeError('nobody may read it')
    },
  }
  const memory = files()
  t.throws(() => run(store(siteOn(memory), everything, request('/old', { source })), memory), { code: 'exists' })
  t.notOk(memory.has('.twinserve'), 'and nothing was made for it')
})

t.test('a body that breaks off', async (t) => {
  const source = sourceOf('half of ', new Refusal('body_incomplete'))
  const memory = files()
  t.throws(() => run(store(siteOn(memory), everything, request('/old', { source, replace: true })), memory), {
    code: 'body_incomplete',
  })
  t.strictSame(memory.snapshot(), files().snapshot())
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
})

t.test('what the client asks of the state is asked twice', async (t) => {
  const memory = files()
  const seen: unknown[] = []
  const check: StoreRequest['check'] = (status) => seen.push(status?.size)
  memory.before('fsync', 1, (m) => m.rewrite('old', 'changed meanwhile'))
  run(store(siteOn(memory), everything, request('/old', { replace: true, check })), memory)
  t.strictSame(seen, [3, 17], 'before the body, and before the name is given')

  const changed = files().before('fsync', 1, (m) => m.rewrite('old', 'changed meanwhile'))
  const demand: StoreRequest['check'] = (status) => {
    if (status?.size !== 3) throw new Refusal('precondition_failed', '/old')
  }
  t.throws(() => run(store(siteOn(changed), everything, request('/old', { replace: true, check: demand })), changed), {
    code: 'precondition_failed',
  })
  t.equal(changed.snapshot().old, 'changed meanwhile', 'what somebody else stored is not lost')
  t.strictSame(changed.temporaries, {})
})

t.test('a name that is taken meanwhile', async (t) => {
  const row = (call: 'lstat' | 'link', nth: number) => {
    const memory = files().before(call, nth, (m) => m.put('new', 'theirs'))
    t.throws(
      () => run(store(siteOn(memory), everything, request('/new')), memory),
      { code: 'exists' },
      `before ${call} ${nth}`,
    )
    t.equal(memory.snapshot().new, 'theirs')
    t.strictSame(memory.temporaries, {})
    t.equal(memory.openCount, 0)
  }
  row('lstat', 1)
  row('lstat', 2)
  row('link', 1)
  interfereBeforeEachCall(
    t,
    { files, program: (site) => store(site, site.accounts.everybody, request('/new')) },
    (memory) => {
      if (!memory.has('new')) memory.put('new', 'theirs')
    },
    (memory, error) => {
      const mine = memory.snapshot().new === 'new content'
      return mine === (error === undefined) ? [] : ['theirs was replaced, or mine was told to be stored']
    },
  )
})

t.test('a name that was free is not taken from whoever has been given it meanwhile', async (t) => {
  const check: StoreRequest['check'] = (seen) => {
    if (seen !== undefined) throw new Refusal('precondition_failed', '/new')
  }
  for (const replace of [true, false]) {
    const memory = files().before('link', 1, (m) => m.put('new', 'theirs'))
    t.throws(() => run(store(siteOn(memory), everything, request('/new', { replace, check })), memory), {
      code: 'precondition_failed',
    })
    t.equal(memory.snapshot().new, 'theirs')
  }
  const gone = files().failOn('link', 1, 'EEXIST')
  t.throws(() => run(store(siteOn(gone), everything, request('/new', { check })), gone), { code: 'exists' })
  const asked = files().before('link', 1, (m) => m.put('new', 'theirs'))
  const stored = run(store(siteOn(asked), everything, request('/new', { replace: true })), asked)
  t.match(stored, { outcome: 'replaced', replaced: 6 })
  t.equal(asked.snapshot().new, 'new content')
  const place = '.twinserve/temporary/me.unique1'
  const twice = files().before('lstat', 2, (m) => m.node('').attach('new', m.node(place)))
  t.equal(run(store(siteOn(twice), everything, request('/new', { replace: true })), twice).outcome, 'replaced')
  t.strictSame(twice.temporaries, {}, 'a file that has the name already loses the other')
  failEachCall(t, {
    files,
    program: (site) => store(site, site.accounts.everybody, request('/new', { replace: true })),
    after: { ...files().snapshot(), new: 'new content' },
  })
})

t.test('a directory that takes the name meanwhile is not replaced', async (t) => {
  const memory = files().before('rename', 1, (m) => {
    m.take('old')
    m.put('old', {})
  })
  t.throws(() => run(store(siteOn(memory), everything, request('/old', { replace: true })), memory), { code: 'EISDIR' })
  t.strictSame(memory.snapshot().old, {})
  t.strictSame(memory.temporaries, {})
})

t.test('whatever fails: the old file, or the new one', async (t) => {
  const made = { ...files().snapshot(), dir: { inner: 'x', made: 'new content' } }
  const over = { ...files().snapshot(), old: 'new content' }
  const prepared = () => files().tree({ '.twinserve': { temporary: {} } })
  failEachCall(t, { files, program: (site) => store(site, site.accounts.everybody, request('/dir/made')), after: made })
  failEachCall(t, {
    files: prepared,
    program: (site) => store(site, site.accounts.everybody, request('/dir/made')),
    after: made,
  })
  failEachCall(t, {
    files,
    program: (site) => store(site, site.accounts.everybody, request('/old', { replace: true })),
    after: over,
  })
  const unlinked = () => files().failOn('link', 1, 'EPERM')
  failEachCall(t, {
    files: unlinked,
    program: (site) => store(site, site.accounts.everybody, request('/dir/made')),
    after: made,
  })
})

t.test('the cache forgets what was stored, even if the end of it failed', async (t) => {
  const details: SiteDetails = { cacheBytes: 100_000 }
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  type Row = readonly [what: string, path: string, prepare: (memory: MemoryFiles) => void, left: string[]]
  const rows: readonly Row[] = [
    ['stored', '/old', () => {}, ['/dir/inner']],
    ['the last flush fails', '/old', (m) => m.failOn('fsync', 2, 'EIO'), ['/dir/inner']],
    ['by way of a link, any path may be meant', '/todir/inner', () => {}, []],
    ['refused', '/dir', () => {}, ['/old', '/dir/inner']],
  ]
  for (const [what, path, prepare, left] of rows) {
    const memory = files()
    const site = siteOn(memory, details)
    const paths = ['/old', '/dir/inner']
    for (const each of paths) site.cache?.keep(each, cached, 0, site.cache.versionOf(each))
    prepare(memory)
    try {
      run(store(site, site.accounts.everybody, request(path, { replace: true })), memory)
    } catch {}
    t.strictSame(
      paths.filter((each) => site.cache?.fresh(each, 0) !== undefined),
      left,
      what,
    )
  }
})
