/** Bodies: sized and chunked, waited for with `100 Continue`, unread, and ended early. */
import t from 'tap'
import { converse, however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const expecting = { Expect: '100-continue', 'Content-Length': '5' }
const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'
const bytes = (text: string) => Buffer.from(text, 'latin1')

t.test('Expect: 100-continue: told to go on when the body is read (RFC 9110, section 10.1.1)', async (t) => {
  const { text, fates, peer, memory } = converse([bytes(textOf('PUT /n HTTP/1.1', expecting)), bytes('hello')])
  t.ok(text.startsWith(`${goOn}HTTP/1.1 201 Created\r\n`))
  t.strictSame(fates, ['keep'])
  t.match(memory.snapshot(), { n: 'hello' })
  t.strictSame(
    peer.calls.map(({ name, patience }) => [name, patience]),
    [
      ['recv', 10_000],
      ['send', 30_000],
      ['recv', 30_000],
      ['send', 30_000],
    ],
  )
})

t.test('a chunked body is waited for in the same way', async (t) => {
  const head = textOf('PUT /n HTTP/1.1', { Expect: '100-Continue', 'Transfer-Encoding': 'chunked' })
  const { text, memory } = converse([bytes(head), bytes('5\r\nhello\r\n0\r\n\r\n')])
  t.ok(text.startsWith(`${goOn}HTTP/1.1 201 `))
  t.equal(text.split(goOn).length, 2, 'told once')
  t.match(memory.snapshot(), { n: 'hello' })
})

t.test('it is told once, however many pieces come', async (t) => {
  const { text } = converse([bytes(textOf('PUT /n HTTP/1.1', expecting)), bytes('he'), bytes('llo')])
  t.equal(text.split(goOn).length, 2)
})

t.test('refused before the body is read: not told to go on, and not kept', async (t) => {
  const refused = { ...expecting, 'If-Match': '"x"' }
  const { answers, text, fates, peer } = converse([bytes(textOf('PUT /n HTTP/1.1', refused)), bytes('hello')])
  t.notOk(text.includes('100 Continue'))
  t.equal(answers[0]?.status, 412)
  t.equal(answers[0]?.fields.get('connection'), 'close', 'nobody knows whether the body will come')
  t.strictSame(fates, ['close'])
  t.ok(peer.more, 'the body was not read')
})

/** Requests that wait for nothing, whatever they say. */
const needless: readonly (readonly [what: string, input: string])[] = [
  ['bytes of the body are here already', `${textOf('PUT /n HTTP/1.1', expecting)}h`],
  ['HTTP/1.0 cannot be told', textOf('PUT /n HTTP/1.0', expecting)],
]
for (const [what, input] of needless) {
  t.test(`not told to go on: ${what}`, async (t) => {
    const body = input.endsWith('h') ? 'ello' : 'hello'
    const { text, memory } = converse([bytes(input), bytes(body)])
    t.ok(text.startsWith('HTTP/1.1 201 '))
    t.match(memory.snapshot(), { n: 'hello' })
  })
}

however(t, 'without a body there is nothing to wait for', {
  input: textOf('PUT /n HTTP/1.1', { Expect: '100-continue', 'Content-Length': '0' }) + textOf('GET /n HTTP/1.1'),
  check(t, { text, answers, fates }) {
    t.notOk(text.includes('100 Continue'))
    t.strictSame(
      answers.map((answer) => answer.status),
      [201, 200],
    )
    t.strictSame(fates, ['keep', 'keep'])
  },
})

t.test('the peer is gone when it is told to go on', async (t) => {
  const { text, fates, memory } = converse([bytes(textOf('PUT /n HTTP/1.1', expecting))], {
    prepare: ({ peer }) => peer.sendFails.set(0, 'EPIPE'),
  })
  t.equal(text, '')
  t.strictSame(fates, ['abort'])
  t.strictSame(memory.snapshot(), {})
})

however(t, 'an expectation that is not understood', {
  input: textOf('PUT /n HTTP/1.1', { Expect: 'wonders', 'Content-Length': '5' }),
  afterwards: ['end'],
  check(t, { answers, fates, files }) {
    t.match(answers[0], { status: 417, body: /^expectation_failed: / })
    t.strictSame(fates, ['close'])
    t.strictSame(files, [])
  },
})

/** Framings of a body that is stored as it came. */
const big = 'x'.repeat(150_000)
const stored: readonly (readonly [
  what: string,
  fields: Readonly<Record<string, string>>,
  body: string,
  content: string,
])[] = [
  ['sized', { 'Content-Length': '5' }, 'hello', 'hello'],
  ['sized, and empty', { 'Content-Length': '0' }, '', ''],
  ['chunked', { 'Transfer-Encoding': 'chunked' }, '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', 'hello'],
  ['chunked, and empty', { 'Transfer-Encoding': 'chunked' }, '0\r\n\r\n', ''],
  ['chunked in capitals', { 'Transfer-Encoding': 'CHUNKED' }, 'A\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
  [
    'with white space behind the values',
    { 'Transfer-Encoding': 'chunked ', Host: 'localhost ' },
    '1\r\nx\r\n0\r\n\r\n',
    'x',
  ],
  ['sized, with white space behind it', { 'Content-Length': '1 ' }, 'x', 'x'],
  ['with extensions', { 'Transfer-Encoding': 'chunked' }, '5;a=b;c="d"\r\nhello\r\n0\r\n\r\n', 'hello'],
  [
    'with trailers, which count for nothing',
    { 'Transfer-Encoding': 'chunked' },
    '5\r\nhello\r\n0\r\nETag: "x"\r\nX: y\r\n\r\n',
    'hello',
  ],
]
for (const [what, fields, body, content] of stored) {
  however(t, `stored: ${what}`, {
    input: textOf('PUT /n HTTP/1.1', fields) + body + textOf('GET /n HTTP/1.1'),
    check(t, { answers, fates }) {
      t.equal(answers[0]?.status, 201)
      t.match(answers[1], { status: 200, body: content })
      t.strictSame(fates, ['keep', 'keep'])
    },
  })
}

t.test('bodies larger than any buffer', async (t) => {
  const chunk = `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`
  const framings: readonly (readonly [Record<string, string>, string])[] = [
    [{ 'Content-Length': `${big.length}` }, big],
    [{ 'Transfer-Encoding': 'chunked' }, chunk],
  ]
  for (const [fields, body] of framings) {
    const { answers, memory } = converse([bytes(textOf('PUT /n HTTP/1.1', fields) + body)])
    t.equal(answers[0]?.status, 201)
    t.equal(memory.node('/n').content.toString(), big)
  }
})

/** A body that ends before it should leaves nothing, and is answered while that is still possible. */
const early: readonly (readonly [what: string, input: string])[] = [
  ['sized', `${textOf('PUT /n HTTP/1.1', { 'Content-Length': '5' })}hel`],
  ['sized, before its first byte', textOf('PUT /n HTTP/1.1', { 'Content-Length': '5' })],
  ['chunked', `${textOf('PUT /n HTTP/1.1', { 'Transfer-Encoding': 'chunked' })}5\r\nhel`],
  ['chunked, before its last chunk', `${textOf('PUT /n HTTP/1.1', { 'Transfer-Encoding': 'chunked' })}5\r\nhello\r\n`],
]
for (const [what, input] of early) {
  however(t, `ended early: ${what}`, {
    input,
    // As chunks or as a length: the peer ends its side instead of sending the rest.
    afterwards: ['end'],
    check(t, { answers, fates, memory }) {
      t.match(answers[0], { status: 400, body: /^body_incomplete: / })
      t.equal(answers[0]?.fields.get('connection'), 'close')
      t.strictSame(fates, ['close'])
      t.strictSame(memory.snapshot(), {})
      t.strictSame(memory.temporaries, {})
    },
  })
}

t.test('PUT without any length is refused (RFC 9110, section 15.5.12)', async (t) => {
  const { answers, fates } = converse([bytes(textOf('PUT /n HTTP/1.1'))])
  t.match(answers[0], { status: 411, body: /^length_required: / })
  t.strictSame(fates, ['keep'])
})
