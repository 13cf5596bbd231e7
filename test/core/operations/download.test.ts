import t from 'tap'
import type { OpenFile, Walk } from '../../../src/core/files/walk.ts'
import { walking } from '../../../src/core/files/walk.ts'
import type { Representation } from '../../../src/core/http/representation.ts'
import { attachment, describe, fromCache, openFile } from '../../../src/core/operations/download.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { toRead } from '../../fixtures/access.ts'
import { file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn, type TestSite } from '../../fixtures/site.ts'

const at = pathFromText
const files = () =>
  new MemoryFiles().tree({ 'a.txt': 'content', empty: '', link: link('a.txt'), dir: { up: link('..') } })

/** Open a file as a request does. @param during what happens between finding and reading it */
function* open(site: Site, text: string, during: () => void = () => {}): Program<Representation> {
  const version = site.cache?.versionOf(text)
  return yield* walking(site, toRead(text), function* (walk: Walk) {
    const found = (yield* walk.find(at(text))) as OpenFile
    during()
    return yield* openFile(site, at(text), walk, found, version)
  })
}

/** What a file is served from: its content where it is in memory, or the fact that it is open. */
function served(memory: MemoryFiles, site: Site, text: string, during?: () => void): string {
  const { content } = run(open(site, text, during), memory)
  if (typeof content !== 'number') return Buffer.from(content).toString()
  t.equal(memory.openCount, 1)
  run(call('close', content), memory)
  return 'open'
}

function cachedSite(memory: MemoryFiles, cachedFile = 100): TestSite {
  return siteOn(memory, { cacheBytes: 10_000, limits: { cachedFile } })
}

t.test('how a file is described', async (t) => {
  const memory = new MemoryFiles().tree({
    'page.html': file('1234567890abcdefg', { mtimeNs: 1_700_000_000_123_456_789n }),
  })
  const status = memory.node('page.html').status
  t.strictSame(describe('page.html', status, 7), {
    etag: '"11-17979cfe3d85cd15"',
    modified: 'Tue, 14 Nov 2023 22:13:20 GMT',
    modifiedAt: 1_700_000_000_000,
    size: 17,
    type: 'text/html; charset=utf-8',
    extra: 'X-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox\r\n',
    content: 7,
  })
  t.equal(
    describe('a.pdf', status, 7).extra,
    'X-Content-Type-Options: nosniff\r\n',
    'browsers show no PDF in a sandbox',
  )
})

t.test('as an attachment', async (t) => {
  t.equal(attachment('a b.txt'), 'Content-Disposition: attachment; filename="a b.txt"\r\n')
  t.match(attachment('ü"\r\nX: y.txt'), /^[^\r\n]*filename\*=UTF-8''%C3%BC%22%0D%0AX%3A%20y\.txt\r\n$/)
})

t.test('without a cache a file is handed over open', async (t) => {
  const memory = files()
  const site = siteOn(memory)
  t.equal(served(memory, site, '/a.txt'), 'open')
  t.equal(fromCache(site, at('/a.txt')), undefined)
  t.equal(memory.openCount, 0)
  t.strictSame(memory.logOf('read'), [])
})

t.test('a small file is read once, and then served from memory', async (t) => {
  const memory = files()
  memory.mostRead = 3
  const site = cachedSite(memory)
  t.equal(fromCache(site, at('/a.txt')), undefined)
  t.equal(served(memory, site, '/a.txt'), 'content')
  t.equal(memory.openCount, 0, 'and the file is closed')
  t.equal(Buffer.from(fromCache(site, at('/a.txt'))?.content ?? []).toString(), 'content')
  t.equal(fromCache(site, at('/a.txt/')), undefined, 'which is not a file')
  t.equal(served(memory, site, '/empty'), '')
})

