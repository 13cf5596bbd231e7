/**
 * What the main thread and a serving thread tell each other while neither can take a message: the serving
 * thread's event loop does not turn. Words of shared memory, changed only with `Atomics`.
 *
 * - `serving` is the descriptor that a request is served on, or -1, so that a blocked call can be woken with `shutdown(2)`.
 * - `shutdown` must not hit a descriptor that has been closed and given out anew: while the main thread holds `cutting`,
 *   the serving thread does not go on to close the connection.
 * - Behind them stands a bit for each descriptor that the thread has open, so that the main thread can close them when
 *   the thread has ended without doing so: out of memory, for one. A peer would wait for ever otherwise.
 */

const phaseWord = 0
const servingWord = 1
const cuttingWord = 2
const openWords = 3
/** Descriptors above are not kept account of. Most of these pages are never touched. */
const mostDescriptors = 2 ** 20

const running = 0
const stopping = 1
const cut = 2

export class Shared {
  readonly memory: SharedArrayBuffer
  private readonly words: Int32Array

  constructor(memory = new SharedArrayBuffer(openWords * 4 + mostDescriptors / 8)) {
    this.memory = memory
    this.words = new Int32Array(memory)
  }

  /** Whether requests in progress may still go on, but nothing new begins. */
  get stopping(): boolean {
    return Atomics.load(this.words, phaseWord) !== running
  }

  /** Whether everything is to end now. */
  get cut(): boolean {
    return Atomics.load(this.words, phaseWord) === cut
  }

  /** Main thread: begin to stop. */
  stop(): void {
    Atomics.compareExchange(this.words, phaseWord, running, stopping)
  }

  /** Main thread: end the request in progress. @param wake is given the descriptor it is served on */
  end(wake: (fd: number) => void): void {
    Atomics.store(this.words, phaseWord, cut)
    Atomics.store(this.words, cuttingWord, 1)
    const fd = Atomics.load(this.words, servingWord)
    if (fd >= 0) wake(fd)
    Atomics.store(this.words, cuttingWord, 0)
    Atomics.notify(this.words, cuttingWord)
  }

  /** Serving thread: a request begins. @returns false when it must not */
  enter(fd: number): boolean {
    Atomics.store(this.words, servingWord, fd)
    // In this order: either we see the cut here, or the main thread sees the descriptor there.
    return !this.cut
  }

  /** Serving thread: the request has ended, and its connection may be closed. */
  leave(): void {
    Atomics.store(this.words, servingWord, -1)
    if (this.stopping) Atomics.wait(this.words, cuttingWord, 1)
  }

  /** Serving thread: a descriptor that must not outlive the thread has been opened. */
  opened(fd: number): void {
    if (fd < mostDescriptors) Atomics.or(this.words, openWords + (fd >>> 5), 1 << (fd & 31))
  }

  /** Serving thread: it is about to be closed. */
  closing(fd: number): void {
    if (fd < mostDescriptors) Atomics.and(this.words, openWords + (fd >>> 5), ~(1 << (fd & 31)))
  }

  /** Main thread: what a thread that has ended has left open. */
  left(): readonly number[] {
    const fds: number[] = []
    for (let word = openWords; word < this.words.length; word += 1) {
      for (let bits = this.words[word] as number, bit = 0; bits !== 0; bits >>>= 1, bit += 1) {
        if (bits & 1) fds.push((word - openWords) * 32 + bit)
      }
    }
    return fds
  }
}
