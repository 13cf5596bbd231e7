/** Ranges of real files (RFC 9110, section 14). */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import type { Answer } from '../../fixtures/raw-client.ts'

/** The parts of a `multipart/byteranges` answer, taken apart by the book (RFC 2046, section 5.1.1). */
function partsOf(answer: Answer): { range: string; type: string; content: string }[] {
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z]+)$/.exec(answer.field('content-type') ?? '')?.[1]
  const pieces = answer.body.toString('latin1').split(`\r\n--${boundary}`)
  if (pieces.shift() !== '' || pieces.pop() !== '--\r\n') throw new Error('not a multipart body')
  return pieces.map((piece) => {
    const end = piece.indexOf('\r\n\r\n')
    const fields = Object.fromEntries(
      piece
        .slice(2, end)
        .split('\r\n')
        .map((line) => line.split(': ')),
    )
    return { range: fields['Content-Range'], type: fields['Content-Type'], content: piece.slice(end + 4) }
  })
}

for (const cacheBytes of [0, 1 << 20]) {
  forEachEngine(async (t, engine) => {
    const service = await startEngine(t, engine, { cacheBytes })
    const digits = '0123456789'.repeat(100)
    fs.writeFileSync(service.path('digits.txt'), digits)
    fs.writeFileSync(service.path('empty.txt'), '')
    fs.utimesSync(service.path('digits.txt'), 1_600_000_000.25, 1_600_000_000.25)
    const ask = (range: string, more: Record<string, string> = {}) =>
      service.ask('GET', '/digits.txt', { Range: range, ...more })
    const etag = (await service.ask('HEAD', '/digits.txt')).field('etag') as string

    const single: readonly (readonly [range: string, from: number, to: number])[] = [
      ['bytes=0-0', 0, 0],
      ['bytes=0-9', 0, 9],
      ['bytes=990-', 990, 999],
      ['bytes=-10', 990, 999],
      ['bytes=-5000', 0, 999],
      ['bytes=995-5000', 995, 999],
      ['bytes=999-999', 999, 999],
      ['bytes=5-5,', 5, 5],
      ['bytes= 5-6', 5, 6],
      ['BYTES=5-6', 5, 6],
      ['bytes=5-6,2000-', 5, 6],
      ['bytes=990-99999999999999999999', 990, 999],
    ]
    await t.test('one range', async (t) => {
      for (const [range, from, to] of single) {
        const answer = await ask(range)
        t.equal(answer.status, 206, range)
        t.equal(answer.field('content-range'), `bytes ${from}-${to}/1000`, range)
        t.equal(answer.text, digits.slice(from, to + 1), range)
        t.equal(answer.field('etag'), etag)
      }
    })

    await t.test('several ranges', async (t) => {
      const answer = await ask('bytes=0-1, 500-504,-3')
      t.equal(answer.status, 206)
      t.equal(answer.field('content-range'), undefined, 'only the parts have one')
      const type = 'text/plain; charset=utf-8'
      t.same(partsOf(answer), [
        { range: 'bytes 0-1/1000', type, content: '01' },
        { range: 'bytes 500-504/1000', type, content: '01234' },
        { range: 'bytes 997-999/1000', type, content: '789' },
      ])
    })

    await t.test('what lies outside is 416, and says how long the file is', async (t) => {
      for (const range of ['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', 'bytes=2000-,3000-']) {
        const answer = await ask(range)
        t.equal(answer.status, 416, range)
        t.equal(answer.field('content-range'), 'bytes */1000', range)
      }
      t.equal((await service.ask('GET', '/empty.txt', { Range: 'bytes=0-' })).field('content-range'), 'bytes */0')
    })

    await t.test('what is malformed, too much or of another unit is ignored', async (t) => {
      const many = Array.from({ length: 1000 }, (_, i) => `${i}-${i}`).join(',')
      const odd = ['bytes=', 'bytes=x', 'bytes=5-4', 'bytes=1-2,x', 'lines=1-2', '0-5', 'bytes=-', 'bytes=0x1-2']
      for (const range of [...odd, 'bytes=0-999,0-999', `bytes=${many}`]) {
        const answer = await ask(range)
        t.equal(answer.status, 200, range.slice(0, 30))
        t.equal(answer.text, digits)
      }
    })

    await t.test('HEAD has no ranges', async (t) => {
      const answer = await service.ask('HEAD', '/digits.txt', { Range: 'bytes=0-9' })
      t.equal(answer.status, 200)
      t.equal(answer.field('content-length'), '1000')
    })

    await t.test('If-Range: the range only of the version that was seen', async (t) => {
      const modified = (await service.ask('HEAD', '/digits.txt')).field('last-modified') as string
      t.equal((await ask('bytes=0-9', { 'If-Range': etag })).status, 206)
      t.equal((await ask('bytes=0-9', { 'If-Range': modified })).status, 206)
      t.equal((await ask('bytes=0-9', { 'If-Range': '"other"' })).status, 200)
      t.equal((await ask('bytes=0-9', { 'If-Range': `W/${etag}` })).status, 200, 'never by a weak comparison')
      t.equal((await ask('bytes=0-9', { 'If-Range': 'Sun, 06 Nov 1994 08:49:37 GMT' })).status, 200)
      t.equal(
        (await ask('bytes=0-9', { 'If-Range': 'Fri, 31 Dec 2049 23:59:59 GMT' })).status,
        200,
        'exactly, not at most',
      )
      t.equal((await ask('bytes=0-9', { 'If-Range': 'nonsense' })).status, 200)
      t.equal((await ask('bytes=5000-', { 'If-Range': '"other"' })).status, 200, 'instead of 416')
    })

    await t.test('a condition comes before the range', async (t) => {
      t.equal((await ask('bytes=0-9', { 'If-None-Match': etag })).status, 304)
      t.equal((await ask('bytes=5000-', { 'If-Match': '"other"' })).status, 412)
    })

    await t.test('a file put together from ranges is the file', async (t) => {
      const large = Buffer.from(Array.from({ length: 700_001 }, (_, i) => (i * 31) % 253))
      fs.writeFileSync(service.path('large.bin'), large)
      const pieces: Buffer[] = []
      for (let at = 0; at < large.length; at += 99_999) {
        const answer = await service.ask('GET', '/large.bin', { Range: `bytes=${at}-${at + 99_998}` })
        t.equal(answer.status, 206)
        pieces.push(answer.body)
      }
      t.ok(Buffer.concat(pieces).equals(large))
    })
  })
}
