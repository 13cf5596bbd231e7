/**
 * What one `epoll_wait(2)` watches: an interest list that the kernel keeps, so that a wait costs nothing for those who have
 * nothing to say. It is changed when somebody comes or goes, and not for a request.
 *
 * - There is room for all entries to be ready at once, so that one wait tells everything, as `poll(2)` does: nobody is ready
 *   and not yet in the queue. They come in the order in which they became ready.
 * - An entry leaves before its descriptor is closed. The kernel would keep it for as long as anybody has the same open file,
 *   such as a child process that has been forked and not yet gone on to `exec` (epoll(7), questions and answers).
 * - A shared entry wakes one of those who wait (EPOLLEXCLUSIVE, epoll_ctl(2)): the first in the order in which they were added
 *   that is asleep. Who is not asleep is passed over, and sees it when he next waits.
 */
import { check } from '../posix/listening.ts'
import * as os from '../posix/platform.ts'
import { posix } from '../posix/posix.ts'
import { inMilliseconds, unlessInterrupted } from './sockets.ts'
import type { Watched, WatchSet } from './watchset.ts'

/**
 * `struct epoll_event { uint32_t events; epoll_data_t data; }` in words of four bytes: packed on x86-64, and aligned to eight
 * elsewhere (epoll_event(3type)). What we put into `data` is the descriptor, in the first of its two words.
 */
const eventWords = process.arch === 'x64' ? 3 : 4
const dataWord = eventWords - 2

export class EpollSet<T extends Watched> implements WatchSet<T> {
  readonly fd = check(posix.epoll_create1(os.EPOLL_CLOEXEC), 'epoll_create1')
  private readonly entries = new Map<number, T>()
  private readonly event = new Int32Array(eventWords)
  private events = new Int32Array(eventWords * 64)

  add(entry: T): void {
    const { event, entries } = this
    event[0] = entry.shared ? os.EPOLLIN | os.EPOLLEXCLUSIVE : os.EPOLLIN
    event[dataWord] = entry.fd
    check(posix.epoll_ctl(this.fd, os.EPOLL_CTL_ADD, entry.fd, event), 'epoll_ctl')
    entries.set(entry.fd, entry)
    entry.slot = 0
    if (entries.size * eventWords > this.events.length) this.events = new Int32Array(this.events.length * 2)
  }

  remove(entry: T): void {
    if (entry.slot < 0) return
    entry.slot = -1
    this.entries.delete(entry.fd)
    posix.epoll_ctl(this.fd, os.EPOLL_CTL_DEL, entry.fd, null)
  }

  [Symbol.iterator](): Iterator<T> {
    return [...this.entries.values()].values()
  }

  wait(timeout: number): T[] {
    const { events } = this
    const most = events.length / eventWords
    const found = unlessInterrupted(posix.epoll_wait(this.fd, events, most, inMilliseconds(timeout)), 'epoll_wait')
    const seen: T[] = []
    for (let at = 0; at < found; at += 1) {
      const entry = this.entries.get(events[at * eventWords + dataWord] as number)
      if (entry !== undefined) seen.push(entry)
    }
    return seen
  }
}
