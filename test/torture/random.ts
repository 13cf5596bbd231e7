/** Numbers that look random and can be had again: by their seed. */
import { createHash } from 'node:crypto'

/** @returns numbers from 0 to 1, without 1 (mulberry32) */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Bytes that tell where they come from, and that no compression or sparse file makes small. */
export function contentOf(label: string, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let piece = Buffer.from(`${label}\n`)
  for (let at = 0; at < size; at += piece.copy(bytes, at)) {
    if (at > 0) piece = createHash('sha256').update(`${label} ${at}`).digest()
  }
  return bytes
}

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
