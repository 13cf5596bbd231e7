/**
 * Where an engine falls off: what a little more of something does that the same again did not do before. Each is predicted from what is
 * known before the run. Times are seconds.
 */
import { percentile, sorted } from '../statistics/percentile.ts'
import { exponential, type Random, randomFrom } from '../statistics/random.ts'
import { kieferWolfowitz } from './replay.ts'

/** The middle of the draws, and between what nine in ten of them lay. */
export interface Span {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

export function spanOf(values: ArrayLike<number>): Span {
  const ordered = sorted(values)
  const [low, estimate, high] = [5, 50, 95].map((at) => percentile(ordered, at)) as [number, number, number]
  return { estimate, low, high }
}

/** How often a run is drawn. */
export const draws = 21

export interface Stalled {
  /** Threads, each of which serves one request to its end. */
  readonly threads: number
  /** Clients that send half a header section. */
  readonly clients: number
  /** The time that a thread waits for the rest of a header section. */
  readonly deadline: number
  /** After which a client that was cut off comes again. */
  readonly again: number
  /** Of those who ask properly, over new connections; per second. */
  readonly rate: number
  readonly service: number
  /** Beyond service and wait. */
  readonly way: number
  /** Of a run. */
  readonly seconds: number
  readonly seed: number
}

/**
 * Threads against clients that send half a request: one queue, in the order of arrival, of short requests and of clients who hold
 * a thread until the deadline and then come again.
 *
 * @returns the share of time in which all threads are held, and percentiles of the latency of the others
 */
export function stalledThreads(given: Stalled, percents: readonly number[]): { held: Span; latency: Span[] } {
  const random = randomFrom(given.seed)
  const runs = Array.from({ length: draws }, () => stalledRun(given, random))
  return {
    held: spanOf(runs.map(({ held }) => held)),
    latency: percents.map((percent) => spanOf(runs.map(({ latencies }) => percentile(latencies, percent)))),
  }
}

function stalledRun(given: Stalled, random: Random): { held: number; latencies: Float64Array } {
  const { threads, clients, deadline, again, rate, service, way, seconds } = given
  const free = new Float64Array(threads).fill(-Infinity)
  // They came together, before the run, nobody knows how long.
  const began = -random() * deadline
  const returns = Array.from({ length: clients }, () => began)
  const holds: { readonly at: number; readonly more: 1 | -1 }[] = []
  const latencies: number[] = []
  let arrival = exponential(random, 1 / rate)
  const serve = (at: number, time: number) => {
    const first = free.indexOf(Math.min(...free))
    const begin = Math.max(free[first] as number, at)
    free[first] = begin + time
    return begin
  }
  while (arrival < seconds) {
    const next = returns.indexOf(Math.min(...returns))
    const back = returns[next] ?? Infinity
    if (back <= arrival) {
      const begin = serve(back, deadline)
      holds.push({ at: begin, more: 1 }, { at: begin + deadline, more: -1 })
      returns[next] = begin + deadline + again
    } else {
      latencies.push(serve(arrival, service) + service + way - arrival)
      arrival += exponential(random, 1 / rate)
    }
  }
  return { held: shareHeld(holds, threads, seconds), latencies: sorted(latencies) }
}

/** The share of a run in which so many threads are held at the same time. */
function shareHeld(holds: readonly { readonly at: number; readonly more: number }[], threads: number, seconds: number) {
  let [held, total, since] = [0, 0, 0]
  for (const { at, more } of holds.toSorted((a, b) => a.at - b.at || a.more - b.more)) {
    const now = Math.min(Math.max(at, 0), seconds)
    if (held >= threads) total += now - since
    since = now
    held += more
  }
  return total / seconds
}

export interface Disk {
  /** Reads per second. */
  readonly rate: number
  /** What each read takes. */
  readonly delay: number
  /** Threads that read. */
  readonly threads: number
  /** Beyond the read and the wait for it. */
  readonly way: number
  readonly seconds: number
  readonly seed: number
}

/** Threads that wait for a disk (M/D/k): the most that they can do, how fast the backlog grows beyond that, and below it the percentiles. */
export function diskThreads(given: Disk, percents: readonly number[]) {
  const { rate, delay, threads, way, seconds, seed } = given
  const capacity = threads / delay
  const random = randomFrom(seed)
  const runs = Array.from({ length: rate < capacity ? draws : 0 }, () => {
    const arrivals = poisson(random, rate, seconds)
    return kieferWolfowitz(arrivals, new Float64Array(arrivals.length).fill(delay), threads).sort()
  })
  const latency =
    runs.length === 0 ? [] : percents.map((percent) => spanOf(runs.map((run) => percentile(run, percent) + way)))
  return { capacity, achieved: Math.min(rate, capacity), growth: Math.max(0, rate - capacity), latency }
}

/** Arrivals of a Poisson process, at least one. */
export function poisson(random: Random, rate: number, seconds: number): Float64Array {
  const arrivals = [exponential(random, 1 / rate)]
  for (let now = arrivals[0] as number; ; ) {
    now += exponential(random, 1 / rate)
    if (now >= seconds) return Float64Array.from(arrivals)
    arrivals.push(now)
  }
}
