import t from 'tap'
import { type CachedFile, FileCache } from '../../../src/core/files/cache.ts'
import { SharedMemory, sharedBytes } from '../../../src/core/files/shared-memory.ts'

/** What an entry costs besides its bytes. */
const overhead = 512

function entry(size: number, etag = '"1"'): CachedFile {
  const content = new Uint8Array(size)
  return { etag, modified: '', modifiedAt: 0, size, type: 'text/plain', extra: '', content }
}

/** A cache whose files are fresh for a second, and what the servers have in common. */
function made(bytes: number) {
  const shared = new SharedMemory(new ArrayBuffer(sharedBytes))
  return { shared, cache: new FileCache(bytes, 1000, shared) }
}

function keep(cache: FileCache, path: string, file: CachedFile, now = 0): void {
  cache.keep(path, file, now, cache.versionOf(path))
}

/** Files that are in a cache and fresh, without touching their order: by looking at each in turn. */
function inside(cache: FileCache, ...paths: string[]): string[] {
  return paths.filter((path) => cache.revalidate(path, '"1"', 0) !== undefined)
}

t.test('a file is fresh for a time, and again once it was looked at', async (t) => {
  const cache = made(10_000).cache
  const file = entry(10)
  t.equal(cache.fresh('/a', 0), undefined, 'not known yet')
  keep(cache, '/a', file, 5000)
  t.equal(cache.fresh('/a', 5999), file)
  t.equal(cache.fresh('/a', 6000), undefined, 'asked for too long ago')
  t.equal(cache.revalidate('/a', '"2"', 6000), undefined, 'it has changed')
  t.equal(cache.fresh('/a', 6000), undefined)
  t.equal(cache.revalidate('/none', '"1"', 6000), undefined)
  t.equal(cache.revalidate('/a', '"1"', 6000), file, 'it is as it was')
  t.equal(cache.fresh('/a', 6999), file)
  t.equal(cache.fresh('/a', 7000), undefined, 'to be served does not make it fresher')
})

t.test('nothing is fresh while it is changed, nor afterwards', async (t) => {
  for (const [changed, left] of [
    [['/a'], true],
    ['everything', false],
  ] as const) {
    const { cache, shared } = made(10_000)
    for (const path of ['/a', '/b']) keep(cache, path, entry(10))
    shared.begin(changed)
    t.equal(cache.fresh('/a', 0), undefined)
    t.equal(cache.revalidate('/a', '"1"', 0), undefined, 'though its tag is the same')
    keep(cache, '/a', entry(10))
    t.equal(cache.fresh('/b', 0) !== undefined, left)
    shared.end([changed])
    t.equal(cache.fresh('/a', 0), undefined)
    t.equal(cache.revalidate('/a', '"1"', 0), undefined)
    t.equal(cache.fresh('/b', 0) !== undefined, left)
    keep(cache, '/a', entry(10))
    t.ok(cache.fresh('/a', 0), 'read after the change')
  }
})

t.test('bounded in bytes', async (t) => {
  const cache = made(3 * (overhead + 100)).cache
  for (const path of ['/a', '/b', '/c']) keep(cache, path, entry(100))
  t.equal(cache.bytes, 3 * (overhead + 100), 'exactly full')
  t.strictSame(inside(cache, '/a', '/b', '/c'), ['/a', '/b', '/c'])
  keep(cache, '/d', entry(101))
  t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/c', '/d'], 'one byte more needs the room of two')
  t.equal(cache.bytes, 2 * overhead + 201)
  keep(cache, '/e', entry(3 * (overhead + 100) - overhead + 1))
  t.strictSame(inside(cache, '/c', '/d', '/e'), ['/c', '/d'], 'what is larger than the cache drives nothing out')
  keep(cache, '/e', entry(3 * (overhead + 100) - overhead))
  t.strictSame(inside(cache, '/c', '/d', '/e'), ['/e'], 'what fits alone is alone')
})

t.test('what was used least recently goes first', async (t) => {
  const uses: readonly (readonly [what: string, use: (cache: FileCache) => void])[] = [
    ['served', (cache) => cache.fresh('/a', 1)],
    ['looked at again', (cache) => cache.revalidate('/a', '"1"', 1)],
    ['kept anew', (cache) => keep(cache, '/a', entry(0), 1)],
  ]
  for (const [what, use] of uses) {
    const cache = made(3 * overhead).cache
    for (const path of ['/a', '/b', '/c']) keep(cache, path, entry(0))
    use(cache)
    keep(cache, '/d', entry(0))
    t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/a', '/c', '/d'], what)
  }
  const cache = made(3 * overhead).cache
  for (const path of ['/a', '/b', '/c']) keep(cache, path, entry(0))
  cache.fresh('/a', 1000)
  keep(cache, '/d', entry(0))
  t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/b', '/c', '/d'], 'asked for, but no longer fresh, is not used')
})

t.test('a file is kept once, with its newest content', async (t) => {
  const cache = made(10_000).cache
  keep(cache, '/a', entry(100))
  const newer = entry(50, '"2"')
  keep(cache, '/a', newer)
  t.equal(cache.bytes, overhead + 50)
  t.equal(cache.fresh('/a', 0), newer)
})

t.test('what changes while a file is read is not kept', async (t) => {
  for (const changed of [['/a'], 'everything'] as const) {
    const { cache, shared } = made(10_000)
    const version = cache.versionOf('/a')
    shared.note(changed)
    cache.keep('/a', entry(1), 0, version)
    t.equal(cache.fresh('/a', 0), undefined)
    t.equal(cache.bytes, 0)
    shared.begin(changed)
    t.equal(cache.versionOf('/a'), undefined)
    cache.keep('/a', entry(1), 0, undefined)
    t.equal(cache.bytes, 0)
  }
})

t.test('what is forgotten takes no room', async (t) => {
  const { cache } = made(10_000)
  for (const path of ['/a', '/b', '/c']) keep(cache, path, entry(1))
  cache.forget(['/b', '/none'])
  cache.forget(['/b'])
  t.strictSame(inside(cache, '/a', '/b', '/c'), ['/a', '/c'])
  t.equal(cache.bytes, 2 * (overhead + 1))
  cache.forget('everything')
  t.strictSame(inside(cache, '/a', '/b', '/c'), [])
  t.equal(cache.bytes, 0)
})
