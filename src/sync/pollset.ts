/**
 * What one `poll(2)` watches, where there is no epoll(7): an array of `struct pollfd`, kept from call to call and changed
 * in place, so that a request costs no more when thousands of connections are idle than the kernel's own look at each.
 *
 * - An entry that leaves is replaced by the last one, so the array has no holes.
 * - `poll` wakes everybody who watches a descriptor that is shared: it knows no other way.
 */
import { POLLIN } from '../posix/platform.ts'
import { poll } from './sockets.ts'
import type { Watched, WatchSet } from './watchset.ts'

export class PollSet<T extends Watched> implements WatchSet<T> {
  readonly fd = undefined
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
    const { slot } = entry
    if (slot < 0) return
    entry.slot = -1
    const last = this.entries.pop() as T
    if (last === entry) return
    const from = last.slot * 2
    this.entries[slot] = last
    this.words.copyWithin(slot * 2, from, from + 2)
    last.slot = slot
  }

  [Symbol.iterator](): Iterator<T> {
    return this.entries.slice().values()
  }

  /** In no order that means anything. */
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
