/**
 * What all servers on a directory, and all threads of each, know at once: that a path was changed, and the latest time
 * that a file was given.
 *
 * It is one page of memory, which an engine maps (mmap(2)) from a file that they all open: to look at it takes no call.
 *
 * - Each path falls on a word, which grows with every change of it, and one word grows with those that may concern any
 *   path. What was read under a version holds as long as the version does.
 * - A word is odd while a change is under way: then only the file system knows (a seqlock; see Linux's
 *   Documentation/locking/seqlock.rst). Whoever changes has the lock. A word that is odd when somebody gets it was left so by a process that
 *   ended in the middle, and is put right.
 * - A word begins anew after 2^32 steps. To be taken for unchanged, its path would have to be changed exactly as often within
 *   `limits.cacheFresh`.
 */
import { microsecondOf, timeIn } from './dating.ts'
import { fold } from './fold.ts'

/** Bytes of the memory. All are zero at first. */
export const sharedBytes = 4096

/** Where the latest time lies: nanoseconds since 1970, in 64 bits. */
const newest = 0
/** Whether a change is under way, in 32 bits, and so are the words behind it. */
const busy = 2
const everything = 3
const firstWord = 4
const words = sharedBytes / 4 - firstWord

/** A time so much later than the clock was not given by it: the clock was set back, and is not run after. */
const mostAhead = 3_600_000_000_000n

/** Which paths a change concerns: by a link, or with a directory, it may be any. */
export type Changed = readonly string[] | 'everything'

/** A path as it was between two changes. Only `SharedMemory` looks inside. */
export interface Version {
  readonly at: number
  readonly one: number
  readonly all: number
}

export class SharedMemory {
  readonly #words: Int32Array
  readonly #times: BigInt64Array

  /** @param memory of `sharedBytes` */
  constructor(memory: ArrayBufferLike) {
    this.#words = new Int32Array(memory)
    this.#times = new BigInt64Array(memory)
  }

  /** The version that a path has now, or undefined while it is being changed. */
  versionOf(path: string): Version | undefined {
    const at = wordOf(path)
    const all = Atomics.load(this.#words, everything)
    const one = Atomics.load(this.#words, at)
    return isOdd(all) || isOdd(one) ? undefined : { at, one, all }
  }

  /** Whether nothing was changed, or is being changed, since the path had this version. */
  isNow({ at, one, all }: Version): boolean {
    return Atomics.load(this.#words, everything) === all && Atomics.load(this.#words, at) === one
  }

  /** What whoever ended in the middle has left odd. To be called by whoever has got the lock. */
  repair(): void {
    if (Atomics.load(this.#words, busy) === 0) return
    for (let at = everything; at < firstWord + words; at += 1) {
      if (isOdd(Atomics.load(this.#words, at))) Atomics.add(this.#words, at, 1)
    }
    Atomics.store(this.#words, busy, 0)
  }

  /** A change begins. Whoever makes it has the lock. */
  begin(changed: Changed): void {
    Atomics.store(this.#words, busy, 1)
    for (const at of wordsOf(changed)) Atomics.or(this.#words, at, 1)
  }

  /** All that were begun have ended, or failed. */
  end(begun: readonly Changed[]): void {
    for (const changed of begun) {
      for (const at of wordsOf(changed)) Atomics.add(this.#words, at, isOdd(Atomics.load(this.#words, at)) ? 1 : 2)
    }
    Atomics.store(this.#words, busy, 0)
  }

  /** A change was made that needed no lock. */
  note(changed: Changed): void {
    for (const at of wordsOf(changed)) Atomics.add(this.#words, at, 2)
  }

  /**
   * A time for a file that no other was given, and that is the wanted one unless another was given it or a later one: then it
   * is one of the next microseconds.
   *
   * @param wanted nanoseconds since 1970, by a clock
   */
  giveTime(wanted: bigint): bigint {
    for (;;) {
      const last = Atomics.load(this.#times, newest)
      const free = wanted > last || last - wanted > mostAhead
      const time = free ? wanted : timeIn(microsecondOf(last) + 1n)
      if (Atomics.compareExchange(this.#times, newest, last, time) === last) return time
    }
  }
}

function isOdd(word: number): boolean {
  return (word & 1) === 1
}

/** Two paths may be on one word: each is then changed with the other. */
function wordOf(path: string): number {
  let hash = 0
  const folded = fold(path)
  for (let at = 0; at < folded.length; at += 1) hash = (Math.imul(hash, 31) + folded.charCodeAt(at)) | 0
  return firstWord + ((hash >>> 0) % words)
}

function wordsOf(changed: Changed): readonly number[] {
  return changed === 'everything' ? [everything] : changed.map(wordOf)
}
