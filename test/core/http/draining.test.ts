/** What is left of a body is read if that is cheaper than a new connection (RFC 9112, section 9.6), and else given up. */
import t from 'tap'
import { converse, however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const tree = { a: 'aaa' }
const limits = { drainBytes: 10 }
const sized = (length: number) => textOf('GET /a HTTP/1.1', { 'Content-Length': `${length}` })
const chunked = textOf('GET /a HTTP/1.1', { 'Transfer-Encoding': 'chunked' })
const next = textOf('GET /a HTTP/1.1')

however(t, 'as long as the limit: read, and the connection kept', {
  tree,
  limits,
  input: `${sized(10)}0123456789${next}`,
  check: (t, { fates, answers }) => {
    t.strictSame(fates, ['keep', 'keep'])
    t.equal(answers.length, 2)
  },
})

however(t, 'a byte longer: not read at all, and said so', {
  tree,
  limits,
  input: `${sized(11)}01234567890${next}`,
  check: (t, { fates, answers }) => {
    t.strictSame(fates, ['close'])
    t.equal(answers.length, 1)
    t.equal(answers[0]?.fields.get('connection'), 'close')
  },
})

t.test('chunks, whose length is not known before, are read up to the limit', async (t) => {
  const chunk = (text: string) => bytes(`${text.length.toString(16)}\r\n${text}\r\n`)
  const some = [bytes(chunked), chunk('01234'), chunk('56789')]
  t.strictSame(converse([...some, bytes(`0\r\n\r\n${next}`)], { tree, limits }).fates, ['keep', 'keep'])
  const { fates, peer } = converse([...some, chunk('x'), bytes(`0\r\n\r\n${next}`)], { tree, limits })
  t.strictSame(fates, ['close'])
  t.ok(peer.more, 'the rest was not read')
})

/** The answer is out: it is kept from nobody, and what follows depends on how the rest of the body fails. */
const failures = [
  ['the peer says nothing more', [], 'close'],
  ['the peer ends its side', ['end'], 'close'],
  ['the connection breaks', [{ fails: 'ECONNRESET' }], 'abort'],
] as const
for (const [what, then, fate] of failures) {
  t.test(`while it is read, ${what}`, async (t) => {
    const { answers, fates } = converse([bytes(`${sized(10)}01234`), ...then], { tree, limits })
    t.equal(answers[0]?.body, 'aaa')
    t.strictSame(fates, [fate])
  })
}

t.test('a client that still waits to be told to go on is not waited for', async (t) => {
  const head = textOf('GET /a HTTP/1.1', { 'Content-Length': '5', Expect: '100-continue' })
  const { answers, fates, text } = converse([bytes(head)], { tree })
  t.notOk(text.includes('100 Continue'))
  t.equal(answers[0]?.fields.get('connection'), 'close')
  t.strictSame(fates, ['close'])
})

t.test('it is waited for no longer than an ended connection is', async (t) => {
  const { peer } = converse([bytes(`${sized(10)}01234`), bytes('56789')], {
    tree,
    limits: { ...limits, lingerTime: 123, bodyStall: 4567 },
  })
  t.strictSame(peer.calls.filter(({ name }) => name === 'recv').at(-1), { name: 'recv', patience: 123, bytes: 5 })
})
