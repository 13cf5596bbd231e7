/**
 * Whether a run may be believed. A generator that is late, or a machine whose time its host takes, makes latencies of
 * its own, and no statistics can tell them from the server's: such a run is void.
 */
import type { Summary } from './summary.ts'

/** What a run is about: a percentile of its latencies, or how many requests are answered. */
export type About = 'count' | 50 | 90 | 99 | 99.9 | 100

/**
 * What a request may always be late by: half of them, those at the end of the tail, seconds. Beyond that, lateness is held against what is measured: a
 * millisecond spoils a latency of two, and not one of twenty.
 */
const allowed = { half: 100e-6, most: 1e-3 }
const rivals = 0.1
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
 * @param about what it is about: a request that was sent late makes a latency, and is answered no less
 * @param seconds that the run took
 * @returns why the run is void and what to do, one sentence for each reason; none when it may be believed
 */
export function spoilt(summary: Summary, { stolen, others }: Disturbance, about: About, seconds: number): string[] {
  const advice = 'Give it a processor of its own, end what else runs, or ask for fewer requests per second.'
  const reasons = lateness(summary, about, seconds).map((what) => `The generator sent ${what}. ${advice}`)
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

/**
 * Whether a percentile of a run may be believed, as far as it hangs on the generator. That half were in time says nothing about the end of the tail, and
 * what the end of the tail was late by is nothing to the middle.
 */
export function tells(summary: Summary, about: About): boolean {
  return lateness(summary, about, Infinity).length === 0
}

/** What was late. Of the middle nine in ten are to be in time, so that it lies at most a few places from where it would; of the tail 99 in 100. */
function lateness({ lateness, latency }: Summary, about: About, seconds: number): string[] {
  const [middle, tail] = [latency?.[50] ?? 0, about === 'count' ? 0 : (latency?.[about] ?? 0)]
  const half = Math.max(allowed.half, rivals * middle)
  const bounds: readonly (readonly [50 | 90 | 99, string, number])[] =
    about === 'count'
      ? [[99, 'one request in a hundred', seconds * uncounted]]
      : [
          [50, 'half of its requests', half],
          about === 50
            ? [90, 'one request in ten', half]
            : [99, 'one request in a hundred', Math.max(allowed.most, rivals * tail)],
        ]
  return bounds.flatMap(([percent, which, bound]) => {
    const late = lateness[percent]
    return late !== undefined && late >= bound ? [`${which} ${micro(late)} µs late or later`] : []
  })
}

function micro(seconds: number): number {
  return Math.round(seconds * 1e6)
}
