/**
 * The header of a frame from a client (RFC 6455, section 5.2): up to fourteen bytes, which may come one by one.
 *
 * What the RFC forbids is refused as soon as it is seen; binary messages too, for whoever sends them speaks something else.
 */
import { closeCodes, Violation } from './closing.ts'
import { opcodes } from './writer.ts'

/** Two bytes, up to eight of extended length, four of the masking key. */
const longest = 14
const keyBytes = 4
/** The most that a control frame may carry (section 5.5), and that a length of seven bits can say. */
const shortLength = 125

export function broken(reason: string): Violation {
  return new Violation(closeCodes.protocolError, reason)
}

export class FrameHead {
  readonly #bytes = Buffer.alloc(longest)
  #used = 0
  /** As many bytes as are known to be needed. */
  #needed = 2

  get opcode(): number {
    return (this.#bytes[0] as number) & 0x0f
  }

  get isControl(): boolean {
    return this.opcode >= opcodes.close
  }

  /** Whether it is the last frame of its message. */
  get isLast(): boolean {
    return ((this.#bytes[0] as number) & 0x80) !== 0
  }

  get isComplete(): boolean {
    return this.#needed > 2 && this.#used === this.#needed
  }

  /** Begin anew. */
  clear(): void {
    this.#used = 0
    this.#needed = 2
  }

  /**
   * Take in bytes that belong to the header.
   *
   * @param midway whether a message is in progress
   * @returns how many they were
   * @throws Violation
   */
  take(bytes: Uint8Array, midway: boolean): number {
    const count = Math.min(bytes.length, this.#needed - this.#used)
    this.#bytes.set(bytes.subarray(0, count), this.#used)
    this.#used += count
    if (this.#used === 2 && this.#needed === 2) this.#needed = this.#admit(midway)
    return count
  }

  /** How long the payload is. @throws Violation when that is not written in its shortest form */
  get length(): number {
    const bytes = this.#bytes
    const short = (bytes[1] as number) & 0x7f
    if (short <= shortLength) return short
    const long = short === 127
    const length = long ? bytes.readBigUInt64BE(2) : BigInt(bytes.readUInt16BE(2))
    if (length <= (long ? 0xffffn : BigInt(shortLength))) throw broken('a length is not in its shortest form')
    if (length >> 63n !== 0n) throw broken('a length has its first bit set')
    return Number(length)
  }

  /** Copy bytes of the payload, unmasked (section 5.3). @param at where in the payload they belong */
  unmask(bytes: Uint8Array, payload: Uint8Array, at: number): void {
    const key = this.#needed - keyBytes
    for (let i = 0; i < bytes.length; i += 1) {
      payload[at + i] = (bytes[i] as number) ^ (this.#bytes[key + ((at + i) & 3)] as number)
    }
  }

  /** The first two bytes. @returns how long the whole header is */
  #admit(midway: boolean): number {
    const [first, second] = [this.#bytes[0] as number, this.#bytes[1] as number]
    const length = second & 0x7f
    // No extension is ever agreed on that could give them a meaning.
    if ((first & 0x70) !== 0) throw broken('a reserved bit is set')
    if ((second & 0x80) === 0) throw broken('a frame is not masked')
    if (this.isControl) this.#admitControl(length)
    else this.#admitData(midway)
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + keyBytes
  }

  #admitControl(length: number): void {
    if (this.opcode > opcodes.pong) throw broken('an opcode is unknown')
    if (!this.isLast) throw broken('a control frame is fragmented')
    if (length > shortLength) throw broken('a control frame is too long')
  }

  #admitData(midway: boolean): void {
    const { opcode } = this
    if (opcode === opcodes.binary) throw new Violation(closeCodes.unsupportedData, 'messages are text')
    if (opcode > opcodes.binary) throw broken('an opcode is unknown')
    if (opcode === opcodes.text && midway) throw broken('a message begins within another')
    if (opcode === opcodes.continuation && !midway) throw broken('there is nothing to continue')
  }
}
