/** `PUT`, `DELETE` and `MKCOL`. */
import t from 'tap'
import { Quota } from '../../../src/core/files/quota.ts'
import { accountsFor, reading } from '../../fixtures/access.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'old', docs: { b: 'bb', deep: { c: 'c' } }, empty: {} }

function play(line: string, fields: Record<string, string> = {}, body = '', scene: Scene = {}): Outcome {
  const length: Record<string, string> =
    body === '' && !line.startsWith('PUT') ? {} : { 'Content-Length': `${body.length}` }
  const input = textOf(`${line} HTTP/1.1`, { ...length, ...fields }) + body
  return converse([Buffer.from(input, 'latin1')], { tree, ...scene })
}
const ask = (...args: Parameters<typeof play>) => play(...args).answers[0] as Answer
const past = 'Mon, 13 Nov 2023 00:00:00 GMT'
const future = 'Fri, 20 Nov 2026 00:00:00 GMT'

t.test('PUT of a new file', async (t) => {
  const { answers, memory, fates } = play('PUT /docs/%C3%BC', {}, 'new')
  t.match(answers[0], { status: 201, body: 'Stored /docs/\xc3\xbc.\n' })
  t.equal(answers[0]?.fields.get('location'), '/docs/%C3%BC')
  t.match(memory.snapshot(), { docs: { ü: 'new' } })
  t.strictSame(memory.temporaries, {})
  t.strictSame(fates, ['keep'])
  const etag = answers[0]?.fields.get('etag') as string
  const again = textOf('PUT /n HTTP/1.1', { 'Content-Length': '3' })
  const read = converse([Buffer.from(`${again}new${textOf('GET /n HTTP/1.1')}`)]).answers
  t.equal(read[1]?.fields.get('etag'), read[0]?.fields.get('etag'), 'the entity tag is that of what was stored')
  t.match(etag, /^"3-/)
})

t.test('PUT, in the form that the client reads', async (t) => {
  t.strictSame(JSON.parse(ask('PUT /n', { Accept: 'application/json' }, 'x').body), {
    path: '/n',
    message: 'Stored /n.',
  })
  t.match(ask('PUT /n', { Accept: 'text/html' }, 'x').body, /href="\/n"/)
})

t.test('PUT with the time that the file has elsewhere', async (t) => {
  const { answers, memory } = play('PUT /n', { 'X-OC-Mtime': '1234567890.5' }, 'x')
  t.match(answers[0], { status: 201 })
  t.equal(answers[0]?.fields.get('x-oc-mtime'), 'accepted')
  t.equal(memory.node('n').mtimeNs, 1_234_567_890_500_000_000n)
  t.match(ask('PUT /n', { 'X-OC-Mtime': 'yesterday' }, 'x'), { status: 400, body: /^bad_parameter: .*X-OC-Mtime/ })
  t.notOk(ask('PUT /n', {}, 'x').fields.has('x-oc-mtime'))
})

t.test('PUT of more than may be stored', async (t) => {
  t.match(ask('PUT /n', {}, '1234', { site: { maxUpload: 3 } }), { status: 413, body: /^too_large: .*at most 3 bytes/ })
  t.match(ask('PUT /n', {}, '1234', { site: { quota: new Quota(3) } }), { status: 507, body: /^quota_exceeded: / })
})

/** Over a file that exists: only when the request says so, and only what it knows. */
const over: readonly (readonly [line: string, fields: Record<string, string>, status: number])[] = [
  ['PUT /a', {}, 409],
  ['PUT /a?overwrite', {}, 204],
  ['PUT /a', { Overwrite: 'T' }, 204],
  ['PUT /a', { Overwrite: 't' }, 204],
  ['PUT /a', { Overwrite: 'F' }, 409],
  ['PUT /a', { 'If-Match': '*' }, 204],
  ['PUT /a', { 'If-Match': '"other"' }, 412],
  ['PUT /a', { 'If-Unmodified-Since': future }, 204],
  ['PUT /a', { 'If-Unmodified-Since': past }, 412],
  ['PUT /a', { 'If-None-Match': '*' }, 412],
  ['PUT /a?overwrite', { 'If-None-Match': '*' }, 412],
  ['PUT /n', { 'If-None-Match': '*' }, 201],
  ['PUT /n', { 'If-Match': '*' }, 412],
  ['PUT /docs', {}, 409],
  ['PUT /docs/?overwrite', {}, 409],
  ['PUT /', {}, 409],
  ['PUT /none/n', {}, 409],
  ['PUT /.twinserve-x', {}, 403],
  ['PUT /.twinserve/x', {}, 403],
]
t.test('PUT over what exists', async (t) => {
  for (const [line, fields, status] of over) {
    const { answers, memory } = play(line, fields, 'new')
    const what = `${line} ${JSON.stringify(fields)}`
    t.equal(answers[0]?.status, status, what)
    t.equal(memory.snapshot().a, status === 204 ? 'new' : 'old', what)
    if (status === 204) t.match(answers[0]?.fields.get('etag'), /^"3-/)
  }
})

t.test('PUT that must not be', async (t) => {
  const part = ask('PUT /a?overwrite', { 'Content-Range': 'bytes 0-2/9' }, 'new')
  t.match(part, { status: 400, body: /^bad_parameter: / }, 'RFC 9110, section 14.5')
  for (const line of ['PUT /n', 'DELETE /a', 'MKCOL /n', 'MOVE /a', 'COPY /a', 'POST /']) {
    const fields = { Destination: '/n', 'Content-Type': 'multipart/form-data; boundary=x' }
    const { answers, memory } = play(line, fields, line.startsWith('P') ? 'x' : '', {
      site: { accounts: accountsFor(reading) },
    })
    t.match(answers[0], { status: 403, body: /^read_only: / }, `${line}, read-only`)
    t.strictSame(memory.snapshot(), tree)
    const foreign = play(line, { ...fields, 'Sec-Fetch-Site': 'cross-site' }, line.startsWith('P') ? 'x' : '')
    t.match(foreign.answers[0], { status: 403, body: /^cross_origin: / }, `${line}, from elsewhere`)
    t.strictSame(foreign.files, [])
  }
})

t.test('storing fails: nothing is kept, and nothing left', async (t) => {
  const failures = [
    ['write', 'ENOSPC', 507],
    ['fsync', 'EIO', 500],
    ['link', 'EACCES', 403],
  ] as const
  for (const [name, errno, status] of failures) {
    const prepare: Scene['prepare'] = ({ memory }) => memory.failOn(name, 1, errno)
    const { answers, memory } = play('PUT /n', {}, 'new', { prepare })
    t.equal(answers[0]?.status, status, errno)
    t.strictSame(memory.snapshot(), tree)
    t.strictSame(memory.temporaries, {})
  }
})

t.test('DELETE', async (t) => {
  const gone = play('DELETE /a')
  t.match(gone.answers[0], { status: 204, body: '' })
  t.notOk('a' in gone.memory.snapshot())
  t.equal(ask('DELETE /empty/').status, 204)
  t.match(ask('DELETE /docs'), { status: 409, body: /^not_empty: / })
  const all = play('DELETE /docs?recursive')
  t.equal(all.answers[0]?.status, 204)
  t.notOk('docs' in all.memory.snapshot())
  t.equal(ask('DELETE /none').status, 404)
  t.equal(ask('DELETE /').status, 403)
  t.equal(ask('DELETE /a', { 'If-Match': '"other"' }).status, 412)
  t.equal(ask('DELETE /a', { 'If-Match': '*' }).status, 204)
})

t.test('MKCOL (RFC 4918, section 9.3)', async (t) => {
  for (const target of ['/docs/new', '/docs/new/']) {
    const { answers, memory } = play(`MKCOL ${target}`)
    t.match(answers[0], { status: 201, body: 'Created /docs/new.\n' })
    t.equal(answers[0]?.fields.get('location'), '/docs/new/')
    t.match(memory.snapshot(), { docs: { new: {} } })
  }
  t.match(ask('MKCOL /docs'), { status: 409, body: /^exists: / })
  t.match(ask('MKCOL /'), { status: 409, body: /^exists: / })
  t.match(ask('MKCOL /none/new'), { status: 409, body: /^no_parent: / })
  t.match(ask('MKCOL /new', {}, '<xml/>'), { status: 415, body: /^unsupported_media: / })
})
