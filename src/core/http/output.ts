/**
 * Bytes on their way to the client: gathered in one buffer, sent when it is full.
 *
 * - One small answer is one `send`, header section and all.
 * - Each `send` carries at most `limits.sendPiece` bytes under one deadline, so a reader has a lowest rate.
 * - In a chunked answer (RFC 9112, section 7.1), one buffer is one chunk.
 */
import { giveBuffer, takeBuffer } from '../buffers.ts'
import type { FileDescriptor } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Connection } from './connection.ts'
import { type FilePart, isFilePart, type Part } from './response.ts'

/** Hexadecimal digits of the largest chunk, and CRLF. */
const chunkHead = 8
const chunkTail = 2

/** What is sent of a file before it is asked whether its reader is too slow all in all: the way there and back costs nothing beside it. */
const stepBytes = 256 * 1024 * 1024

/** A file this small is read into the buffer: cheaper than a `sendfile` of its own. */
const gathered = 64 * 1024

export class Output {
  /** Bytes of content that have been handed over, for the log. */
  sent = 0
  /** Whether anything at all has been sent: until then the answer can still be replaced by another. */
  begun = false

  readonly #connection: Connection
  readonly #site: Site
  readonly #buffer: Buffer = takeBuffer()
  #used = 0
  #chunked = false

  constructor(connection: Connection, site: Site) {
    this.#connection = connection
    this.#site = site
  }

  /** The header section, in latin-1. Must come first. What an answer before it has gathered, and not sent, is dropped. */
  head(text: string): void {
    if (text.length > this.#buffer.length) throw new Refusal('target_too_long')
    this.sent = 0
    this.#used = this.#buffer.write(text, 0, 'latin1')
  }

  /** From here on every buffer is a chunk. What is gathered already is sent before. */
  *startChunks(): Program<void> {
    yield* this.flush()
    this.#chunked = true
    this.#used = chunkHead
  }

  /** The content of an answer whose parts are known. */
  *parts(parts: readonly Part[]): Program<void> {
    for (const part of parts) {
      if (isFilePart(part)) yield* this.#file(part)
      else yield* this.bytes(part)
    }
  }

  /** Some text of the content, in UTF-8. */
  *text(text: string): Program<void> {
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    if (text.length * 3 <= this.#room) {
      const length = this.#buffer.write(text, this.#used, 'utf8')
      this.#used += length
      this.sent += length
    } else yield* this.bytes(Buffer.from(text))
  }

  /** Some bytes of the content. */
  *bytes(bytes: Uint8Array): Program<void> {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#room === 0) yield* this.flush()
      // Behind a full buffer, a large piece goes out as it is rather than through the buffer.
      if (!this.#chunked && this.#used === 0 && rest.length >= gathered) {
        const piece = rest.subarray(0, this.#site.limits.sendPiece)
        yield* this.#send(piece)
        this.sent += piece.length
        rest = rest.subarray(piece.length)
        continue
      }
      const piece = rest.subarray(0, this.#room)
      this.#buffer.set(piece, this.#used)
      this.#used += piece.length
      this.sent += piece.length
      rest = rest.subarray(piece.length)
    }
  }

  /** Send what is gathered. */
  *flush(): Program<void> {
    const start = this.#chunked ? chunkHead : 0
    if (this.#used === start) return
    yield* this.#send(this.#chunked ? this.#chunk() : this.#buffer.subarray(0, this.#used))
    this.#used = start
  }

  /** The end of the content. */
  *end(): Program<void> {
    yield* this.flush()
    if (!this.#chunked) return
    this.#chunked = false
    this.#used = this.#buffer.write('0\r\n\r\n', 0, 'latin1')
    yield* this.flush()
  }

  /** Give the buffer back. Must come last. */
  release(): void {
    giveBuffer(this.#buffer)
  }

  get #room(): number {
    return this.#buffer.length - this.#used - (this.#chunked ? chunkTail : 0)
  }

  #chunk(): Buffer {
    const head = `${(this.#used - chunkHead).toString(16)}\r\n`
    const start = chunkHead - head.length
    this.#buffer.write(head, start, 'latin1')
    this.#buffer.write('\r\n', this.#used, 'latin1')
    return this.#buffer.subarray(start, this.#used + chunkTail)
  }

  *#send(bytes: Uint8Array): Program<void> {
    this.begun = true
    const { environment, limits } = this.#site
    const { pace, socket } = this.#connection
    const now = environment.now()
    yield* call('send', socket, bytes, now + pace.within(limits.sendStall, limits))
    pace.spend(environment.now() - now, bytes.length)
  }

  *#file(part: FilePart): Program<void> {
    if (part.length <= gathered && part.length <= this.#room) yield* this.#gather(part)
    else {
      yield* this.flush()
      this.begun = true
      for (let done = 0; done < part.length; ) {
        const sent = yield* this.#step(part.file, part.offset + done, Math.min(part.length - done, stepBytes))
        if (sent === 0) throw fileEnded()
        done += sent
      }
    }
  }

  *#step(file: FileDescriptor, offset: number, length: number): Program<number> {
    const { environment, limits } = this.#site
    const { pace, socket } = this.#connection
    const now = environment.now()
    const deadline = now + pace.within(Number.POSITIVE_INFINITY, limits, length)
    const sent = yield* call('sendfile', socket, file, offset, length, limits.sendStall, deadline)
    pace.spend(environment.now() - now, sent)
    this.sent += sent
    return sent
  }

  *#gather(part: FilePart): Program<void> {
    let done = 0
    while (done < part.length) {
      const into = this.#buffer.subarray(this.#used + done, this.#used + part.length)
      const count = yield* call('read', part.file, into, part.offset + done)
      if (count === 0) throw fileEnded()
      done += count
    }
    this.#used += done
    this.sent += done
  }
}

/** A file became shorter while it was being sent: the length that was promised cannot be kept. */
function fileEnded(): Refusal {
  return new Refusal('changed', 'The file')
}
