/**
 * How long a peer may make one request last, all in all.
 *
 * Each wait for a peer has a bound of its own: for a header section, for silence, for a piece of an answer. A body or an
 * answer of gigabytes has very many such waits. So their sum is bounded too: it is at most `limits.requestTime`, or what
 * the bytes that have gone over the connection take at `limits.requestRate`, if that is more. Only what is spent
 * waiting for the peer counts, and neither work nor disks.
 */
import type { Limits } from '../limits.ts'

export class Pace {
  #waited = 0
  #moved = 0

  /** A request begins, or a message. */
  begin(): void {
    this.#waited = 0
    this.#moved = 0
  }

  /** A wait is over. @param time milliseconds @param bytes that came or went */
  spend(time: number, bytes: number): void {
    this.#waited += time
    this.#moved += bytes
  }

  /**
   * Milliseconds that the next wait may last.
   *
   * @param most what it may last in any case
   * @param coming bytes that it is for, where they may count already: they are many
   */
  within(most: number, { requestTime, requestRate }: Limits, coming = 0): number {
    const allowed = Math.max(requestTime, ((this.#moved + coming) / requestRate) * 1000)
    return Math.max(0, Math.min(most, allowed - this.#waited))
  }
}
