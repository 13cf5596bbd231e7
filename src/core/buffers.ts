/**
 * Buffers that are used again: allocating 68 KiB for each request costs more than filling it.
 *
 * A buffer that was taken belongs to its taker until it is given back; one that is never given back is
 * collected like any other memory.
 */

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
