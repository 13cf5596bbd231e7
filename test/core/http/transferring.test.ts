/** `MOVE`, `COPY` and `OPTIONS`, and what no method may be used for. */
import t from 'tap'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, however, type Outcome } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'old', docs: { b: 'bb', deep: { c: 'c' } }, empty: {} }

function play(line: string, fields: Record<string, string> = {}): Outcome {
  return converse([Buffer.from(textOf(`${line} HTTP/1.1`, fields), 'latin1')], { tree })
}
const ask = (...args: Parameters<typeof play>) => play(...args).answers[0] as Answer
const code = (answer: Answer) => answer.body.split(': ')[0]

/** MOVE and COPY (RFC 4918, sections 9.8 and 9.9): what there is afterwards, and the answer. */
const future = 'Fri, 01 Jan 2100 00:00:00 GMT'
const here = { Host: 'Localhost:8080' }
const transfers: readonly (readonly [line: string, fields: Record<string, string>, status: number, after: object])[] = [
  ['MOVE /a', { Destination: '/n' }, 201, { a: undefined, n: 'old' }],
  ['COPY /a', { Destination: '/n' }, 201, { a: 'old', n: 'old' }],
  ['MOVE /a', { Destination: '/docs/%C3%BC' }, 201, { docs: { ü: 'old' } }],
  ['MOVE /docs', { Destination: '/empty/docs' }, 201, { docs: undefined, empty: { docs: { b: 'bb' } } }],
  ['COPY /docs/', { Destination: '/n/' }, 201, { docs: { b: 'bb' }, n: { deep: { c: 'c' } } }],
  ['MOVE /a', { Destination: 'http://localhost:8080/n', ...here }, 201, { n: 'old' }],
  ['MOVE /a', { Destination: 'HTTP://LOCALHOST:8080/n', ...here }, 201, { n: 'old' }],
  ['MOVE /a', { Destination: '/docs/b' }, 409, { a: 'old', docs: { b: 'bb' } }],
  ['MOVE /a', { Destination: '/docs/b', Overwrite: 'T' }, 204, { a: undefined, docs: { b: 'old' } }],
  ['COPY /a', { Destination: '/docs/b', Overwrite: 'T' }, 204, { a: 'old', docs: { b: 'old' } }],
  ['MOVE /a', { Destination: '/n', 'If-Match': '"other"' }, 412, { a: 'old' }],
  // They tell what is moved, and nothing of what it would replace.
  ['MOVE /a', { Destination: '/docs/b', 'If-Match': '*' }, 409, { a: 'old', docs: { b: 'bb' } }],
  ['COPY /a', { Destination: '/docs/b', 'If-Match': '*' }, 409, { a: 'old', docs: { b: 'bb' } }],
  ['MOVE /a', { Destination: '/docs/b', 'If-Unmodified-Since': future }, 409, { a: 'old', docs: { b: 'bb' } }],
  ['MOVE /a', { Destination: '/docs/b', 'If-Match': '*', Overwrite: 'T' }, 204, { a: undefined, docs: { b: 'old' } }],
  ['MOVE /docs', { Destination: '/docs/deep/x' }, 409, { docs: { b: 'bb' } }],
  ['MOVE /none', { Destination: '/n' }, 404, {}],
  ['MOVE /a', {}, 400, { a: 'old' }],
  ['MOVE /a', { Destination: 'n' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '/n?x' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '/n#x' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '/../n' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '/%ff' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: 'ftp://localhost/n' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: 'http://elsewhere.example/n' }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: 'http://localhost:81/n', ...here }, 400, { a: 'old' }],
  ['MOVE /a', { Destination: '/.twinserve' }, 403, { a: 'old' }],
]
t.test('MOVE and COPY', async (t) => {
  for (const [line, fields, status, after] of transfers) {
    const { answers, memory } = play(line, fields)
    const what = `${line} ${JSON.stringify(fields)}`
    t.equal(answers[0]?.status, status, what)
    t.match(memory.snapshot(), after, what)
  }
  t.match(ask('MOVE /a', { Destination: '/n' }), { body: 'Moved to /n.\n' })
  t.match(ask('COPY /a', { Destination: '/n' }), { body: 'Copied to /n.\n' })
  t.match(ask('MOVE /a', {}), { body: /^bad_parameter: .*MOVE needs a Destination field/ })
})

const allowed = 'GET, HEAD, PUT, POST, DELETE, MKCOL, MOVE, COPY, OPTIONS'

t.test('OPTIONS, and methods that are not for files', async (t) => {
  for (const target of ['/', '/a', '*', '/none']) {
    const options = ask(`OPTIONS ${target}`)
    t.match(options, { status: 204, body: '' })
    t.equal(options.fields.get('allow'), allowed)
    t.notOk(options.fields.has('content-length'), 'RFC 9110, section 8.6')
  }
  for (const method of ['PATCH', 'TRACE', 'PROPFIND', 'SEARCH']) {
    const refused = ask(`${method} /a`)
    t.equal(refused.status, 405, method)
    t.equal(refused.fields.get('allow'), allowed, 'RFC 9110, section 15.5.6')
  }
  t.match(ask('CONNECT localhost:80'), { status: 400, body: /^bad_target: / })
})

t.test('hosts that are not ours', async (t) => {
  for (const line of ['GET /a', 'PUT /n', 'OPTIONS *']) {
    const { answers, files } = play(line, { Host: 'evil.example' })
    t.match(answers[0], { status: 421 }, line)
    t.strictSame(files, [])
  }
  t.equal(ask('GET http://evil.example/a').status, 421, 'RFC 9112, section 3.2.2')
  t.equal(ask('GET http://localhost/a', { Host: 'evil.example' }).status, 200)
  t.equal(code(ask('GET /a#b')), 'bad_target')
})

however(t, 'a file stored, replaced, copied, moved and deleted', {
  tree,
  input:
    `${textOf('PUT /n HTTP/1.1', { 'Content-Length': '3' })}one` +
    `${textOf('PUT /n HTTP/1.1', { 'Transfer-Encoding': 'chunked', 'If-Match': '*' })}2\r\ntw\r\n1\r\no\r\n0\r\n\r\n` +
    textOf('COPY /n HTTP/1.1', { Destination: '/m' }) +
    textOf('MOVE /m HTTP/1.1', { Destination: '/docs/m' }) +
    textOf('DELETE /n HTTP/1.1'),
  check(t, { answers, memory, fates }) {
    t.strictSame(
      answers.map(({ status }) => status),
      [201, 204, 201, 201, 204],
    )
    t.match(memory.snapshot(), { n: undefined, docs: { m: 'two' } })
    t.equal(fates.length, 5)
  },
})
