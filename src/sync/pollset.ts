/**
 * What one `poll(2)` watches: an array of `struct pollfd`, kept from call to call and changed in place, so
 * that a request costs no more when thousands of connections are idle than the kernel's own look at each.
 *
 * - An entry that leaves is replaced by the last one, so the array has no holes.
 * - An entry can be silenced: the kernel skips a negative descriptor (poll(2)).
 */
import { POLLIN } from '../posix/platform.ts'
import { poll } from './sockets.ts'

/** A thing with a descriptor to watch. `slot` is the set's own. */
export interface Watched {
  readonly fd: number
  slot: number
}

export class PollSet<T extends Watched> {
  private entries: T[] = []
  /** `struct pollfd { int fd; short events; short revents; }`, as whole words and as halves. */
  private words = new Int32Array(2 * 64)
  private halves = new Int16Array(this.words.buffer)

  add(entry: T): void {
    const slot = this.entries.length
    if (slot * 2 === this.words.length) this.grow()
    entry.slot = slot
    this.entries.push(entry)
    this.words[slot * 2] = entry.fd
    this.halves[slot * 4 + 2] = POLLIN
    this.halves[slot * 4 + 3] = 0
  }

  remove(entry: T): void {
    const last = this.entries.pop()
    if (last === undefined || last === entry) return
    const { slot } = entry
    const from = last.slot * 2
    this.entries[slot] = last
    this.words.copyWithin(slot * 2, from, from + 2)
    last.slot = slot
  }

  /** Watch an entry, or leave it in the set unwatched. */
  watch(entry: T, on: boolean): void {
    this.words[entry.slot * 2] = on ? entry.fd : -1
  }

  /** All entries, in no order. */
  [Symbol.iterator](): Iterator<T> {
    return this.entries.slice().values()
  }

  /**
   * Wait until something happens.
   *
   * @param timeout milliseconds, or Infinity
   * @returns the entries that can be read without blocking, or that are broken, which reading will tell
   */
  wait(timeout: number): T[] {
    const seen: T[] = []
    const { entries, halves } = this
    let found = poll(this.words, entries.length, timeout)
    for (let slot = 0; found > 0 && slot < entries.length; slot += 1) {
      if (halves[slot * 4 + 3] === 0) continue
      found -= 1
      seen.push(entries[slot] as T)
    }
    return seen
  }

  private grow(): void {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    this.halves = new Int16Array(words.buffer)
  }
}
