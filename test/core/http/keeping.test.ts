/** Connections that are kept, and those that are not (RFC 9112, section 9). */
import t from 'tap'
import { converse, however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'aaa', b: 'bbbb', docs: { c: 'c' } }
const get = (path: string, fields: Readonly<Record<string, string>> = {}) => textOf(`GET ${path} HTTP/1.1`, fields)

however(t, 'one request', {
  tree,
  input: get('/a'),
  check(t, { answers, fates, log, peer, site }) {
    t.equal(answers.length, 1)
    t.match(answers[0], { status: 200, reason: 'OK', body: 'aaa', chunks: undefined })
    t.notOk(answers[0]?.fields.has('connection'), 'HTTP/1.1 keeps unless it says otherwise')
    t.strictSame(fates, ['keep'])
    t.strictSame(log, ['192.0.2.1 - - [21/Nov/2026:02:41:00 +0000] "GET /a HTTP/1.1" 200 3'])
    t.strictSame(
      peer.calls.map(({ name, patience }) => [name, patience]),
      [
        ['recv', site.limits.headerTime],
        ['send', site.limits.sendStall],
      ],
      'one recv, and one send for all of it',
    )
  },
})

however(t, 'two requests in one packet', {
  tree,
  input: get('/a') + get('/b'),
  check(t, { answers, fates, peer }) {
    t.strictSame(
      answers.map((answer) => answer.body),
      ['aaa', 'bbbb'],
    )
    t.strictSame(fates, ['keep', 'keep'])
    t.equal(peer.calls.filter(({ name }) => name === 'recv').length, 1, 'nothing more is waited for')
  },
})

however(t, 'three in one packet, behind bodies of both framings', {
  tree,
  input:
    `${textOf('PUT /n1 HTTP/1.1', { 'Content-Length': '5' })}hello` +
    `${textOf('PUT /n2 HTTP/1.1', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n` +
    get('/n2'),
  check(t, { answers, fates, memory }) {
    t.strictSame(
      answers.map((answer) => answer.status),
      [201, 201, 200],
    )
    t.equal(answers[2]?.body, 'abcde')
    t.match(memory.snapshot(), { n1: 'hello', n2: 'abcde' })
    t.strictSame(fates, ['keep', 'keep', 'keep'])
  },
})

however(t, 'behind bodies that nobody reads', {
  tree,
  input:
    `${textOf('GET /a HTTP/1.1', { 'Content-Length': '5' })}hello` +
    `${textOf('DELETE /none HTTP/1.1', { 'Transfer-Encoding': 'chunked' })}3\r\nabc\r\n0\r\n\r\n${get('/b')}`,
  check(t, { answers, fates }) {
    t.strictSame(
      answers.map((answer) => answer.status),
      [200, 404, 200],
    )
    t.strictSame(fates, ['keep', 'keep', 'keep'])
  },
})

however(t, 'behind an answer that is chunked, and behind HEAD', {
  tree,
  methods: ['HEAD', 'GET', 'HEAD', 'GET'],
  input: textOf('HEAD /a HTTP/1.1') + get('/docs/?json') + textOf('HEAD /docs/ HTTP/1.1') + get('/b'),
  check(t, { answers, fates }) {
    t.match(answers[0], { status: 200, body: '' })
    t.equal(answers[0]?.fields.get('content-length'), '3', 'as GET would say (RFC 9110, section 8.6)')
    t.equal(JSON.parse(answers[1]?.body ?? '').entries[0].name, 'c')
    t.equal(answers[2]?.fields.get('transfer-encoding'), 'chunked')
    t.equal(answers[3]?.body, 'bbbb')
    t.strictSame(fates, ['keep', 'keep', 'keep', 'keep'])
  },
})

however(t, 'empty lines before a request are skipped (RFC 9112, section 2.2)', {
  tree,
  input: `\r\n${get('/a')}\r\n\r\n${get('/b')}`,
  check(t, { answers }) {
    t.strictSame(
      answers.map((answer) => answer.body),
      ['aaa', 'bbbb'],
    )
  },
})

