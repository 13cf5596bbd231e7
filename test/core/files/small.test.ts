/**
 * Storing small files at once: what comes of it is what comes of storing them in steps.
 */
import t from 'tap'
import { loanSize } from '../../../src/core/buffers.ts'
import type { Stored } from '../../../src/core/files/naming.ts'
import { type StoreRequest, store } from '../../../src/core/files/store.ts'
import { letGo, nearby } from '../../../src/core/files/temporary.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { everything } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { directory, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall, interfereBeforeEachCall } from '../../fixtures/sweeps.ts'

const content = 'all of it'

function files(): MemoryFiles {
  return new MemoryFiles().tree({
    old: 'old',
    dir: { inner: { x: 'x' } },
    todir: link('dir'),
    fixed: directory({}, { mode: 5 }),
  })
}

type Details = Partial<Omit<StoreRequest, 'path'>>

function request(path: string, details: Details = {}): StoreRequest {
  const source = sourceOf(content)
  return { path: pathFromText(path), source, length: content.length, arrived: true, replace: false, ...details }
}

/** Store it, and end the site. */
function* storing(site: Site, wanted: StoreRequest): Program<Stored> {
  try {
    return yield* store(site, site.accounts.everybody, wanted)
  } finally {
    yield* letGo(site)
  }
}

const opened = (memory: MemoryFiles) => memory.logOf('openDirectory').length

t.test('the order of things', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  site.temporary = undefined
  const stored = run(storing(site, request('/dir/inner/made')), memory)
  t.match(stored, { outcome: 'created', replaced: 0, status: { kind: 'file', size: content.length } })
  t.strictSame(memory.snapshot(), { ...files().snapshot(), dir: { inner: { x: 'x', made: content } } })
  const place = '/.twinserve/temporary/me.unique1'
  t.strictSame(memory.log.slice(memory.log.indexOf('openDirectory /dir')), [
    'openDirectory /dir',
    'openDirectory /dir/inner',
    'lstat /dir/inner/made',
    `open ${place} create`,
    `write ${place} ${content.length} @0`,
    `futimens ${place}`,
    `fstat ${place}`,
    `fsync ${place}`,
    `link ${place} /dir/inner/made`,
    `unlink ${place}`,
    `close ${place}`,
    'fsync /dir/inner',
    'close /dir',
    'close /dir/inner',
    'close /.twinserve/temporary',
  ])
  const quick = files()
  run(storing(siteOn(quick, { durable: false }), request('/made')), quick)
  t.strictSame(quick.logOf('fsync'), [])
  t.equal(quick.snapshot().made, content)
})

t.test('a short write is continued', async (t) => {
  const memory = files()
  memory.mostWritten = 4
  run(storing(siteOn(memory), request('/made')), memory)
  t.equal(memory.snapshot().made, content)
})

t.test('its time: as the client says, or one that no other file has', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const now = BigInt(site.clock.date) * 1_000_000n + 500n
  const time = (path: string, mtimeNs?: bigint) =>
    run(store(site, site.accounts.everybody, request(path, { mtimeNs })), memory).status.mtimeNs
  t.strictSame([time('/a'), time('/b'), time('/c', 5000n), time('/d')], [now, now + 1000n, 5000n, now + 2000n])
})

t.test('what may not be so simple comes out as it does in steps', async (t) => {
  type Row = readonly [what: string, path: string, details?: Details, prepare?: (memory: MemoryFiles) => void]
  const rows: readonly Row[] = [
    ['a new name', '/made'],
    ['nothing at all', '/made', { source: sourceOf(), length: 0 }],
    ['a name that is taken', '/old'],
    ['a directory has it', '/dir'],
    ['by way of a link', '/todir/made'],
    ['no directory', '/none/made'],
    ['a file for a directory', '/old/made'],
    ['no right to', '/fixed/made'],
    ['a name that is too long', `/${'x'.repeat(300)}`],
    ['a client that asks for something else', '/made', { check: demandOld }],
    ['replacing', '/old', { replace: true }],
    ['a length nobody knows', '/made', { length: undefined }],
    ['files that nobody may date', '/made', {}, (m) => m.failOn('futimens', 1, 'EPERM')],
    ['a file system without links', '/made', {}, (m) => m.failOn('link', 1, 'EPERM')],
    ['a name that is taken meanwhile', '/made', {}, (m) => m.before('link', 1, () => m.put('made', 'theirs'))],
    ['a disk that is full', '/made', {}, (m) => m.failOn('write', 1, 'ENOSPC')],
    ['a disk that fails', '/made', {}, (m) => m.failOn('fsync', 1, 'EIO')],
    ['a directory that fails', '/made', {}, (m) => m.failOn('fsync', 2, 'EIO')],
  ]
  for (const [what, path, details = {}, prepare = () => {}] of rows) {
    const come = [true, false].map((arrived) => {
      const memory = files()
      const site = siteOn(memory)
      prepare(memory)
      let told: unknown
      try {
        told = run(storing(site, request(path, { ...details, source: sourceOf(content), arrived })), memory).outcome
      } catch (error) {
        told = (error as { code: string }).code
      }
      t.equal(memory.openCount, 0, what)
      t.strictSame(memory.temporaries, {}, what)
      t.strictSame(memory.mistakes, [], what)
      return { told, tree: memory.snapshot() }
    })
    t.strictSame(come[0], come[1], what)
  }
})

