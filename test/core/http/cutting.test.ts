/** An answer that fails in its middle cuts the connection; what it held is given back in every case. */
import t from 'tap'
import { converse, type Scene } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const get = (path: string) => bytes(textOf(`GET ${path} HTTP/1.1`))
const big = 'x'.repeat(300_000)
const many = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`a file with a long name, number ${i}`, '']))
const tree = { big, many, small: 'yyy' }

/** What goes wrong, and whether the peer has a part of the answer by then. */
const middles: readonly (readonly [
  what: string,
  path: string,
  prepare: NonNullable<Scene['prepare']>,
  begun: boolean,
])[] = [
  ['the peer does not take the answer', '/big', ({ peer }) => peer.sendFails.set(0, 'ETIMEDOUT'), false],
  ['the peer is gone', '/big', ({ peer }) => peer.sendFails.set(0, 'EPIPE'), false],
  ['the peer goes behind the header section', '/big', ({ peer }) => peer.sendFails.set(1, 'ECONNRESET'), true],
  ['the file cannot be read any more', '/big', ({ memory }) => memory.failOn('read', 1, 'EIO'), true],
  [
    'the file becomes shorter',
    '/big',
    ({ memory }) => memory.before('read', 1, (files) => files.rewrite('big', 'x')),
    true,
  ],
  ['the peer does not take a chunk', '/many/', ({ peer }) => peer.sendFails.set(1, 'ETIMEDOUT'), true],
]
for (const [what, path, prepare, begun] of middles) {
  t.test(`cut: ${what}`, async (t) => {
    const { fates, text, memory, log } = converse([get(path), get('/small')], { tree, prepare })
    t.strictSame(fates, ['abort'])
    t.equal(text.startsWith('HTTP/1.1 200 OK\r\n'), begun)
    t.equal(text.split('HTTP/1.1 ').length, begun ? 2 : 1, 'no second answer in the middle of one')
    t.equal(memory.openCount, 0, 'the file is closed')
    t.equal(log.length, 1)
    t.match(log[0], / 200 \d+$/, 'and the log says what was begun')
  })
}

/** What fails before anything was sent is answered after all, by another answer, on the same connection. */
const before: readonly (readonly [
  what: string,
  prepare: NonNullable<Scene['prepare']>,
  status: number,
  code: string,
])[] = [
  ['a small file cannot be read', ({ memory }) => memory.failOn('read', 1, 'EIO'), 500, 'failed'],
  [
    'a small file becomes shorter',
    ({ memory }) => memory.before('read', 1, (files) => files.rewrite('small', 'y')),
    409,
    'changed',
  ],
]
for (const [what, prepare, status, code] of before) {
  t.test(`answered: ${what}`, async (t) => {
    const { fates, answers, log, memory } = converse([get('/small'), get('/small')], { tree, prepare })
    t.equal(answers[0]?.status, status)
    t.equal(answers[0]?.body.split(': ')[0], code)
    t.equal(answers[1]?.status, 200)
    t.strictSame(fates, ['keep', 'keep'])
    t.equal(log.length, 2, 'no mistake of the program')
    t.equal(memory.openCount, 0)
  })
}

t.test('a small file that is read in pieces', async (t) => {
  const { answers } = converse([get('/small')], {
    tree,
    prepare: ({ memory }) => {
      memory.mostRead = 1
    },
  })
  t.equal(answers[0]?.body, 'yyy')
})

t.test('a mistake of the program: noted, not shown, and the connection survives', async (t) => {
  const { fates, answers, log } = converse([get('/small'), get('/small')], {
    tree,
    prepare: ({ memory }) =>
      memory.before('fstat', 1, () => {
        throw new TypeError('a secret\n of the program')
      }),
  })
  t.match(answers[0], { status: 500, body: /^internal: / })
  t.notMatch(answers[0]?.body, /secret/)
  t.match(log[0], /^twinserve: mistake: TypeError: a secret \| of the program \| at /)
  t.equal(answers[1]?.body, 'yyy')
  t.strictSame(fates, ['keep', 'keep'])
})

t.test('a refusal that cannot be sent either', async (t) => {
  const { fates, text } = converse([get('/none')], { prepare: ({ peer }) => peer.sendFails.set(0, 'EPIPE') })
  t.strictSame(fates, ['abort'])
  t.equal(text, '')
})

t.test('an answer whose header section is longer than the buffer for it', async (t) => {
  // The address to go to has three characters for each one of the query.
  const redirected = (length: number) => converse([get(`/d?${'!'.repeat(length)}`)], { tree: { d: {} } })
  t.equal(redirected(20_000).answers[0]?.fields.get('location')?.length, '/d/?='.length + 60_000)
  const { answers, fates, log } = redirected(30_000)
  t.match(answers[0], { status: 414, body: /^target_too_long: / })
  t.match(log[0], / 414 /)
  t.strictSame(fates, ['keep'])
})
