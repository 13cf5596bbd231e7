/**
 * Buffers that are used again: allocating 68 KiB for each request costs more than filling it.
 *
 * A buffer that was taken belongs to its taker until it is given back; one that is never given back is
 * collected like any other memory.
 */
import type { Program } from './program.ts'

/** Room for a header section and a small file, or for one piece of a copy. */
export const bufferSize = 68 * 1024

/** Enough for the requests that are in progress at a time; more are left to the garbage collector. */
const kept = 64

const free: Buffer[] = []

export function takeBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(bufferSize)
}

export function giveBuffer(buffer: Buffer): void {
  if (free.length < kept) free.push(buffer)
}

/** What is kept of a body, in memory of its own, before anything is made or taken for it: thousands may come at a time, and slowly. */
export const smallSize = 16 * 1024

/** A buffer with room for `size` bytes, `smallSize` at most, that begins with what another holds. It is twice as large each time. */
export function enlarged(held: Uint8Array, size: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Math.max(1024, 2 ** Math.ceil(Math.log2(size))))
  buffer.set(held)
  return buffer
}

/** What a large file is written or read at a time: as much as a processor's cache has room for. */
export const largeSize = 512 * 1024

/** Large buffers in use at a time: thousands of clients that are slow must not hold one each. */
const mostLarge = 32

const freeLarge: Buffer[] = []
let lentLarge = 0

/** @returns undefined when too many are in use */
export function takeLarge(): Buffer | undefined {
  if (lentLarge === mostLarge) return undefined
  lentLarge += 1
  return freeLarge.pop() ?? Buffer.allocUnsafeSlow(largeSize)
}

export function giveLarge(buffer: Buffer): void {
  lentLarge -= 1
  freeLarge.push(buffer)
}

/** The largest buffer that is to be had, for reading what is not waited for by the network. It goes back with `giveBack`. */
export function borrow(): Buffer {
  return takeLarge() ?? takeBuffer()
}

export function giveBack(buffer: Buffer): void {
  if (buffer.length === largeSize) giveLarge(buffer)
  else giveBuffer(buffer)
}

/** Room for a small file, which then leaves in one piece with its header section. */
export const loanSize = 64 * 1024

/** A buffer on loan: it goes back when the loan ends, unless an answer keeps it until it has been sent. */
export class Loan {
  /** Set when the answer will call `giveBack`. */
  kept = false
  readonly #buffer = takeBuffer()
  readonly room: Uint8Array = this.#buffer.subarray(0, loanSize)

  /** For `Response.release`. */
  readonly giveBack = (): Program<void> => giving(this.#buffer)

  end(): void {
    if (!this.kept) giveBuffer(this.#buffer)
  }
}

// biome-ignore lint/correctness/useYield: there is nothing to wait for
function* giving(buffer: Buffer): Program<void> {
  giveBuffer(buffer)
}
