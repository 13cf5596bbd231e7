/**
 * What the main thread and a serving thread tell each other while neither can take a message: the serving
 * thread's event loop does not turn. Three words of shared memory, changed only with `Atomics`.
 *
 * - `serving` is the descriptor that a request is served on, or -1, so that a blocked call can be woken with `shutdown(2)`.
 * - `shutdown` must not hit a descriptor that has been closed and given out anew: while the main thread holds `cutting`,
 *   the serving thread does not go on to close the connection.
 */

const phaseWord = 0
const servingWord = 1
const cuttingWord = 2

const running = 0
const stopping = 1
const cut = 2

export class Shared {
  readonly memory: SharedArrayBuffer
  private readonly words: Int32Array

  constructor(memory = new SharedArrayBuffer(3 * 4)) {
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
}
