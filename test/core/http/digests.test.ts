/** Digest fields (RFC 9530): their syntax. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { type Algorithm, formatDigest, newHash, parseDigests, preferredBy } from '../../../src/core/http/digests.ts'

/** The example of RFC 9530, with its digests from appendix B.1 and section 2. */
const hello = '{"hello": "world"}\n'
const sha256 = 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:'
const of = (text: string, algorithm: Algorithm = 'sha-256') => formatDigest(algorithm, newHash(algorithm).update(text))
const sha512 = of(hello, 'sha-512')
const other = of('other')

t.test('a digest is written as the RFC has it', async (t) => {
  t.equal(of(hello), sha256)
  t.equal(sha512, `sha-512=:${createHash('sha512').update(hello).digest('base64')}:`)
})

/** What fields say: the algorithms that are found, or nothing where they are malformed. */
const fields: readonly (readonly [field: string, found: readonly Algorithm[] | undefined, why: string])[] = [
  [sha256, ['sha-256'], 'one'],
  [`${sha512}, ${sha256}`, ['sha-256', 'sha-512'], 'several'],
  [`${sha512}\t ,\t${sha256}`, ['sha-256', 'sha-512'], 'RFC 9651, section 3.2: optional white space'],
  [`${other},${sha256}`, ['sha-256'], 'RFC 9651, section 4.2.2: the last of two counts'],
  [`${sha256.slice(0, -2)}:`, ['sha-256'], 'RFC 9651, section 4.2.7: padding may be missing'],
  ['md5=:rhZ5g3Zs0KZPaMTLQlQQ2w==:', [], 'an algorithm that is not known'],
  [`unixsum=:GQU=:, ${sha256}, x*_.-9=::`, ['sha-256'], 'others beside it'],
  ['', [], 'an empty dictionary'],
  [`${sha256};a`, ['sha-256'], 'a parameter'],
  [`${sha256}; a=-1.5;b=t/k:n;c="\\"s,;\\\\";d=:AA==:;e=?0;f=@1;g=%"%c3%bc";*h=*;a`, ['sha-256'], 'any parameters'],
  ['sha-256', undefined, 'a boolean'],
  ['sha-256=10', undefined, 'an integer'],
  ['sha-256="x"', undefined, 'a string'],
  ['sha-256=(:AA==:)', undefined, 'a list'],
  ['sha-256=:AA==', undefined, 'without its end'],
  ['sha-256=:A-_A:', undefined, 'the alphabet of addresses'],
  [`sha-256=:${'A'.repeat(42)}:`, undefined, 'a byte too short'],
  [`sha-256=:${'A'.repeat(44)}:`, undefined, 'a byte too long'],
  [`sha-512=${sha256.slice(8)}`, undefined, 'of another algorithm'],
  ['sha-256=::', undefined, 'none at all'],
  [sha256.toUpperCase(), undefined, 'a key in capitals'],
  [`${sha256},`, undefined, 'a comma at the end'],
  [`,${sha256}`, undefined, 'a comma at the beginning'],
  [`${sha256} ${sha512}`, undefined, 'no comma'],
  [`${sha256} ;a`, undefined, 'white space before a parameter'],
  [`${sha256};A`, undefined, 'a parameter in capitals'],
  [`${sha256};a=`, undefined, 'a parameter without its value'],
  [`${sha256};a="x`, undefined, 'a string without its end'],
  ['RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=', undefined, 'only the digest'],
  ['sha-256=RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=', undefined, 'as RFC 3230 had it'],
]
t.test('what a Content-Digest or Repr-Digest field says', async (t) => {
  for (const [field, found, why] of fields) {
    const digests = parseDigests(field)
    t.strictSame(
      digests?.map(({ algorithm }) => algorithm),
      found,
      `${why}: ${field}`,
    )
    const value = digests?.find(({ algorithm }) => algorithm === 'sha-256')?.value
    if (value !== undefined) t.strictSame(value, createHash('sha256').update(hello).digest(), why)
  }
})