function demandOld(seen: unknown): void {
  if (seen === undefined) throw Object.assign(new Error(), { code: 'not what it was' })
}

t.test('only what is small', async (t) => {
  const memory = files()
  const large = Buffer.alloc(loanSize + 1, 'x')
  run(store(siteOn(memory), everything, request('/made', { source: sourceOf(large), length: large.length })), memory)
  t.equal(memory.openCount, 0, 'no place is held for it')
  t.match(memory.node('made').status, { size: large.length })
})

t.test('another file system', async (t) => {
  const memory = new MemoryFiles().tree({ other: directory({}, { device: 9 }) })
  const stored = run(storing(siteOn(memory), request('/other/made')), memory)
  t.equal(stored.outcome, 'created')
  t.equal(memory.node('other/made').content.toString(), content)
  t.equal(memory.openCount, 0)
})

t.test('a body that proves wrong at its end, and one that is too much', async (t) => {
  const memory = files()
  const source = sourceOf(content, Object.assign(new Error(), { code: 'mismatch' }))
  t.throws(() => run(store(siteOn(memory), everything, request('/made', { source })), memory), { code: 'mismatch' })
  t.strictSame(memory.log, [], 'nothing was made for it')
  const tight = siteOn(memory, { maxUpload: 5 })
  t.throws(() => run(storing(tight, request('/made')), memory), { code: 'too_large' })
  const full = siteOn(memory, { quota: 20 })
  run(storing(full, request('/made')), memory)
  t.throws(() => run(storing(full, request('/second')), memory), { code: 'quota_exceeded' })
  t.equal(full.quota?.left, 20 - 'old'.length - 'x'.length - content.length, 'what was refused takes no room')
})

t.test('the cache forgets', async (t) => {
  const memory = files()
  const site = siteOn(memory, { cacheBytes: 100_000 })
  const cached = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
  for (const path of ['/made', '/old']) site.cache?.keep(path, cached, 0, site.cache.versionOf(path))
  run(storing(site, request('/made')), memory)
  t.equal(site.cache?.fresh('/made', 0), undefined)
  t.ok(site.cache?.fresh('/old', 0))
})

t.test('whatever fails: the file, or nothing', async (t) => {
  const program = (site: Site) => storing(site, request('/dir/inner/made'))
  const after = { ...files().snapshot(), dir: { inner: { x: 'x', made: content } } }
  failEachCall(t, { files, program, after })
  failEachCall(t, { files: () => files().tree({ '.twinserve': { temporary: {} } }), program, after })
  failEachCall(t, { files: () => files().failOn('link', 1, 'EPERM'), program, after })
  interfereBeforeEachCall(t, { files: () => files().outside({ secret: {} }), program }, (memory) => {
    if (memory.node('dir').kind !== 'directory') return
    memory.take('dir')
    memory.put('dir', link('../secret'))
  })
})

t.test('the place for temporaries stays open, and is found anew when it is gone', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const put = (path: string) => run(store(site, site.accounts.everybody, request(path)), memory).outcome
  put('/a')
  const once = opened(memory)
  put('/b')
  t.equal(opened(memory), once, 'once for both')
  t.equal(memory.openCount, 1)
  memory.take('.twinserve')
  t.equal(put('/c'), 'created')
  t.equal(put('/d'), 'created')
  t.equal(memory.openCount, 1, 'the old one is closed')
  run(letGo(site), memory)
  run(letGo(site), memory)
  t.equal(memory.openCount, 0)
})

t.test('a place that somebody else still uses is not closed under them', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  const outer = nearby(site, function* ({ directory, name }) {
    const inner = yield* nearby(site, gone)
    t.equal(inner, undefined)
    t.equal(site.temporary, undefined, 'nobody else is to use it')
    yield* call('mkdir', directory, name)
    return (yield* nearby(site, found)) && name
  })
  t.equal(run(outer, memory), 'me.unique1')
  t.strictSame(memory.mistakes, [])
  t.equal(memory.openCount, 1, 'the new one')
  run(letGo(site), memory)
})

// biome-ignore lint/correctness/useYield: they only answer
function* gone(): Program<undefined> {
  return undefined
}

// biome-ignore lint/correctness/useYield: they only answer
function* found(): Program<true> {
  return true
}
