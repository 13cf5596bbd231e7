/** Bodies that say what their digest is (RFC 9530, sections 2 and 3): stored when it is, and otherwise not at all. */
import fc from 'fast-check'
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { type Algorithm, formatDigest, newHash } from '../../../src/core/http/digests.ts'
import { checked } from '../../../src/core/http/integrity.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { bytewise, converse, however, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { getWith, textOf } from '../../fixtures/request.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'

const of = (text: string, algorithm: Algorithm = 'sha-256') => formatDigest(algorithm, newHash(algorithm).update(text))
const hello = '{"hello": "world"}\n'
const [sha256, sha512, other] = [of(hello), of(hello, 'sha-512'), of('other')]
const tree = { old: 'old' }

function put(target: string, fields: Record<string, string>, body = hello, scene: Scene = {}): Outcome {
  const head = textOf(`PUT ${target} HTTP/1.1`, { 'Content-Length': `${body.length}`, ...fields })
  return converse([Buffer.from(head + body, 'latin1')], { tree, ...scene })
}

/** Bodies and what is said of them: the status, and what the refusal says. */
const bodies: readonly (readonly [fields: Record<string, string>, status: number, says?: string])[] = [
  [{ 'Content-Digest': sha256 }, 201],
  [{ 'Repr-Digest': sha256 }, 201],
  [{ 'Repr-Digest': sha512, 'Content-Digest': sha256 }, 201],
  [{ 'Repr-Digest': `${sha512}, ${sha256}` }, 201],
  [{ 'Content-Digest': 'md5=:AAAA:' }, 201],
  [{ 'Content-Digest': `md5=:AAAA:, ${sha256}` }, 201],
  [{ 'Content-Digest': '' }, 201],
  [{ 'Content-Encoding': 'gzip', 'Repr-Digest': sha256 }, 201],
  [{ 'Content-Digest': other }, 400, 'digest_mismatch: The body does not match its Content-Digest (sha-256).'],
  [{ 'Repr-Digest': other }, 400, 'digest_mismatch: The body does not match its Repr-Digest (sha-256).'],
  [{ 'Content-Digest': sha256, 'Repr-Digest': other }, 400, 'its Repr-Digest (sha-256)'],
  [{ 'Content-Digest': `${sha256}, ${of('x', 'sha-512')}` }, 400, 'its Content-Digest (sha-512)'],
  [{ 'Content-Digest': `md5=:AAAA:, ${other}` }, 400, 'digest_mismatch'],
  [{ 'Content-Digest': 'sha-256' }, 400, 'bad_parameter: The request cannot be understood: Content-Digest must be '],
  [{ 'Repr-Digest': 'sha-256=:AAAA:' }, 400, 'bad_parameter: The request cannot be understood: Repr-Digest must be '],
  [{ 'Content-Digest': sha256, 'Repr-Digest': 'nonsense' }, 400, 'bad_parameter'],
]
t.test('a body is what it says that it is, or is not stored', async (t) => {
  for (const [digests, status, says = ''] of bodies) {
    for (const target of ['/new', '/old?overwrite']) {
      const { answers, memory, fates } = put(target, digests)
      const what = `${target} ${JSON.stringify(digests)}`
      const name = target === '/new' ? 'new' : 'old'
      t.equal(answers[0]?.status, status === 201 && name === 'old' ? 204 : status, what)
      t.ok(answers[0]?.body.includes(says), `${what}: ${says}`)
      t.strictSame(memory.snapshot(), status === 201 ? { ...tree, [name]: hello } : tree, what)
      t.strictSame(memory.temporaries, {}, what)
      t.strictSame(fates, ['keep'], what)
    }
  }
})

t.test('what cannot be read is refused before the body is, and what is refused anyway is not hashed', async (t) => {
  const { files } = put('/new', { 'Content-Digest': 'x' })
  t.strictSame(files, [])
  const awaited = textOf('PUT /new HTTP/1.1', { 'Content-Length': '5', Expect: '100-continue', 'Repr-Digest': 'x' })
  const { text, peer } = converse([Buffer.from(awaited), Buffer.from('hello')])
  t.match(text, /^HTTP\/1\.1 400 /)
  t.ok(peer.more, 'the body was not asked for')
  t.match(put('/old', { 'Content-Digest': other }).answers[0], { status: 409 })
})

