/** Conditional requests on real files (RFC 9110, section 13), with the cache and without. */
import fs from 'node:fs'
import { overSeveralLoops, startEngine } from '../../fixtures/engines.ts'

const past = 'Sun, 06 Nov 1994 08:49:37 GMT'
const future = 'Fri, 31 Dec 2049 23:59:59 GMT'

for (const cacheBytes of [0, 1 << 20]) {
  overSeveralLoops(async (t, engine) => {
    const service = await startEngine(t, engine, { cacheBytes })
    fs.writeFileSync(service.path('a.txt'), 'first')
    fs.utimesSync(service.path('a.txt'), 1_600_000_000.75, 1_600_000_000.75)
    const seen = await service.ask('GET', '/a.txt')
    const etag = seen.field('etag') as string
    const modified = seen.field('last-modified') as string
    t.equal(modified, 'Sun, 13 Sep 2020 12:26:40 GMT', 'fractions of a second are cut off')

    const rows: readonly (readonly [fields: Record<string, string>, status: number])[] = [
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-None-Match': `W/${etag}` }, 304],
      [{ 'If-None-Match': `"other", ${etag}` }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"other"' }, 200],
      [{ 'If-None-Match': etag.slice(1, -1) }, 200],
      [{ 'If-Modified-Since': modified }, 304],
      [{ 'If-Modified-Since': future }, 304],
      [{ 'If-Modified-Since': past }, 200],
      [{ 'If-Modified-Since': 'nonsense' }, 200],
      [{ 'If-Modified-Since': 'Sunday, 13-Sep-20 12:26:40 GMT' }, 304],
      [{ 'If-Modified-Since': 'Sun Sep 13 12:26:40 2020' }, 304],
      [{ 'If-None-Match': '"other"', 'If-Modified-Since': future }, 200],
      [{ 'If-None-Match': etag, 'If-Modified-Since': past }, 304],
      [{ 'If-Match': etag }, 200],
      [{ 'If-Match': '*' }, 200],
      [{ 'If-Match': `W/${etag}` }, 412],
      [{ 'If-Match': '"other"' }, 412],
      [{ 'If-Match': `"other",${etag}` }, 200],
      [{ 'If-Unmodified-Since': modified }, 200],
      [{ 'If-Unmodified-Since': past }, 412],
      [{ 'If-Unmodified-Since': 'nonsense' }, 200],
      [{ 'If-Match': etag, 'If-Unmodified-Since': past }, 200],
      [{ 'If-Match': etag, 'If-None-Match': etag }, 304],
    ]
    await t.test('GET and HEAD', async (t) => {
      for (const [fields, status] of rows) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await service.ask(method, '/a.txt', fields)
          const about = `${method} ${JSON.stringify(fields)}`
          t.equal(answer.status, status, about)
          if (status === 304) {
            t.equal(answer.field('etag'), etag, about)
            t.equal(answer.field('content-type'), undefined, about)
          }
        }
      }
    })

    await t.test('a condition on nothing', async (t) => {
      t.equal((await service.ask('GET', '/none', { 'If-Match': '*' })).status, 404)
      t.equal((await service.ask('GET', '/none', { 'If-None-Match': '*' })).status, 404)
    })

    await t.test('the tag changes with the content, also within one second and at one size', async (t) => {
      fs.writeFileSync(service.path('tag'), 'aaaa')
      fs.utimesSync(service.path('tag'), 1_600_000_000, 1_600_000_000.001)
      const [before] = [(await service.ask('HEAD', '/tag')).field('etag')]
      t.equal((await service.ask('PUT', '/tag?overwrite', {}, 'bbbb')).status, 204)
      const after = (await service.ask('HEAD', '/tag')).field('etag')
      t.not(after, before)
    })
  })
}
