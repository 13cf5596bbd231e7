/**
 * The header section of a request (RFC 9112, sections 2 to 5), and what the whole message is framed by.
 *
 * - Field names are kept in lower case. Values are latin-1, as they came: no field is decoded here.
 * - Repeated fields are joined by a comma (RFC 9110, section 5.3), except where that would hide an
 *   ambiguity: two `Host` fields are refused.
 * - Whatever cannot be framed with certainty is refused, and the connection closed.
 */
import { Refusal } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Listener, Llhttp, Progress } from './llhttp.ts'

/** What frames the body: nothing, a length, or chunks (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'sized'; readonly length: number }
  | { readonly kind: 'chunked' }

/** Not by a regular expression, which would look at a long run of white space once for each of its characters; nor `trimEnd`, which takes more. */
function withoutEnd(value: string): string {
  let end = value.length
  while (value[end - 1] === ' ' || value[end - 1] === '\t') end -= 1
  return value.slice(0, end)
}

const noBody: Framing = { kind: 'none' }
const chunked: Framing = { kind: 'chunked' }

/** A request, up to its body. */
export class RequestHead implements Listener {
  method = ''
  /** The request target as it was sent. */
  target = ''
  minor = 1
  /** Whether the client wants the connection kept. */
  keepAlive = false
  framing: Framing = noBody
  complete = false

  readonly #limits: Limits
  readonly #names: string[] = []
  readonly #values: string[] = []
  #size = 0
  #text = ''
  /** Which part the last callback was about: parts can come in several pieces. */
  #part: 'target' | 'name' | 'value' = 'target'

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** As the log has it. */
  get protocol(): string {
    return `HTTP/1.${this.minor}`
  }

  /** A field's value, all of them joined if it came more than once, or undefined. @param name in lower case */
  field(name: string): string | undefined {
    let value: string | undefined
    for (let i = 0; i < this.#names.length; i += 1) {
      if (this.#names[i] !== name) continue
      const next = this.#values[i] as string
      value = value === undefined ? next : `${value}, ${next}`
    }
    return value
  }

  /** Whether one of two fields is there, by one look at them all. @param one in lower case, as `other` */
  hasEither(one: string, other: string): boolean {
    for (let i = 0; i < this.#names.length; i += 1) {
      const name = this.#names[i]
      if (name === one || name === other) return true
    }
    return false
  }

  /** How often a field came. */
  count(name: string): number {
    return this.#names.reduce((sum, each) => (each === name ? sum + 1 : sum), 0)
  }

  /**
   * Take in the next bytes.
   *
   * @returns how many of them belong to the header section; `complete` says whether it has ended
   * @throws Refusal for everything that is malformed, ambiguous or beyond the limits
   */
  feed(parser: Llhttp, bytes: Uint8Array): number {
    // One string for the window: the pieces are then cut from it without decoding each.
    const room = this.#limits.headerBytes - this.#size
    const window = bytes.length > room + 1 ? bytes.subarray(0, room + 1) : bytes
    this.#text = Buffer.from(window.buffer, window.byteOffset, window.length).toString('latin1')
    const progress = parser.execute(window, this)
    this.#size += progress.consumed
    if (progress.stop === 'boundary') this.#finish(parser)
    else if (progress.stop !== 'none') throw refusedBy(progress)
    if (this.#size > this.#limits.headerBytes) {
      throw new Refusal(this.#part === 'target' ? 'target_too_long' : 'fields_too_large')
    }
    return progress.consumed
  }

  onTarget(from: number, to: number): void {
    this.target += this.#text.slice(from, to)
  }

  onFieldName(from: number, to: number): void {
    const piece = this.#text.slice(from, to).toLowerCase()
    if (this.#part === 'name') this.#names[this.#names.length - 1] += piece
    else {
      this.#endField()
      this.#names.push(piece)
      this.#part = 'name'
    }
  }

  onFieldValue(from: number, to: number): void {
    const piece = this.#text.slice(from, to)
    if (this.#part === 'value') this.#values[this.#values.length - 1] += piece
    else {
      this.#values.push(piece)
      this.#part = 'value'
    }
  }

  onHeaders(): boolean {
    this.#endField()
    this.complete = true
    return this.field('transfer-encoding') !== undefined
  }

  /** llhttp leaves the white space behind a value, which is not part of it (RFC 9110, section 5.5). An empty value is told too. */
  #endField(): void {
    const value = this.#values.pop()
    if (value !== undefined) this.#values.push(withoutEnd(value))
  }

  #finish(parser: Llhttp): void {
    this.method = parser.method
    this.minor = parser.minor
    // RFC 9110, section 9.3.6: behind CONNECT may come anything, and nothing of it is a request.
    this.keepAlive = parser.keepAlive && parser.method !== 'CONNECT'
    if (parser.major !== 1) throw new Refusal('version_not_supported')
    if (this.#names.length > this.#limits.headerFields) throw new Refusal('fields_too_large')
    this.framing = this.#frame()
    const hosts = this.count('host')
    if (hosts > 1 || (hosts === 0 && this.minor > 0)) throw new Refusal('no_host')
  }

  #frame(): Framing {
    const coding = this.field('transfer-encoding')
    const length = this.field('content-length')
    if (coding !== undefined) {
      if (this.minor === 0) throw new Refusal('bad_request', 'HTTP/1.0 has no Transfer-Encoding')
      if (coding.toLowerCase() !== 'chunked') throw new Refusal('not_implemented', `Transfer-Encoding ${coding}`)
      return chunked
    }
    if (length === undefined) return noBody
    const size = Number(length)
    if (!Number.isSafeInteger(size)) throw new Refusal('too_large', `a Content-Length of ${length} is beyond any file`)
    return size === 0 ? noBody : { kind: 'sized', length: size }
  }
}

function refusedBy(progress: Progress): Refusal {
  if (progress.stop === 'http2') return new Refusal('version_not_supported')
  if (progress.reason.startsWith('invalid char in url')) {
    return new Refusal('bad_target', 'write characters that are not ASCII percent-encoded, as %C3%A9 for é')
  }
  return new Refusal('bad_request', progress.reason)
}