t.test('an empty body', async (t) => {
  t.equal(put('/new', { 'Content-Digest': of('') }, '').answers[0]?.status, 201)
  t.match(put('/new', { 'Content-Digest': other }, '').answers[0], { status: 400, body: /^digest_mismatch: / })
})

t.test('a body that breaks off is told as that', async (t) => {
  const head = textOf('PUT /new HTTP/1.1', { 'Content-Length': '50', 'Content-Digest': other })
  const { answers, memory } = converse([Buffer.from(`${head}half`), 'end'], { tree })
  t.match(answers[0], { status: 400, body: /^body_incomplete: / })
  t.strictSame(memory.temporaries, {})
})

const chunks = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`
const chunked = (fields: Record<string, string>) =>
  textOf('PUT /old?overwrite HTTP/1.1', { 'Transfer-Encoding': 'chunked', ...fields }) + chunks(hello)

however(t, 'chunked bodies, right and wrong', {
  tree,
  input:
    chunked({ 'Content-Digest': other }) +
    textOf('GET /old HTTP/1.1') +
    chunked({ 'Content-Digest': `${sha256}, ${sha512}` }) +
    textOf('GET /old HTTP/1.1', { 'Want-Repr-Digest': 'sha-512=1' }),
  check(t, { answers, memory }) {
    t.strictSame(
      answers.map(({ status }) => status),
      [400, 200, 204, 200],
    )
    t.equal(answers[1]?.body, 'old')
    t.match(answers[3], { body: hello })
    t.equal(answers[3]?.fields.get('repr-digest'), sha512)
    t.strictSame(memory.temporaries, {})
  },
})

t.test('one bit is enough', async (t) => {
  const changed = fc.uint8Array({ minLength: 1, maxLength: 200 }).chain((bytes) =>
    fc.record({
      bytes: fc.constant(bytes),
      bit: fc.nat(bytes.length * 8 - 1),
      algorithm: fc.constantFrom<Algorithm>('sha-256', 'sha-512'),
      field: fc.constantFrom('Content-Digest', 'Repr-Digest'),
    }),
  )
  fc.assert(
    fc.property(changed, ({ bytes, bit, algorithm, field }) => {
      const digest = formatDigest(algorithm, newHash(algorithm).update(bytes))
      const head = textOf('PUT /new HTTP/1.1', { 'Content-Length': `${bytes.length}`, [field]: digest })
      const sent = (body: Uint8Array) => converse([Buffer.from(head), ...bytewise(body)]).answers[0]?.status
      const wrong = Uint8Array.from(bytes)
      wrong[bit >> 3] = (wrong[bit >> 3] as number) ^ (1 << (bit & 7))
      return sent(bytes) === 201 && sent(wrong) === 400
    }),
    { numRuns: 50 },
  )
  t.pass()
})

t.test('whatever fails: the old file or the new one, and never what does not match', async (t) => {
  const files = () => new MemoryFiles().tree(tree)
  const storing = (digest: string) => (site: Parameters<typeof store>[0]) =>
    store(site, site.accounts.everybody, {
      path: pathFromText('/old'),
      source: checked(getWith({ 'Content-Digest': digest }, 'PUT'), sourceOf(hello.slice(0, 5), hello.slice(5))),
      replace: true,
    })
  failEachCall(t, { files, program: storing(sha256), after: { old: hello } })
  const clean = files()
  t.throws(() => run(storing(other)(siteOn(clean)), clean), { code: 'digest_mismatch' })
  for (const [index, line] of clean.log.entries()) {
    const memory = files().failOn('*', index + 1, 'EIO')
    t.throws(() => run(storing(other)(siteOn(memory)), memory), line)
    t.strictSame(memory.snapshot(), tree, line)
    t.equal(memory.openCount, 0, line)
    t.strictSame(memory.mistakes, [], line)
    if (!line.startsWith('unlink ')) t.strictSame(memory.temporaries, {}, line)
  }
})

t.test('a form has no digests: they are about the whole body, whose parts are stored', async (t) => {
  const body = '--x\r\nContent-Disposition: form-data; name="f"; filename="new"\r\n\r\n1\r\n--x--\r\n'
  const type = { 'Content-Type': 'multipart/form-data; boundary=x', 'Content-Digest': other }
  const head = textOf('POST / HTTP/1.1', { 'Content-Length': `${body.length}`, ...type })
  t.equal(converse([Buffer.from(head + body)]).answers[0]?.status, 201)
})