t.test('after a while the file is looked at again, and read again if it has changed', async (t) => {
  const memory = files()
  const site = cachedSite(memory)
  served(memory, site, '/a.txt')
  site.clock.now += 1000
  t.equal(fromCache(site, at('/a.txt')), undefined)
  const reads = memory.logOf('read').length
  t.equal(served(memory, site, '/a.txt'), 'content')
  t.equal(memory.logOf('read').length, reads, 'not read again')
  t.ok(fromCache(site, at('/a.txt')), 'fresh again')
  memory.clock += 1n
  memory.rewrite('a.txt', 'CONTENT')
  site.clock.now += 1000
  t.equal(served(memory, site, '/a.txt'), 'CONTENT', 'of the same size, a nanosecond later')
  t.equal(memory.openCount, 0)
})

t.test('what is not kept', async (t) => {
  const memory = files()
  const site = cachedSite(memory, 6)
  t.equal(served(memory, site, '/a.txt'), 'open', 'larger than the limit')
  const exact = cachedSite(memory, 7)
  t.equal(served(memory, exact, '/a.txt'), 'content')
  t.equal(served(memory, exact, '/link'), 'open', 'reached by a link: it has another path')
  t.equal(served(memory, exact, '/dir/up/a.txt'), 'open')
  t.equal(exact.cache?.bytes, 7 + 512)
})

t.test('a file that changes while it is read', async (t) => {
  for (const [what, content, expected] of [
    ['grows', 'content and more', 'open'],
    ['shrinks', 'con', 'open'],
    ['stays as long', 'CONTENT', 'CONTENT'],
  ] as const) {
    const memory = files()
    const site = cachedSite(memory)
    t.equal(
      served(memory, site, '/a.txt', () => memory.rewrite('a.txt', content)),
      expected,
      what,
    )
    t.equal(memory.openCount, 0)
    if (expected === 'open') t.equal(fromCache(site, at('/a.txt')), undefined, `${what}: not kept`)
  }
})

t.test('a change by a server, while the file is read', async (t) => {
  const memory = files()
  const site = cachedSite(memory)
  t.equal(
    served(memory, site, '/a.txt', () => site.shared.note(['/a.txt'])),
    'content',
  )
  t.equal(fromCache(site, at('/a.txt')), undefined, 'it may be the old one: served, but not kept')
})

t.test('a file that was loaded', async (t) => {
  const load = (memory: MemoryFiles, site: Site, text: string) => {
    const into = Buffer.alloc(100)
    function* loading(): Program<Representation> {
      const version = site.cache?.versionOf(text)
      return yield* walking(site, toRead(text), function* (walk) {
        const found = yield* walk.find(at(text), into)
        if (found.kind !== 'loaded') throw new TypeError(`${text} was not loaded`)
        return yield* openFile(site, at(text), walk, found, version)
      })
    }
    const { content } = run(loading(), memory)
    t.equal(memory.openCount, 0)
    if (typeof content === 'number') throw new TypeError(`${text} is open`)
    const borrowed = content.buffer === into.buffer
    const before = Buffer.from(content).toString()
    into.fill('#')
    t.equal(Buffer.from(content).toString(), borrowed ? '#'.repeat(before.length) : before)
    return `${borrowed ? 'borrowed' : 'kept'} ${before}`
  }
  const memory = files()
  t.equal(load(memory, siteOn(memory), '/a.txt'), 'borrowed content', 'nobody keeps it')
  const site = cachedSite(memory)
  t.equal(load(memory, site, '/link'), 'borrowed content', 'reached by a link')
  t.equal(load(memory, cachedSite(memory, 6), '/a.txt'), 'borrowed content', 'too large for the cache')
  t.equal(load(memory, site, '/a.txt'), 'kept content', 'the cache has a copy: the buffer will be used again')
  t.equal(Buffer.from(fromCache(site, at('/a.txt'))?.content ?? []).toString(), 'content')
  site.clock.now += 1000
  t.equal(load(memory, site, '/a.txt'), 'kept content', 'and is asked again')
  t.strictSame(memory.logOf('read'), [])
})

t.test('a file that cannot be read is closed', async (t) => {
  const memory = files().failOn('read', 1, 'EIO')
  t.throws(() => run(open(cachedSite(memory), '/a.txt'), memory), { code: 'EIO' })
  t.equal(memory.openCount, 0)
  t.strictSame(memory.mistakes, [])
})