/** RFC 9112, section 9.3: who wants the connection kept, and what the answer says. */
const persistence: readonly (readonly [
  what: string,
  request: string,
  fate: 'keep' | 'close',
  says: string | undefined,
])[] = [
  ['HTTP/1.1', get('/a'), 'keep', undefined],
  ['HTTP/1.1 with close', get('/a', { Connection: 'close' }), 'close', 'close'],
  ['HTTP/1.1 with close among others', get('/a', { Connection: 'foo, Close' }), 'close', 'close'],
  ['HTTP/1.1 with close and white space behind it', get('/a', { Connection: 'close ' }), 'close', 'close'],
  ['HTTP/1.0', textOf('GET /a HTTP/1.0'), 'close', 'close'],
  ['HTTP/1.0 with keep-alive', textOf('GET /a HTTP/1.0', { Connection: 'Keep-Alive' }), 'keep', 'keep-alive'],
  ['HTTP/1.0 without Host', 'GET /a HTTP/1.0\r\n\r\n', 'close', 'close'],
  ['an upgrade that is not taken', get('/a', { Connection: 'upgrade', Upgrade: 'h2c' }), 'keep', undefined],
]

for (const [what, input, fate, says] of persistence) {
  however(t, what, {
    tree,
    input: input + get('/b'),
    check(t, { answers, fates }) {
      t.equal(answers[0]?.body, 'aaa')
      t.equal(answers[0]?.fields.get('connection'), says)
      t.strictSame(fates, fate === 'keep' ? ['keep', 'keep'] : ['close'], 'nothing behind a close is answered')
    },
  })
}

however(t, 'an upgrade asked for with a chunked body', {
  tree,
  input: `${textOf('PUT /n HTTP/1.1', { Connection: 'upgrade', Upgrade: 'h2c', 'Transfer-Encoding': 'chunked' })}1\r\nx\r\n0\r\n\r\n${get('/a')}`,
  check(t, { answers }) {
    t.strictSame(
      answers.map((answer) => answer.status),
      [201, 200],
    )
  },
})

however(t, 'HTTP/1.0 has no chunks: the end of the connection ends a stream', {
  tree,
  input: textOf('GET /docs/?json HTTP/1.0', { Connection: 'keep-alive' }),
  check(t, { answers, fates }) {
    t.equal(answers[0]?.fields.has('transfer-encoding'), false)
    t.equal(answers[0]?.fields.has('content-length'), false)
    t.equal(answers[0]?.fields.get('connection'), 'close')
    t.equal(JSON.parse(answers[0]?.body ?? '').path, '/docs')
    t.strictSame(fates, ['close'])
  },
})

however(t, 'the last request that a connection may carry', {
  tree,
  limits: { requestsPerConnection: 2 },
  input: get('/a') + get('/b') + get('/a'),
  check(t, { answers, fates }) {
    t.strictSame(
      answers.map((answer) => answer.fields.get('connection')),
      [undefined, 'close'],
    )
    t.strictSame(fates, ['keep', 'close'])
  },
})

however(t, 'a server that is stopping', {
  tree,
  site: { draining: true },
  input: get('/a') + get('/b'),
  check(t, { answers, fates }) {
    t.equal(answers[0]?.fields.get('connection'), 'close')
    t.strictSame(fates, ['close'])
  },
})

t.test('a peer that ends instead of sending a request is not answered, and not logged', async (t) => {
  const { text, fates, log } = converse(['end'])
  t.equal(text, '')
  t.strictSame(fates, ['abort'])
  t.strictSame(log, [])
})

t.test('what came with the last request is kept as a copy', async (t) => {
  const { connection, fates } = converse([Buffer.from(`${get('/a')}GET`)], {
    tree,
    prepare: ({ connection }) => t.equal(connection.buffered, false),
  })
  // The engine sees that there is more, and turns to it at once; then nothing comes.
  t.strictSame(fates, ['keep', 'close'])
  t.equal(connection.buffered, false)
})
