/**
 * Digests of what comes and of what goes (RFC 9530).
 *
 * - A body that says what its digest is, is hashed on its way into the temporary file. A mismatch is thrown when the
 *   body ends, so before the file gets its name.
 * - The content and the representation of a `PUT` are the same bytes: parts (`Content-Range`) are refused, and a content
 *   coding belongs to the representation (RFC 9110, section 8.1). So both fields are about what is stored.
 * - A file is sent with its digest when the client wants it.
 */
import type { Hash } from 'node:crypto'
import { Refusal } from '../errors.ts'
import { digestOf } from '../operations/digest.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { ByteSource } from './body.ts'
import { type Algorithm, type Digest, newHash, parseDigests, preferredBy } from './digests.ts'
import type { RequestHead } from './head.ts'
import type { Response } from './response.ts'

/** A digest that the body must have, and the field that says so. */
interface Demand extends Digest {
  readonly field: string
}

function demandsOf(head: RequestHead, field: string): readonly Demand[] {
  const text = head.field(field.toLowerCase())
  if (text === undefined) return []
  const digests = parseDigests(text)
  if (digests !== undefined) return digests.map(({ algorithm, value }) => ({ field, algorithm, value }))
  throw new Refusal('bad_parameter', `${field} must be written like sha-256=:…:, with the whole digest in base64`)
}

/**
 * The body, so that it fails at its end when it is not what the request says that it is.
 *
 * @throws Refusal bad_parameter, at once, when a digest cannot be read
 */
export function checked(head: RequestHead, body: ByteSource): ByteSource {
  const demands = [...demandsOf(head, 'Content-Digest'), ...demandsOf(head, 'Repr-Digest')]
  return demands.length === 0 ? body : new CheckedBody(body, demands)
}

class CheckedBody implements ByteSource {
  readonly #body: ByteSource
  readonly #demands: readonly Demand[]
  readonly #hashes: ReadonlyMap<Algorithm, Hash>

  constructor(body: ByteSource, demands: readonly Demand[]) {
    this.#body = body
    this.#demands = demands
    this.#hashes = new Map(demands.map(({ algorithm }) => [algorithm, newHash(algorithm)]))
  }

  /** @throws Refusal digest_mismatch instead of telling the end, which may be asked for once */
  *next(): Program<Uint8Array> {
    const bytes = yield* this.#body.next()
    if (bytes.length === 0) this.#compare()
    else for (const hash of this.#hashes.values()) hash.update(bytes)
    return bytes
  }

  #compare(): void {
    const digests = new Map([...this.#hashes].map(([algorithm, hash]) => [algorithm, hash.digest()]))
    for (const { field, algorithm, value } of this.#demands) {
      if (!digests.get(algorithm)?.equals(value)) throw new Refusal('digest_mismatch', `${field} (${algorithm})`)
    }
  }
}

/** Whether an answer should tell its digest. Asked of every file that is sent, and so by one look at the fields. */
export function wantsDigest(head: RequestHead): boolean {
  return head.hasEither('want-repr-digest', 'want-content-digest')
}

/** The answer, with the digests that the client wants, where it is a file or ranges of it. It is given back if that fails. */
export function* withDigests(head: RequestHead, response: Response, site: Site): Program<Response> {
  try {
    return { ...response, headers: response.headers + (yield* digestFields(head, response, site)) }
  } catch (error) {
    if (response.release !== undefined) yield* response.release()
    throw error
  }
}

function* digestFields(head: RequestHead, { of, status }: Response, site: Site): Program<string> {
  if (of === undefined) return ''
  // Section 2: Content-Digest is about the bytes in this message, which are the whole file only here.
  const whole = status === 200 && head.method === 'GET'
  let lines = ''
  for (const name of whole ? ['Repr-Digest', 'Content-Digest'] : ['Repr-Digest']) {
    const algorithm = preferredBy(head.field(`want-${name.toLowerCase()}`))
    const digest = algorithm === undefined ? undefined : yield* digestOf(site, of, algorithm)
    if (digest !== undefined) lines += `${name}: ${digest}\r\n`
  }
  return lines
}
