/**
 * What the loop waits with: a set of descriptors, and one call that tells which of them have something to say. On Linux the
 * kernel keeps the set (epoll(7)); elsewhere it is handed over with each call (poll(2)). Both tell what *is* so, again
 * and again, and not what has changed (level-triggered, in the words of epoll(7)): what the loop leaves alone is told by the next wait.
 */
import { isLinux } from '../posix/platform.ts'
import { EpollSet } from './epollset.ts'
import { PollSet } from './pollset.ts'

/** A thing with a descriptor to watch. */
export interface Watched {
  readonly fd: number
  /** Whether other threads watch the descriptor too. Then one of those that wait is woken, not all, where the system can do that. */
  readonly shared: boolean
  /** The set's own: below 0 while it is in none. */
  slot: number
}

export interface WatchSet<T extends Watched> extends Iterable<T> {
  /** The set's own descriptor, if it has one: to be closed with the last use of the set. */
  readonly fd: number | undefined
  /** @throws ENOSPC, ENOMEM: the system has no room for one more (epoll_ctl(2)) */
  add(entry: T): void
  /** To be called before the descriptor is closed. Does nothing for an entry that is not in the set. */
  remove(entry: T): void
  /**
   * Wait until something happens.
   *
   * @param timeout milliseconds, or Infinity
   * @returns all entries that can be read without blocking, or that are broken, which reading will tell; none when the time is
   *     up, or when a signal came first
   */
  wait(timeout: number): T[]
}

/** @throws EMFILE, ENFILE, ENOMEM */
export function watchSet<T extends Watched>(): WatchSet<T> {
  return isLinux ? new EpollSet() : new PollSet()
}
