/** The bounds on what a request may be, and on how long it may take. */
import t from 'tap'
import { converse, however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'
import type { Arrival } from '../../fixtures/script.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const tree = { a: 'aaa' }
const limits = { headerBytes: 200, headerFields: 3 }

/** A request of exactly so many bytes, by the length of one field's value. */
function sized(length: number): string {
  const bare = textOf('GET /a HTTP/1.1', { X: '' })
  return textOf('GET /a HTTP/1.1', { X: 'x'.repeat(length - bare.length) })
}

/** What is too much: the answer, and what is the most that is not. */
const bounds: readonly (readonly [what: string, input: string, status: number])[] = [
  ['a header section as long as allowed', sized(200), 200],
  ['a byte more', sized(201), 431],
  ['far more', sized(5000), 431],
  ['as many fields as allowed', textOf('GET /a HTTP/1.1', { A: '1', B: '2' }), 200],
  ['a field more', textOf('GET /a HTTP/1.1', { A: '1', B: '2', C: '3' }), 431],
  ['a target as long as there is room', `GET /${'x'.repeat(165)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 404],
  ['a target that leaves no room for fields', `GET /${'x'.repeat(180)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
  ['a target that does not fit', `GET /${'x'.repeat(300)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
  ['empty lines without end', '\r\n'.repeat(200), 414],
]
for (const [what, input, status] of bounds) {
  however(t, what, {
    tree,
    limits,
    input: input + textOf('GET /a HTTP/1.1'),
    check(t, { answers, fates }) {
      t.equal(answers[0]?.status, status)
      t.strictSame(fates, status >= 414 ? ['close'] : ['keep', 'keep'])
    },
  })
}

t.test('a header section larger than the window that is parsed at a time, where the limits allow it', async (t) => {
  const input = textOf('GET /a HTTP/1.1', { X: 'x'.repeat(100_000) })
  t.equal(converse([bytes(input)], { tree, limits: { headerBytes: 200_000 } }).answers[0]?.body, 'aaa')
  const pipelined = { tree, limits: { headerBytes: 200_000 }, prepare: take(bytes(input)) }
  t.equal(converse([], pipelined).answers[0]?.body, 'aaa', 'all of it at once')
  const { connection, answers } = converse([], { tree, prepare: take(bytes(input)) })
  t.equal(answers[0]?.status, 431)
  t.equal(connection.leftover, undefined)
})

/** Give the connection what the engine already has. */
function take(leftover: Uint8Array) {
  return ({ connection }: { connection: { leftover: Uint8Array | undefined } }) => {
    connection.leftover = leftover
  }
}

t.test('bytes behind the header section do not count against it', async (t) => {
  const body = 'x'.repeat(5000)
  const { answers } = converse([bytes(textOf('PUT /n HTTP/1.1', { 'Content-Length': '5000' }) + body)], { limits })
  t.equal(answers[0]?.status, 201)
})

t.test('chunks that are mostly framing are refused (RFC 9112, section 7.1.1)', async (t) => {
  const head = textOf('PUT /n HTTP/1.1', { 'Transfer-Encoding': 'chunked' })
  const small = `${'0001;x\r\ny\r\n'.repeat(100)}0\r\n\r\n`
  t.equal(converse([bytes(head + small)], { limits: { headerBytes: 120 } }).answers[0]?.status, 201)
  const without = [`${head}5;${'x'.repeat(300)}\r\nhello\r\n`, `${head}1\r\nx\r\n0\r\n${'X: yyyyyyy\r\n'.repeat(50)}`]
  for (const text of without) {
    const { answers, fates, memory } = converse([bytes(text)], { limits: { headerBytes: 150 } })
    t.match(answers[0], { status: 431, body: /^fields_too_large: / })
    t.strictSame(fates, ['close'])
    t.strictSame(memory.snapshot(), {})
  }
})

/** What comes when, and whether that is too slow. Limits: 10 s for the head, 30 s of silence, 1 KiB/s after 30 s. */
const head = bytes(textOf('PUT /n HTTP/1.1', { 'Content-Length': '100000' }))
const drip = (count: number, ms: number, size: number): Arrival[] =>
  Array.from({ length: count }, () => [{ pause: ms }, Buffer.alloc(size, 'x')]).flat()
const timings: readonly (readonly [what: string, arrivals: readonly Arrival[], status: number])[] = [
  [
    'a header section that takes 9 s',
    [bytes('GET /a HTTP/1.1\r\n'), { pause: 9000 }, bytes('Host: localhost\r\n\r\n')],
    200,
  ],
  ['one that takes 10 s', [bytes('GET /a HTTP/1.1\r\n'), { pause: 10_000 }, bytes('Host: localhost\r\n\r\n')], 408],
  [
    'one that trickles',
    bytes('GET /a HTTP/1.1\r\nHost')
      .toString()
      .split('')
      .flatMap((c) => [bytes(c), { pause: 600 }]),
    408,
  ],
  ['silence', [], 408],
  ['a body that pauses for 29 s', [head, { pause: 29_000 }, Buffer.alloc(100_000)], 201],
  ['one that pauses for 30 s', [head, { pause: 30_000 }, Buffer.alloc(100_000)], 408],
  ['one that comes at 1 KiB/s', [head, ...drip(100, 970, 1000)], 201],
  ['one that comes slower', [head, ...drip(100, 990, 1000)], 408],
  ['one that is slow for less than 30 s', [head, ...drip(2, 14_000, 10), Buffer.alloc(99_980)], 201],
]
for (const [what, arrivals, status] of timings) {
  t.test(`in time, or not: ${what}`, async (t) => {
    const { answers, fates, memory } = converse(arrivals, { tree })
    t.equal(answers.length, 1)
    t.equal(answers[0]?.status, status)
    t.strictSame(fates, [status === 408 ? 'close' : 'keep'])
    t.strictSame(memory.temporaries, {})
    t.equal('n' in memory.snapshot(), status === 201)
  })
}

t.test('a header section that ends with the connection', async (t) => {
  const { answers, fates, log } = converse([bytes('GET /a HTT'), 'end'], { tree })
  t.match(answers[0], { status: 400, body: /it ends within its header section/ })
  t.strictSame(fates, ['close'])
  t.match(log[0], / "-" 400 /)
})

t.test('a connection that breaks is not answered', async (t) => {
  for (const before of [[], [bytes('GET')], [head], [head, bytes('xxx')]]) {
    const { text, fates, memory } = converse([...before, { fails: 'ECONNRESET' }])
    t.equal(text, '')
    t.strictSame(fates, ['abort'])
    t.strictSame(memory.snapshot(), {})
    t.strictSame(memory.temporaries, {})
  }
})
