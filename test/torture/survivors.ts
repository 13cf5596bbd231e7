/**
 * What is on a disk after its power was cut at some moment.
 *
 * A disk keeps writes in a cache of its own, in which they may wait, in any order, until it is told to flush it. What it
 * was told to flush has survived; of the rest, all, nothing or any part may have. Parts are blocks of 4 KiB, which disks
 * write whole or not at all.
 */
import type { Event } from './disk.ts'

/** What becomes of the writes that were not flushed. */
export const fates = ['flushed only', 'some unflushed', 'all written'] as const
export type Fate = (typeof fates)[number]

const block = 4096

/**
 * @param base what was on the disk when its log began
 * @param cut how many events had happened
 * @param random from 0 to 1
 */
export function survivors(base: Buffer, log: readonly Event[], cut: number, fate: Fate, random: () => number): Buffer {
  const image = Buffer.from(base)
  const before = log.slice(0, cut)
  const flushed = before.findLastIndex((event) => event.kind === 'flush')
  for (const [index, event] of before.entries()) {
    if (event.kind !== 'write') continue
    if (index < flushed || fate === 'all written') event.bytes.copy(image, event.at)
    else if (fate === 'some unflushed') scatter(image, event.at, event.bytes, random)
  }
  return image
}

/** Write each block or leave it out. */
function scatter(image: Buffer, at: number, bytes: Buffer, random: () => number): void {
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + block - ((at + from) % block))
    if (random() < 0.5) bytes.copy(image, at + from, from, to)
    from = to
  }
}
