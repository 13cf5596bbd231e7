/**
 * How long to wait before what ended by mistake is started again: longer each time, so that a mistake which comes back
 * at once does not keep the machine busy, and hardly at all when it comes once in a while.
 */

/** Before the first time, in milliseconds. Each further one doubles it. */
const firstDelay = 100
const mostDelay = 30_000
/** What has run for this long has not failed for the same reason as the one before. */
const calmTime = 60_000

export class Restarts {
  private failures = 0
  private startedAt = Number.NEGATIVE_INFINITY

  /** It starts. @param now by `Environment.now` */
  started(now: number): void {
    this.startedAt = now
  }

  /** It has ended by mistake. @returns how long to wait before it is started again, in milliseconds */
  ended(now: number): number {
    if (now - this.startedAt >= calmTime) this.failures = 0
    const delay = Math.min(mostDelay, firstDelay * 2 ** this.failures)
    this.failures += 1
    return delay
  }
}
