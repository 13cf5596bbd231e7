/**
 * Whether a run may be believed. A generator that is late, or a machine whose time its host takes, makes latencies of
 * its own, and no statistics can tell them from the server's: such a run is void.
 */
import type { Summary } from './summary.ts'

/** Half of the requests are to be sent within this time of when they were due, and 99 in 100 within the other; seconds. */
const latest = { half: 100e-6, most: 1e-3 }
/** Where only answers are counted: 99 in 100 are to be sent within this share of the run of when they were due. */
const uncounted = 0.01
/** The share of the machine's time that its host may take: as much as p99 hangs on. */
const stolenAtMost = 0.01
/** How much of one processor's time may go to other processes. */
const othersAtMost = 0.02

/** What the machine did besides, as shares of its time; undefined where it cannot be known. */
export interface Disturbance {
  /** Time that the host took. */
  readonly stolen: number | undefined
  /** Time of one processor that other processes took. */
  readonly others: number | undefined
}

/**
 * @param counted seconds that the run took, if it is about how many are answered: a request that was sent late makes a latency, and is
 *     answered no less
 * @returns why the run is void and what to do, one sentence for each reason; none when it may be believed
 */
export function spoilt(summary: Summary, { stolen, others }: Disturbance, counted?: number): string[] {
  const reasons: string[] = []
  const { 50: half, 99: most } = summary.lateness
  const bound = counted === undefined ? latest : { half: Infinity, most: counted * uncounted }
  const advice = 'Give it a processor of its own, end what else runs, or ask for fewer requests per second.'
  if (half !== undefined && half >= bound.half) {
    reasons.push(`The generator sent half of its requests ${micro(half)} µs late or later. ${advice}`)
  }
  if (most !== undefined && most >= bound.most) {
    reasons.push(`The generator sent one request in a hundred ${micro(most)} µs late or later. ${advice}`)
  }
  if (stolen !== undefined && stolen >= stolenAtMost) {
    const percent = (stolen * 100).toFixed(1)
    reasons.push(`The host took ${percent} % of the machine's time. Run it again when the host is quieter.`)
  }
  if (others !== undefined && others >= othersAtMost) {
    const percent = (others * 100).toFixed(1)
    reasons.push(`Other processes took ${percent} % of a processor. End them, and run it again.`)
  }
  return reasons
}

function micro(seconds: number): number {
  return Math.round(seconds * 1e6)
}
