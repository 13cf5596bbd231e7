/** A run in figures: latencies, how late the generator was, and how the backlog grew. */
import { percentile, sorted, tellable } from '../statistics/percentile.ts'
import { growthOf, leastBacklogs } from '../statistics/stability.ts'
import type { Run } from './generator.ts'
import type { LoadOrder } from './order.ts'
import { type Phases, phasesOf } from './phases.ts'
import { type Outcome, outcomes, type Recording } from './recording.ts'

export const percents = [50, 90, 99, 99.9, 100] as const

/** By percentile. Seconds; Infinity where that request got no right answer, undefined where there are too few to tell. */
export type Percentiles = Readonly<Record<(typeof percents)[number], number | undefined>>

export interface Summary {
  readonly requests: number
  /** Requests due per second. */
  readonly offered: number
  /** Right answers per second, until the last request was due. */
  readonly achieved: number
  readonly outcomes: Readonly<Record<Outcome, number>>
  readonly latency: Percentiles
  /** From when a request was due until the generator made the call that sends it, or connects for it. */
  readonly lateness: Percentiles
  readonly longestPause: number
  readonly opened: number
  readonly repeated: number
  /** Requests that found no open connection free. */
  readonly connected: number
  /** How short the backlog became in each twentieth of the run, in requests. */
  readonly backlog: readonly number[]
  /** How fast it grew in the run, in requests per second. */
  readonly growth: number
  /** By the server's own account, where it was asked for. */
  readonly phases?: Phases
}

export function summarize(order: LoadOrder, run: Run): Summary {
  const { recording, opened, repeated, longestPause } = run
  const { count, due, last } = recording
  const counts = Object.fromEntries(outcomes.map((name) => [name, 0])) as Record<Outcome, number>
  let [inTime, connected] = [0, 0]
  const backlog = leastBacklogs(due.subarray(0, count), recording.ended.subarray(0, count), order.seconds)
  for (let request = 0; request < count; request += 1) {
    const outcome = recording.outcomeOf(request)
    counts[outcome] += 1
    connected += recording.connected[request] as number
    if (outcome === 'answered' && (last[request] as number) <= order.seconds) inTime += 1
  }
  return {
    requests: count,
    offered: count / order.seconds,
    achieved: inTime / order.seconds,
    outcomes: counts,
    latency: percentilesOf(recording.latencies()),
    lateness: percentilesOf(latenessOf(recording)),
    longestPause,
    opened,
    repeated,
    connected,
    ...{ backlog, growth: growthOf(backlog, order.seconds) },
    ...(recording.timings === undefined ? {} : { phases: phasesOf(recording.timings) }),
  }
}

export function percentilesOf(values: Float64Array): Percentiles {
  const ordered = sorted(values)
  const of = (percent: number) => (tellable(ordered.length, percent) ? percentile(ordered, percent) : undefined)
  return Object.fromEntries(percents.map((percent) => [percent, of(percent)])) as unknown as Percentiles
}

/**
 * How late the generator turned to each request. The call that sends it is not counted: on a loopback it is the kernel's way to the server,
 * which wakes it, too, and what it holds up comes late after it.
 */
function latenessOf({ count, due, begun }: Recording): Float64Array {
  return Float64Array.from({ length: count }, (_, request) => (begun[request] as number) - (due[request] as number))
}
