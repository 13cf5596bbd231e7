/**
 * The body of a request, as a source of bytes that is pulled.
 *
 * - Nothing is read before somebody asks: a request that is refused is refused before its body is read, and a
 *   client that waits for `100 Continue` (RFC 9110, section 10.1.1) is told to go on only then.
 * - What is returned is valid until the next bytes are asked for.
 * - A body that is too slow fails with 408, one that ends early with 400, one that is mostly framing with 431.
 * - Bytes behind the end of the message belong to the next request, and are kept for it.
 */
import { errnoOf, Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Connection } from './connection.ts'
import type { Framing } from './head.ts'
import type { Listener, Llhttp } from './llhttp.ts'

/** Anything that bytes can be pulled from. */
export interface ByteSource {
  /** The next bytes, valid until the next call; none at all at the end. */
  next(): Program<Uint8Array>
}

/** Bytes of framing that go with each byte of content, in the smallest chunks that any client sends. */
const framingRatio = 16

const nothing = new Uint8Array(0)
const goOn = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')

/** The body of the request in progress on a connection. */
export class RequestBody implements ByteSource, Listener {
  /** Whether the message has been read to its end. */
  ended: boolean
  /** Whether it failed, so that the connection cannot be used any more. */
  broken = false
  /** The length it was announced with: undefined for a chunked one. */
  readonly length: number | undefined

  readonly #connection: Connection
  readonly #site: Site
  readonly #parser: Llhttp
  readonly #chunked: boolean
  /** What has come and has not been asked for. */
  #rest: Uint8Array
  #remaining: number
  #awaited: boolean
  #received = 0
  /** How long the peer may be silent. */
  #patience: number
  #begun = Number.NaN
  /** The pieces that llhttp found in the window it was given last. */
  readonly #pieces: Uint8Array[] = []
  #window: Uint8Array = nothing
  /** Of a chunked body: bytes of content, and of chunk sizes, extensions and trailers. */
  #content = 0
  #framing = 0

  /**
   * @param parser the parser that read the header section, for a chunked body
   * @param rest the bytes that came behind the header section
   * @param awaited whether the client waits for `100 Continue`
   */
  constructor(
    connection: Connection,
    site: Site,
    framing: Framing,
    parser: Llhttp,
    rest: Uint8Array,
    awaited: boolean,
  ) {
    this.#connection = connection
    this.#site = site
    this.#patience = site.limits.bodyStall
    this.#parser = parser
    this.#rest = rest
    this.#chunked = framing.kind === 'chunked'
    this.length = framing.kind === 'chunked' ? undefined : framing.kind === 'sized' ? framing.length : 0
    this.#remaining = this.length ?? Number.POSITIVE_INFINITY
    this.ended = framing.kind === 'none'
    // Bytes that are here already show that the client does not wait.
    this.#awaited = awaited && !this.ended && rest.length === 0
    if (this.#chunked) parser.resume()
  }

  /** Whether the client holds the body back until it is told to go on: if it never is, the connection cannot be kept. */
  get heldBack(): boolean {
    return this.#awaited
  }

  /** Whether all of it is here already, in one piece. */
  get arrived(): boolean {
    return !this.#chunked && this.#rest.length >= this.#remaining
  }

  /** Bytes of the next request. Empty unless `ended`. */
  get behind(): Uint8Array {
    return this.#rest
  }

  *next(): Program<Uint8Array> {
    this.broken = true
    const bytes = yield* this.#next()
    this.broken = false
    return bytes
  }

  *#next(): Program<Uint8Array> {
    while (!this.ended || this.#pieces.length > 0) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) return piece
      if (this.#rest.length === 0) this.#rest = yield* this.#receive()
      if (!this.#chunked) return this.#counted()
      this.#parse()
    }
    return nothing
  }

  /** Read and throw away what is left. @returns whether the end was reached within `limit` bytes */
  *drain(limit: number): Program<boolean> {
    // Nobody waits for it: what does not come soon is not worth the time of those who wait for this one to end.
    this.#patience = this.#site.limits.lingerTime
    let seen = 0
    while (!this.ended) {
      seen += (yield* this.next()).length
      if (seen > limit) return false
    }
    return true
  }

  #counted(): Uint8Array {
    const bytes = this.#rest.subarray(0, this.#remaining)
    this.#rest = this.#rest.subarray(bytes.length)
    this.#remaining -= bytes.length
    this.ended = this.#remaining === 0
    return bytes
  }

  #parse(): void {
    const before = this.#content
    this.#window = this.#rest
    const progress = this.#parser.execute(this.#window, this)
    this.#rest = this.#window.subarray(progress.consumed)
    if (progress.stop === 'malformed') throw new Refusal('bad_request', progress.reason)
    this.#framing += progress.consumed - (this.#content - before)
    // RFC 9112, section 7.1.1: extensions without end would hold us for ever, and no limit on the content ends them.
    const most = this.#site.limits.headerBytes + this.#content * framingRatio
    if (this.#framing > most) throw new Refusal('fields_too_large')
  }

  *#receive(): Program<Uint8Array> {
    if (this.#awaited) yield* this.#invite()
    const { environment, limits } = this.#site
    const { pace } = this.#connection
    const now = environment.now()
    if (Number.isNaN(this.#begun)) this.#begun = now
    const deadline = now + pace.within(this.#patience, limits)
    let bytes: Uint8Array = nothing
    try {
      bytes = yield* receive(this.#connection, deadline)
    } finally {
      pace.spend(environment.now() - now, bytes.length)
    }
    if (bytes.length === 0) throw new Refusal('body_incomplete')
    this.#received += bytes.length
    this.#demandRate(environment.now() - this.#begun)
    return bytes
  }

  /** Tell the client to go on (RFC 9110, section 10.1.1). */
  *#invite(): Program<void> {
    this.#awaited = false
    const { environment, limits } = this.#site
    const { pace, socket } = this.#connection
    const now = environment.now()
    yield* call('send', socket, goOn, now + pace.within(limits.sendStall, limits))
    pace.spend(environment.now() - now, goOn.length)
  }

  #demandRate(elapsed: number): void {
    const { bodyStall, bodyRate } = this.#site.limits
    if (elapsed > bodyStall && this.#received * 1000 < bodyRate * elapsed) throw new Refusal('request_timeout')
  }

  onBody(from: number, to: number): void {
    this.#content += to - from
    this.#pieces.push(this.#window.subarray(from, to))
  }

  onEnd(): void {
    this.ended = true
  }
}

/** All that a source has, in memory. @param what it is, for the sentence @throws Refusal too_large beyond `limit` bytes */
export function* gather(source: ByteSource, limit: number, what: string): Program<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const bytes = yield* source.next()
    if (bytes.length === 0) return Buffer.concat(pieces)
    size += bytes.length
    if (size > limit) throw new Refusal('too_large', what)
    // A copy: the bytes are valid only until the next are asked for.
    pieces.push(Buffer.from(bytes))
  }
}

/** `recv`, with a deadline that was missed told as a refusal. */
export function* receive(connection: Connection, deadline: number): Program<Uint8Array> {
  try {
    return yield* call('recv', connection.socket, deadline)
  } catch (error) {
    if (errnoOf(error) === 'ETIMEDOUT') throw new Refusal('request_timeout')
    throw error
  }
}
