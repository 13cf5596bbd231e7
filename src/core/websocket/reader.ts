/**
 * Frames from a client (RFC 6455, section 5): taken in as bytes come, told one by one.
 *
 * - Strict: whatever the RFC forbids ends the connection, with the code that section 7.4.1 has for it.
 * - A message is bounded in bytes and in fragments, before memory is taken for it.
 * - Nothing that is kept is a view of the bytes that were given.
 *
 * `Receiver` of the package `ws` cannot be used here. It is a stream: it ends itself by `end()` when a Close frame comes,
 * which puts work off by `process.nextTick`, and in the blocking engine that never runs. It tells all messages of a chunk in
 * one go, while here one message is one turn. And the package has one entry, which loads Node's sockets. The
 * tests hold this reader to `ws` as a peer.
 */
import { isUtf8 } from 'node:buffer'
import type { Limits } from '../limits.ts'
import { closeCodes, isSendable, Violation } from './closing.ts'
import { broken, FrameHead } from './head.ts'
import { opcodes } from './writer.ts'

/** One frame: a message that is now whole, a part of one that is not, or a control frame. */
export type Frame =
  | { readonly kind: 'part' }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'ping' | 'pong'; readonly payload: Uint8Array }
  /** Without a code when the peer gave none. */
  | { readonly kind: 'close'; readonly code: number | undefined }

/** What came of some bytes. */
export interface Taken {
  /** How many of them were taken in: all, unless a frame ended before. */
  readonly used: number
  readonly frame: Frame | undefined
}

const empty = Buffer.alloc(0)

/** Text, which must be UTF-8 (section 8.1). */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Violation(closeCodes.invalidPayload, 'this is not UTF-8')
  return bytes.toString()
}

export class FrameReader {
  readonly #limits: Limits
  readonly #head = new FrameHead()
  /** The payload of the frame in progress, once its header is complete. */
  #payload: Buffer | undefined
  #filled = 0
  /** Of the message in progress: the payloads, how many, and how long they are together. */
  #parts: Buffer[] = []
  #fragments = 0
  #size = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Whether a message has begun and has not ended. */
  get midway(): boolean {
    return this.#fragments > 0
  }

  /** Take in the next bytes, up to the end of a frame. @throws Violation */
  feed(bytes: Uint8Array): Taken {
    let used = 0
    while (this.#payload === undefined) {
      if (used === bytes.length) return { used, frame: undefined }
      used += this.#head.take(bytes.subarray(used), this.midway)
      if (this.#head.isComplete) this.#payload = this.#begin(this.#head.length)
    }
    const payload = this.#payload
    const piece = bytes.subarray(used, used + payload.length - this.#filled)
    this.#head.unmask(piece, payload, this.#filled)
    this.#filled += piece.length
    used += piece.length
    return { used, frame: this.#filled < payload.length ? undefined : this.#finish(payload) }
  }

  /** The header is complete. @returns room for the payload */
  #begin(length: number): Buffer {
    if (!this.#head.isControl) {
      this.#size += length
      this.#fragments += 1
      if (this.#size > this.#limits.messageBytes) {
        throw new Violation(closeCodes.messageTooBig, `a message has more than ${this.#limits.messageBytes} bytes`)
      }
      if (this.#fragments > this.#limits.messageFragments) {
        throw new Violation(closeCodes.policyViolation, 'a message comes in too many fragments')
      }
    }
    return length === 0 ? empty : Buffer.allocUnsafeSlow(length)
  }

  #finish(payload: Buffer): Frame {
    const { opcode, isLast } = this.#head
    this.#payload = undefined
    this.#filled = 0
    this.#head.clear()
    if (opcode === opcodes.close) return closeOf(payload)
    if (opcode === opcodes.ping) return { kind: 'ping', payload }
    if (opcode === opcodes.pong) return { kind: 'pong', payload }
    this.#parts.push(payload)
    return isLast ? { kind: 'message', text: this.#message() } : { kind: 'part' }
  }

  #message(): string {
    const parts = this.#parts
    this.#parts = []
    this.#fragments = 0
    this.#size = 0
    return textOf(Buffer.concat(parts))
  }
}

/** What a Close frame says (section 5.5.1). */
function closeOf(payload: Buffer): Frame {
  if (payload.length === 0) return { kind: 'close', code: undefined }
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0)
  if (!isSendable(code)) throw broken('a close code may not be sent')
  textOf(payload.subarray(2))
  return { kind: 'close', code }
}
