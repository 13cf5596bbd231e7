/**
 * Telling a disk that is slow from a processor that others want, too.
 *
 * - A thread that waits for a processor is as silent as one that waits for a disk, but more threads do not help it: they wait for the
 *   same processor. docs/engines.md has what it costs to mistake one for the other.
 * - Linux tells how long a thread has run, and how long it was ready to run and did not (`schedstat`, in the kernel's
 *   Documentation/scheduler/sched-stats.rst). What is left of a stretch of time it has stood still.
 * - To ask costs more than a small file may. So the clock is looked at first, and the kernel is asked only after a stretch that took too long:
 *   about the next ones, for a while.
 */

/** Milliseconds for which the kernel is asked, once something took too long. */
const doubtTime = 1000

/** Nanoseconds that a thread has run and that it has waited for a processor, in milliseconds. @param text of its `schedstat` */
export function scheduled(text: string): number | undefined {
  const [ran, waited] = text.split(' ').map(Number)
  const sum = ((ran ?? Number.NaN) + (waited ?? Number.NaN)) / 1e6
  return Number.isNaN(sum) ? undefined : sum
}

/** What a thread's stretches of work are measured with. */
export interface Clocks {
  /** Milliseconds of any monotonic clock. */
  now(): number
  /** See `scheduled`; undefined where no one tells, and then all of a stretch counts. */
  scheduled(): number | undefined
}

/** A thread's work on what it is given, batch by batch, one file after the other. */
export class Stretch {
  private readonly clocks: Clocks
  private readonly patience: number
  private doubtUntil = -Infinity
  private begun = 0
  private before: number | undefined
  private files = 0
  private held = false

  /** @param patience milliseconds for which the thread may stand still for one file */
  constructor(patience: number, clocks: Clocks) {
    this.patience = patience
    this.clocks = clocks
  }

  /**
   * A batch.
   *
   * @param anyway it is to be done whatever has held the thread up before. Without that, who gives back what he was given, and is given it again, would
   * come to no end
   */
  begin(anyway: boolean): void {
    if (anyway || this.clocks.now() >= this.doubtUntil) this.held = false
    this.files = 0
    this.start()
  }

  private start(): void {
    this.before = this.clocks.now() < this.doubtUntil ? this.clocks.scheduled() : undefined
    // Last, as it is looked at first in the end: whatever the kernel counts in between is at most too much.
    this.begun = this.clocks.now()
  }

  /**
   * Asked before each file, and behind the last one: whether the thread has stood still for too long since `begin`, or had at the end of the batch before
   * (which may have been a single file, as this one may be). When it is the first time for long that it may have, that is not held against it, and another
   * stretch begins.
   */
  heldUp(): boolean {
    this.held ||= this.files > 0 && this.stoodStill()
    this.files += 1
    return this.held
  }

  private stoodStill(): boolean {
    const now = this.clocks.now()
    const most = this.patience * (this.files + 1)
    if (now - this.begun <= most) return false
    this.doubtUntil = now + doubtTime
    const after = this.clocks.scheduled()
    if (after === undefined) return true
    if (this.before !== undefined) return now - this.begun - (after - this.before) > most
    this.files = 0
    this.start()
    return false
  }
}