/** What is preferred. */
const wishes: readonly (readonly [field: string | undefined, preferred: Algorithm | undefined, why: string])[] = [
  ['sha-256=10, sha-512=3', 'sha-256', 'the higher'],
  ['sha-256=3, sha-512=10', 'sha-512', 'the higher'],
  ['sha-512=5, sha-256=5', 'sha-256', 'the same: ours'],
  ['sha-512=1', 'sha-512', 'the only one'],
  ['sha-256=0, sha-512=1', 'sha-512', '0 is not acceptable'],
  ['sha-256=0', undefined, '0 is not acceptable'],
  ['md5=10, sha=10, sha-256=1', 'sha-256', 'the only one that is known'],
  ['md5=10', undefined, 'none that is known'],
  ['sha-256=010', 'sha-256', 'RFC 9651, section 4.2.4: zeros in front'],
  ['sha-512=9, sha-256=10;x=1.5', 'sha-256', 'parameters'],
  ['sha-256=9, sha-256=0', undefined, 'the last of two counts'],
  [undefined, undefined, 'no field'],
  ['', undefined, 'an empty dictionary'],
  ['sha-256=11, sha-512=3', undefined, 'out of range'],
  ['sha-512=3, md5=-1', undefined, 'out of range'],
  ['sha-256', undefined, 'a boolean'],
  ['sha-256=1.0', undefined, 'a decimal'],
  ['sha-256=1,', undefined, 'a comma at the end'],
  ['sha-256;q=1', undefined, 'as RFC 3230 had it'],
  ['*', undefined, 'anything'],
  [sha256, undefined, 'a digest'],
]
t.test('what a Want-Repr-Digest field prefers (section 4)', async (t) => {
  for (const [field, preferred, why] of wishes) t.equal(preferredBy(field), preferred, `${why}: ${field}`)
})

const algorithm = fc.constantFrom<Algorithm>('sha-256', 'sha-512')
const name = fc.oneof(algorithm, fc.constantFrom('md5', 'sha', 'x', '*a.b-c_9'))
const content = fc.string({ unit: 'binary', maxLength: 300 })
const parameters = fc.constantFrom('', ';a', '; b=1;c="x, y"', ';d=:AA==:')

t.test('what is written can be read', async (t) => {
  const members = fc.uniqueArray(fc.tuple(name, content, parameters), { selector: ([key]) => key, maxLength: 5 })
  fc.assert(
    fc.property(members, (wanted) => {
      const hash = (key: string, text: string) => createHash(key === 'sha-512' ? 'sha512' : 'sha256').update(text)
      const field = wanted.map(([key, text, behind]) => formatDigest(key as Algorithm, hash(key, text)) + behind)
      const digests = parseDigests(field.join(' , ')) ?? []
      const known = wanted.filter(([key]) => key.startsWith('sha-'))
      return (
        digests.length === known.length &&
        known.every(([key, text]) =>
          digests.some((digest) => digest.algorithm === key && hash(key, text).digest().equals(digest.value)),
        )
      )
    }),
  )
  t.pass()
})

t.test('of the weights the highest, whatever else there is', async (t) => {
  const weights = fc.dictionary(name, fc.integer({ min: 0, max: 10 }), { noNullPrototype: true })
  fc.assert(
    fc.property(weights, (wanted) => {
      const preferred = preferredBy(
        Object.entries(wanted)
          .map(([key, weight]) => `${key}=${weight}`)
          .join(','),
      )
      const most = Math.max(wanted['sha-256'] ?? 0, wanted['sha-512'] ?? 0)
      return preferred === undefined ? most === 0 : most > 0 && wanted[preferred] === most
    }),
  )
  t.pass()
})

t.test('any text is read, or is not', async (t) => {
  const piece = fc.constantFrom('sha-256', 'sha-512', '=', ':', ',', ' ', ';', 'a', '"', '\\', '10', '(', ')', sha256)
  const text = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((all) => all.join('')),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (field) => {
      const lengths = { 'sha-256': 32, 'sha-512': 64 }
      const digests = parseDigests(field) ?? []
      return preferredBy(field) !== null && digests.every(({ algorithm, value }) => value.length === lengths[algorithm])
    }),
    { numRuns: 500 },
  )
  t.pass()
})
