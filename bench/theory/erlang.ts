/**
 * Erlang's formulas, and M/M/k: Poisson arrivals, exponential service times, k servers with one queue.
 *
 * Kleinrock, "Queueing Systems", volume 1 (1975), sections 3.5 and 3.6.
 */
import { utilization } from './moments.ts'

/**
 * Erlang B: the share of arrivals that find all servers busy where nobody waits.
 *
 * @param load λ E[S], in erlangs
 */
export function erlangB(servers: number, load: number): number {
  // The recurrence over the number of servers, in which nothing overflows as the factorials of the formula do.
  let blocked = 1
  for (let server = 1; server <= servers; server += 1) blocked = (load * blocked) / (server + load * blocked)
  return blocked
}

/** Erlang C: the share of arrivals that have to wait. @param load in erlangs, less than there are servers */
export function erlangC(servers: number, load: number): number {
  const share = utilization(load, 1, servers)
  const blocked = erlangB(servers, load)
  return blocked / (1 - share * (1 - blocked))
}

export interface QueueWait {
  readonly utilization: number
  /** The share of arrivals that wait at all. */
  readonly waiting: number
  /** E[W], seconds. */
  readonly wait: number
}

/** @param mean E[S], seconds @throws RangeError where the servers cannot keep up */
export function mmk(rate: number, mean: number, servers: number): QueueWait {
  const share = utilization(rate, mean, servers)
  const waiting = erlangC(servers, rate * mean)
  return { utilization: share, waiting, wait: (waiting * mean) / (servers * (1 - share)) }
}

/**
 * A percentile of the wait in M/M/k: P(W > t) = C e^{-(kμ - λ)t}.
 *
 * @returns seconds; 0 for those who do not wait
 */
export function mmkWaitPercentile(rate: number, mean: number, servers: number, percent: number): number {
  const { waiting, utilization: share } = mmk(rate, mean, servers)
  const beyond = 1 - percent / 100
  return beyond >= waiting ? 0 : (Math.log(waiting / beyond) * mean) / (servers * (1 - share))
}
