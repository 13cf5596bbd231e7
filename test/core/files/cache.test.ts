import t from 'tap'
import { type CachedFile, FileCache } from '../../../src/core/files/cache.ts'

/** What an entry costs besides its bytes. */
const overhead = 512

function entry(size: number, etag = '"1"'): CachedFile {
  const content = new Uint8Array(size)
  return { etag, modified: '', modifiedAt: 0, size, type: 'text/plain', extra: '', content }
}

/** Files that are in a cache and fresh, without touching their order: by looking at each in turn. */
function inside(cache: FileCache, ...paths: string[]): string[] {
  return paths.filter((path) => cache.revalidate(path, '"1"', 0) !== undefined)
}

t.test('a file is fresh for a time, and again once it was looked at', async (t) => {
  const cache = new FileCache(10_000, 1000)
  const file = entry(10)
  t.equal(cache.fresh('/a', 0), undefined, 'not known yet')
  cache.keep('/a', file, 5000, cache.version)
  t.equal(cache.fresh('/a', 5999), file)
  t.equal(cache.fresh('/a', 6000), undefined, 'asked for too long ago')
  t.equal(cache.revalidate('/a', '"2"', 6000), undefined, 'it has changed')
  t.equal(cache.fresh('/a', 6000), undefined)
  t.equal(cache.revalidate('/none', '"1"', 6000), undefined)
  t.equal(cache.revalidate('/a', '"1"', 6000), file, 'it is as it was')
  t.equal(cache.fresh('/a', 6999), file)
  t.equal(cache.fresh('/a', 7000), undefined, 'to be served does not make it fresher')
})

t.test('nothing is fresh while something is changed', async (t) => {
  const cache = new FileCache(10_000, 1000)
  cache.keep('/a', entry(10), 0, cache.version)
  cache.suspend()
  t.equal(cache.fresh('/a', 0), undefined)
  cache.forget('/b')
  cache.resume()
  t.ok(cache.fresh('/a', 0))
})

t.test('bounded in bytes', async (t) => {
  const cache = new FileCache(3 * (overhead + 100), 1000)
  for (const path of ['/a', '/b', '/c']) cache.keep(path, entry(100), 0, 0)
  t.equal(cache.bytes, 3 * (overhead + 100), 'exactly full')
  t.strictSame(inside(cache, '/a', '/b', '/c'), ['/a', '/b', '/c'])
  cache.keep('/d', entry(101), 0, 0)
  t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/c', '/d'], 'one byte more needs the room of two')
  t.equal(cache.bytes, 2 * overhead + 201)
  cache.keep('/e', entry(3 * (overhead + 100) - overhead + 1), 0, 0)
  t.strictSame(inside(cache, '/c', '/d', '/e'), ['/c', '/d'], 'what is larger than the cache drives nothing out')
  cache.keep('/e', entry(3 * (overhead + 100) - overhead), 0, 0)
  t.strictSame(inside(cache, '/c', '/d', '/e'), ['/e'], 'what fits alone is alone')
})

t.test('what was used least recently goes first', async (t) => {
  const uses: readonly (readonly [what: string, use: (cache: FileCache) => void])[] = [
    ['served', (cache) => cache.fresh('/a', 1)],
    ['looked at again', (cache) => cache.revalidate('/a', '"1"', 1)],
    ['kept anew', (cache) => cache.keep('/a', entry(0), 1, 0)],
  ]
  for (const [what, use] of uses) {
    const cache = new FileCache(3 * overhead, 1000)
    for (const path of ['/a', '/b', '/c']) cache.keep(path, entry(0), 0, 0)
    use(cache)
    cache.keep('/d', entry(0), 0, 0)
    t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/a', '/c', '/d'], what)
  }
  const cache = new FileCache(3 * overhead, 1000)
  for (const path of ['/a', '/b', '/c']) cache.keep(path, entry(0), 0, 0)
  cache.fresh('/a', 1000)
  cache.keep('/d', entry(0), 0, 0)
  t.strictSame(inside(cache, '/a', '/b', '/c', '/d'), ['/b', '/c', '/d'], 'asked for, but no longer fresh, is not used')
})

t.test('a file is kept once, with its newest content', async (t) => {
  const cache = new FileCache(10_000, 1000)
  cache.keep('/a', entry(100), 0, 0)
  const newer = entry(50, '"2"')
  cache.keep('/a', newer, 0, 0)
  t.equal(cache.bytes, overhead + 50)
  t.equal(cache.fresh('/a', 0), newer)
})

t.test('what changes while a file is read is not kept', async (t) => {
  for (const change of ['forget', 'clear'] as const) {
    const cache = new FileCache(10_000, 1000)
    const version = cache.version
    cache.forget('/another')
    change === 'forget' ? cache.forget('/a') : cache.clear()
    cache.keep('/a', entry(1), 0, version)
    t.equal(cache.fresh('/a', 0), undefined, change)
    cache.keep('/a', entry(1), 0, cache.version)
    t.ok(cache.fresh('/a', 0), 'read after the change')
  }
})

t.test('forget and clear', async (t) => {
  const cache = new FileCache(10_000, 1000)
  for (const path of ['/a', '/b', '/c']) cache.keep(path, entry(1), 0, 0)
  cache.forget('/b')
  cache.forget('/b')
  t.strictSame(inside(cache, '/a', '/b', '/c'), ['/a', '/c'])
  t.equal(cache.bytes, 2 * (overhead + 1))
  cache.clear()
  t.strictSame(inside(cache, '/a', '/b', '/c'), [])
  t.equal(cache.bytes, 0)
})
