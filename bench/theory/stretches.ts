/**
 * What a run shows of a single server, whatever the order in which it serves: as long as somebody is there it works, so that from one
 * end of service to the next it has done one request's work. This is Lindley's recurrence the other way round.
 */
import { mean, percentile, sorted, variance } from '../statistics/percentile.ts'

/** From one end of service to the next; where nobody was there, from the next arrival. */
export interface Stretch {
  /** Seconds. */
  readonly length: number
  /** How many were there when it began, the one whose service ended it among them. */
  readonly there: number
  /** How many have been served since somebody was last alone, this one counted. */
  readonly place: number
}

/**
 * @param arrivals seconds
 * @param ends of service, in any order; seconds
 */
export function stretchesOf(arrivals: ArrayLike<number>, ends: ArrayLike<number>): Stretch[] {
  const [come, gone] = [sorted(arrivals), sorted(ends)]
  let [before, arrived, place] = [-Infinity, 0, 0]
  return Array.from(gone, (end, at) => {
    const arrival = come[at] as number
    const start = Math.max(before, arrival)
    place = arrival >= before ? 1 : place + 1
    while (arrived < come.length && (come[arrived] as number) <= start) arrived += 1
    before = end
    return { length: Math.max(0, end - start), there: arrived - at, place }
  })
}

/** The mean and its standard error. */
export interface Estimate {
  readonly mean: number
  readonly error: number
  readonly count: number
}

export function estimateOf(values: ArrayLike<number>): Estimate {
  const count = values.length
  if (count < 2) return { mean: count === 0 ? Number.NaN : (values[0] as number), error: Infinity, count }
  return { mean: mean(values), error: Math.sqrt(variance(values) / count), count }
}

export interface Shown {
  /** Of requests that others waited for: seconds of service. */
  readonly service: Estimate
  /** The same, where the queue was at most as long as its middle, and where it was longer. */
  readonly few: Estimate
  readonly many: Estimate
  /** What others waited for longer than for any service of the calibration; seconds each. */
  readonly stops: readonly number[]
  /** The share of E[S²], by which a queue grows, that is due to the stops. */
  readonly stopped: number
}

/** How many times the longest service of a calibration a stretch has to last to be a stop. */
const stopAtLeast = 5

/**
 * The first two of each busy period are left out: the way there and back of the first is that of a server that was woken.
 *
 * @param longest the longest service of the calibration, seconds
 */
export function shownBy(stretches: readonly Stretch[], longest: number): Shown {
  const isStop = ({ length }: Stretch) => length > stopAtLeast * longest
  const stops = stretches.filter(isStop).map(({ length }) => length)
  const busy = stretches.filter((stretch) => stretch.place > 2 && !isStop(stretch))
  const middle = busy.length === 0 ? 0 : percentile(sorted(busy.map(({ there }) => there)), 50)
  const lengths = (wanted: (stretch: Stretch) => boolean) => busy.filter(wanted).map(({ length }) => length)
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0)
  return {
    service: estimateOf(lengths(() => true)),
    few: estimateOf(lengths(({ there }) => there <= middle)),
    many: estimateOf(lengths(({ there }) => there > middle)),
    stops,
    stopped: squares(stops) / squares(stretches.map(({ length }) => length)),
  }
}

/**
 * How much more evenly or unevenly than a Poisson process's the arrivals are spread: the variance of their number in equal windows, over
 * its mean. 1 for Poisson, more where they come in bunches (Cox and Lewis, "The Statistical Analysis of Series of Events", 1966,
 * section 4.5).
 *
 * @param arrivals ascending; seconds
 * @returns the index, and the standard error that it has for a Poisson process
 */
export function dispersion(
  arrivals: ArrayLike<number>,
  perWindow = 20,
): { readonly index: number; readonly error: number } {
  const windows = Math.floor(arrivals.length / perWindow)
  if (windows < 10) return { index: 1, error: Infinity }
  const [first, last] = [arrivals[0] as number, arrivals[arrivals.length - 1] as number]
  const counts = new Float64Array(windows)
  for (let at = 0; at < arrivals.length - 1; at += 1) {
    const window = Math.min(windows - 1, Math.floor((((arrivals[at] as number) - first) / (last - first)) * windows))
    counts[window] = (counts[window] as number) + 1
  }
  return { index: variance(counts) / mean(counts), error: Math.sqrt(2 / (windows - 1)) }
}
