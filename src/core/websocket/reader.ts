/**
 * Frames from a client (RFC 6455, section 5): taken in as bytes come, told one by one.
 *
 * - Strict: whatever the RFC forbids ends the connection, with the code that section 7.4.1 has for it.
 * - No extension is ever agreed on, so a reserved bit is an error.
 * - Binary messages are refused with their first frame: whoever sends them speaks something else.
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

/** Two bytes, up to eight of extended length, four of the masking key (section 5.2). */
const longestHead = 14
const keyBytes = 4
/** The most that a control frame may carry (section 5.5), and that a length of seven bits can say. */
const shortLength = 125

const empty = Buffer.alloc(0)

function broken(reason: string): Violation {
  return new Violation(closeCodes.protocolError, reason)
}

/** Text, which must be UTF-8 (section 8.1). */
function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new Violation(closeCodes.invalidPayload, 'this is not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

export class FrameReader {
  readonly #limits: Limits
  readonly #head = Buffer.alloc(longestHead)
  #headUsed = 0
  /** As much of the header as is known to be needed. */
  #headLength = 2
  /** The payload of the frame in progress, once its header is complete. */
  #payload: Buffer | undefined
  #payloadUsed = 0
  /** Payloads of the message in progress. */
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
      used += this.#takeHead(bytes, used)
    }
    used += this.#takePayload(this.#payload, bytes.subarray(used))
    if (this.#payloadUsed < this.#payload.length) return { used, frame: undefined }
    return { used, frame: this.#finish(this.#payload) }
  }

  get #opcode(): number {
    return (this.#head[0] as number) & 0x0f
  }

  get #last(): boolean {
    return ((this.#head[0] as number) & 0x80) !== 0
  }

  #takeHead(bytes: Uint8Array, from: number): number {
    const count = Math.min(bytes.length - from, this.#headLength - this.#headUsed)
    this.#head.set(bytes.subarray(from, from + count), this.#headUsed)
    this.#headUsed += count
    if (this.#headUsed < this.#headLength) return count
    if (this.#headLength === 2) this.#headLength = this.#lookAt(this.#head[0] as number, this.#head[1] as number)
    else this.#begin(this.#lengthOf())
    return count
  }

  /** The first two bytes. @returns how long the whole header is */
  #lookAt(first: number, second: number): number {
    if ((first & 0x70) !== 0) throw broken('a reserved bit is set')
    if ((second & 0x80) === 0) throw broken('a frame is not masked')
    const length = second & 0x7f
    const opcode = this.#opcode
    if (opcode >= opcodes.close) this.#admitControl(opcode, length)
    else this.#admitData(opcode)
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + keyBytes
  }

  #admitControl(opcode: number, length: number): void {
    if (opcode > opcodes.pong) throw broken('an opcode is unknown')
    if (!this.#last) throw broken('a control frame is fragmented')
    if (length > shortLength) throw broken('a control frame is too long')
  }

  #admitData(opcode: number): void {
    if (opcode === opcodes.binary) throw new Violation(closeCodes.unsupportedData, 'messages are text')
    if (opcode > opcodes.binary) throw broken('an opcode is unknown')
    if (opcode === opcodes.text && this.midway) throw broken('a message begins within another')
    if (opcode === opcodes.continuation && !this.midway) throw broken('there is nothing to continue')
  }

  /** The payload's length, in its shortest form (section 5.2). */
  #lengthOf(): number {
    const head = this.#head
    const short = (head[1] as number) & 0x7f
    if (short <= shortLength) return short
    const [length, least] = short === 126 ? [BigInt(head.readUInt16BE(2)), 126n] : [head.readBigUInt64BE(2), 0x10000n]
    if (length < least) throw broken('a length is not in its shortest form')
    if (length >> 63n !== 0n) throw broken('a length has its first bit set')
    return Number(length)
  }

  /** The header is complete. */
  #begin(length: number): void {
    if (this.#opcode < opcodes.close) {
      this.#size += length
      this.#fragments += 1
      if (this.#size > this.#limits.messageBytes) {
        throw new Violation(closeCodes.messageTooBig, `a message has more than ${this.#limits.messageBytes} bytes`)
      }
      if (this.#fragments > this.#limits.messageFragments) {
        throw new Violation(closeCodes.policyViolation, 'a message comes in too many fragments')
      }
    }
    this.#payloadUsed = 0
    this.#payload = length === 0 ? empty : Buffer.allocUnsafeSlow(length)
  }

  /** Copy and unmask (section 5.3). */
  #takePayload(payload: Buffer, bytes: Uint8Array): number {
    const at = this.#payloadUsed
    const count = Math.min(bytes.length, payload.length - at)
    const key = this.#headLength - keyBytes
    for (let i = 0; i < count; i += 1) {
      payload[at + i] = (bytes[i] as number) ^ (this.#head[key + ((at + i) & 3)] as number)
    }
    this.#payloadUsed += count
    return count
  }

  #finish(payload: Buffer): Frame {
    this.#payload = undefined
    this.#headUsed = 0
    this.#headLength = 2
    switch (this.#opcode) {
      case opcodes.close:
        return closeOf(payload)
      case opcodes.ping:
        return { kind: 'ping', payload }
      case opcodes.pong:
        return { kind: 'pong', payload }
    }
    this.#parts.push(payload)
    if (!this.#last) return { kind: 'part' }
    const parts = this.#parts
    this.#parts = []
    this.#fragments = 0
    this.#size = 0
    return { kind: 'message', text: textOf(parts.length === 1 ? payload : Buffer.concat(parts)) }
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
