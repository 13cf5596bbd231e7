/** What was measured of a server whose truth is known, beside what is computed from the very same sends. */
import { mean, percentile, sorted } from '../statistics/percentile.ts'
import { randomFrom } from '../statistics/random.ts'
import { lindley } from '../theory/replay.ts'

/** A request as the raw file has it; seconds. */
export interface Sample {
  readonly request: number
  readonly due: number
  readonly begun: number
  readonly last: number
}

export interface Compared {
  readonly percent: number
  /** Latency, seconds. */
  readonly measured: number
  readonly computed: number
  /** (measured - computed) / computed */
  readonly residual: number
}

/**
 * What a request takes beyond its service and its wait: the calls and the wake-ups on its way. From a run in which hardly
 * anybody waited; seconds.
 */
export function overheadOf(samples: readonly Sample[], services: ArrayLike<number>): number {
  const beyond = samples.map(({ request, begun, last }) => last - begun - (services[request] as number))
  return percentile(sorted(beyond), 50)
}

/** Latencies from the actual sends and the services that the server gave, by Lindley's recurrence. Neither is fitted. */
export function replayed(samples: readonly Sample[], services: ArrayLike<number>, overhead: number): Float64Array {
  const inOrder = [...samples].sort((a, b) => a.begun - b.begun)
  const responses = lindley(
    inOrder.map(({ begun }) => begun),
    inOrder.map(({ request }) => services[request] as number),
  )
  return Float64Array.from(inOrder, ({ due, begun }, at) => (responses[at] as number) + begun - due + overhead)
}

/**
 * The same for a server that stands still now and then: a stop is a request like any other, that nobody measures. When in the
 * run it stood still is not known, only how often, so the begin is drawn many times, and the middle taken.
 */
export function replayedWithFreezes(
  samples: readonly Sample[],
  services: ArrayLike<number>,
  overhead: number,
  freeze: { readonly every: number; readonly for: number },
  percents: readonly number[],
): number[] {
  const random = randomFrom(1)
  const inOrder = [...samples].sort((a, b) => a.begun - b.begun)
  const end = inOrder.at(-1)?.begun ?? 0
  const draws = Array.from({ length: 41 }, () => {
    const jobs = inOrder.map(({ request, due, begun }) => ({ begun, due, service: services[request] as number }))
    for (let at = (random() - 1) * freeze.every; at < end; at += freeze.every) {
      jobs.push({ begun: at, due: Number.NaN, service: freeze.for })
    }
    jobs.sort((a, b) => a.begun - b.begun)
    const responses = lindley(
      jobs.map(({ begun }) => begun),
      jobs.map(({ service }) => service),
    )
    return sorted(
      jobs.flatMap(({ due, begun }, at) =>
        Number.isNaN(due) ? [] : [(responses[at] as number) + begun - due + overhead],
      ),
    )
  })
  return percents.map((percent) => percentile(sorted(draws.map((latencies) => percentile(latencies, percent))), 50))
}

export function compareAt(
  percents: readonly number[],
  measured: ArrayLike<number>,
  computed: readonly number[],
): Compared[] {
  const ordered = sorted(measured)
  return percents.map((percent, at) => {
    const [is, should] = [percentile(ordered, percent), computed[at] as number]
    return { percent, measured: is, computed: should, residual: is / should - 1 }
  })
}

/** The share of its time that the server was asked for in a run. */
export function loadOf(samples: readonly Sample[], services: ArrayLike<number>, seconds: number): number {
  return (mean(samples.map(({ request }) => services[request] as number)) * samples.length) / seconds
}
