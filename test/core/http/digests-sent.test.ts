/** Files with the digests that the client wants (RFC 9530, section 4). */
import t from 'tap'
import { largeSize } from '../../../src/core/buffers.ts'
import { type Algorithm, formatDigest, newHash } from '../../../src/core/http/digests.ts'
import { withDigests } from '../../../src/core/http/integrity.ts'
import { call } from '../../../src/core/program.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { getWith, siteWith, textOf } from '../../fixtures/request.ts'
import { drive } from '../../fixtures/script.ts'
import { cacheOf } from '../../fixtures/site.ts'

const of = (text: string, algorithm: Algorithm = 'sha-256') => formatDigest(algorithm, newHash(algorithm).update(text))
const large = 'large '.repeat(20_000)
const shared = { 'a.txt': 'aaa', large, site: { 'index.html': 'INDEX' }, docs: {} }

function ask(method: string, target: string, fields: Record<string, string> = {}, scene: Scene = {}): Outcome {
  const input = Buffer.from(textOf(`${method} ${target} HTTP/1.1`, fields))
  return converse([input], { tree: shared, methods: [method], ...scene })
}
const digestsIn = ({ answers }: Outcome): string[] =>
  ['repr-digest', 'content-digest'].flatMap((name) => answers[0]?.fields.get(name) ?? [])
const either = { 'Want-Repr-Digest': 'sha-256=1' }
const both = { 'Want-Repr-Digest': 'sha-256=10, sha-512=3', 'Want-Content-Digest': 'sha-512=1' }
const sha512 = (text: string) => of(text, 'sha-512')

t.test('a file is sent with the digests that are wanted', async (t) => {
  for (const [target, text] of [
    ['/a.txt', 'aaa'],
    ['/large', large],
  ] as const) {
    t.strictSame(digestsIn(ask('GET', target)), [], 'none')
    t.strictSame(digestsIn(ask('GET', target, either)), [of(text)])
    t.strictSame(digestsIn(ask('GET', target, both)), [of(text), sha512(text)])
    t.strictSame(digestsIn(ask('HEAD', target, both)), [of(text)], 'the content of an answer to HEAD is empty (B.2)')
    t.strictSame(digestsIn(ask('GET', target, { ...both, 'Want-Repr-Digest': 'md5=9' })), [sha512(text)])
    t.strictSame(digestsIn(ask('GET', target, { 'Want-Repr-Digest': 'nonsense' })), [], 'ignored')
    const { answers } = ask('GET', target, both)
    t.match(answers[0], { status: 200, body: text })
  }
})

t.test('of ranges, the digest of the whole file', async (t) => {
  for (const range of ['bytes=1-1', 'bytes=0-0,2-2']) {
    for (const [target, text] of [
      ['/a.txt', 'aaa'],
      ['/large', large],
    ] as const) {
      const outcome = ask('GET', target, { ...both, Range: range })
      t.equal(outcome.answers[0]?.status, 206)
      t.strictSame(digestsIn(outcome), [of(text)], `${target} ${range}: not of the content`)
    }
  }
})

t.test('where there is no file in the answer there is no digest, and none is computed', async (t) => {
  const rows: readonly (readonly [target: string, status: number, fields?: Record<string, string>])[] = [
    ['/large', 304, { 'If-None-Match': '*' }],
    ['/large', 412, { 'If-Match': '"x"' }],
    ['/large', 416, { Range: 'bytes=999999-' }],
    ['/docs', 301],
    ['/docs/', 200],
    ['/docs/?zip', 200],
    ['/a.txt?delete', 200],
    ['/none', 404],
  ]
  for (const [target, status, fields] of rows) {
    const outcome = ask('GET', target, { ...both, ...fields })
    t.equal(outcome.answers[0]?.status, status, target)
    t.strictSame(digestsIn(outcome), [], target)
    t.notOk(
      outcome.files.some((line) => line.startsWith('read ')),
      target,
    )
  }
})

t.test('however it is found', async (t) => {
  t.strictSame(digestsIn(ask('GET', '/download=a.txt', either)), [of('aaa')])
  t.strictSame(digestsIn(ask('GET', '/site/', either, { site: { index: 'index.html' } })), [of('INDEX')])
  const input = Buffer.from(textOf('GET /a.txt HTTP/1.1', either).repeat(2))
  const { answers, files } = converse([input], { tree: shared, site: { cache: cacheOf(10_000) } })
  t.strictSame(answers[1], answers[0])
  t.equal(answers[1]?.fields.get('repr-digest'), of('aaa'))
  t.strictSame(files, converse([Buffer.from(textOf('GET /a.txt HTTP/1.1'))], { tree: shared }).files, 'read once')
})

t.test('a file too large for it is sent without', async (t) => {
  const limits = (digestBytes: number) => ({ limits: { digestBytes } })
  t.strictSame(digestsIn(ask('GET', '/large', both, limits(large.length))), [of(large), sha512(large)])
  const without = ask('GET', '/large', both, limits(large.length - 1))
  t.strictSame(digestsIn(without), [])
  t.match(without.answers[0], { status: 200, body: large })
  t.strictSame(digestsIn(ask('GET', '/a.txt', either, limits(1))), [of('aaa')], 'what is in memory costs little')
})

t.test('asked for again, an open file is not read again for it', async (t) => {
  const input = Buffer.from(textOf('HEAD /large HTTP/1.1', either).repeat(3))
  const { answers, memory } = converse([input], { tree: shared, methods: ['HEAD', 'HEAD', 'HEAD'] })
  t.strictSame(
    answers.map(({ fields }: Answer) => fields.get('repr-digest')),
    [of(large), of(large), of(large)],
  )
  t.equal(memory.logOf('read').length, Math.ceil(large.length / largeSize))
})

t.test('a file that cannot be read is refused, and closed', async (t) => {
  for (const name of ['read', 'fstat'] as const) {
    const nth = name === 'read' ? 1 : 2
    const outcome = ask('GET', '/large', either, { prepare: ({ memory }) => memory.failOn(name, nth, 'EIO') })
    t.match(outcome.answers[0], { status: 500, body: 'failed: The file system failed: EIO.\n' }, name)
    t.equal(outcome.files.at(-1), 'close /large')
  }
})

t.test('an answer that holds nothing has nothing to give back', async (t) => {
  const of = { etag: '', modified: '', modifiedAt: 0, size: 9, type: '', extra: '', content: 7 }
  const failing = () => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' })
  }
  const closed: number[] = []
  const answered = (release?: () => ReturnType<typeof call<'close'>>) =>
    withDigests(getWith(either), { status: 200, headers: '', of, release }, siteWith())
  t.throws(() => drive(answered(), { fstat: failing }), { code: 'EIO' })
  const close = (fd: number) => void closed.push(fd)
  t.throws(
    () =>
      drive(
        answered(() => call('close', 7)),
        { fstat: failing, close },
      ),
    { code: 'EIO' },
  )
  t.strictSame(closed, [7])
})
