/**
 * Digest fields (RFC 9530): what they say, and how they are written.
 *
 * - `Content-Digest` and `Repr-Digest` (sections 2 and 3) are dictionaries of byte sequences, `sha-256=:BASE64:`;
 *   `Want-Content-Digest` and `Want-Repr-Digest` (section 4) are dictionaries of integers, `sha-256=10, sha-512=3`.
 * - They are parsed whole or not at all, as structured fields are (RFC 9651, section 4.2). Of two members with one key
 *   the last counts, and parameters mean nothing here.
 * - Of the algorithms (section 5) those are known that are in use and protect against intent. Others are ignored.
 */
import { createHash, type Hash } from 'node:crypto'

export type Algorithm = 'sha-256' | 'sha-512'

interface Method {
  /** What `node:crypto` calls it. */
  readonly name: string
  /** Bytes of a digest. */
  readonly length: number
}

/** The one that every client has comes first: it is taken where a client has no preference. */
const methods: ReadonlyMap<Algorithm, Method> = new Map([
  ['sha-256', { name: 'sha256', length: 32 }],
  ['sha-512', { name: 'sha512', length: 64 }],
])

export function newHash(algorithm: Algorithm): Hash {
  return createHash((methods.get(algorithm) as Method).name)
}

/** RFC 9651, section 3.1.2: a key, of dictionaries and of parameters. */
const key = '[a-z*][a-z0-9_.*-]*'

/** RFC 9651, section 3.3: what a parameter can be. No two kinds begin alike. */
const bareItem = [
  String.raw`-?\d{1,15}(?:\.\d{1,3})?`,
  String.raw`"(?:[ !#-\[\]-~]|\\["\\])*"`,
  "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*",
  ':[A-Za-z0-9+/]*={0,2}:',
  String.raw`\?[01]`,
  String.raw`@-?\d{1,15}`,
  '%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
].join('|')

/** Members of a dictionary, one after another, whose values look like this; between two of them there is a comma. */
function membersOf(value: string): RegExp {
  return new RegExp(`(${key})=${value}(?:; *${key}(?:=(?:${bareItem}))?)*(?:[ \\t]*,[ \\t]*(?=[a-z*])|$)`, 'gy')
}

const digestMembers = membersOf(':([A-Za-z0-9+/]*={0,2}):')
const weightMembers = membersOf(String.raw`(-?\d{1,15})`)

/** @returns the value of each key, or undefined when the field is not made of such members */
function dictionary(field: string, members: RegExp): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>()
  let end = 0
  for (const m of field.matchAll(members)) {
    found.set(m[1] as string, m[2] as string)
    end = m.index + m[0].length
  }
  return end === field.length ? found : undefined
}

/** A digest that somebody says something has. */
export interface Digest {
  readonly algorithm: Algorithm
  readonly value: Uint8Array
}

/**
 * What a `Content-Digest` or `Repr-Digest` field says.
 *
 * @returns the digests by algorithms that are known, which may be none (section 5: others are ignored); undefined
 *   when the field is malformed, or one of those digests has another length than its algorithm makes
 */
export function parseDigests(field: string): readonly Digest[] | undefined {
  const members = dictionary(field, digestMembers)
  if (members === undefined) return undefined
  const digests: Digest[] = []
  for (const [algorithm, { length }] of methods) {
    const text = members.get(algorithm)
    if (text === undefined) continue
    const value = Buffer.from(text, 'base64')
    if (value.length !== length) return undefined
    digests.push({ algorithm, value })
  }
  return digests
}

/**
 * The algorithm that a `Want-Content-Digest` or `Want-Repr-Digest` field prefers (section 4): 10 is most, 1 is least,
 * 0 is not acceptable.
 *
 * @returns undefined when there is none that it accepts and that is known; also when it is malformed, for it is only
 *   a preference
 */
export function preferredBy(field: string | undefined): Algorithm | undefined {
  const weights = field === undefined ? undefined : dictionary(field, weightMembers)
  if (weights === undefined || [...weights.values()].some((text) => Number(text) < 0 || Number(text) > 10)) {
    return undefined
  }
  let preferred: Algorithm | undefined
  let most = 0
  for (const algorithm of methods.keys()) {
    const weight = Number(weights.get(algorithm) ?? 0)
    if (weight <= most) continue
    preferred = algorithm
    most = weight
  }
  return preferred
}

/** A digest as the fields have it. @param hash of all the bytes: it cannot be used any more */
export function formatDigest(algorithm: Algorithm, hash: Hash): string {
  return `${algorithm}=:${hash.digest('base64')}:`
}
