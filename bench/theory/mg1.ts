/**
 * M/G/1: Poisson arrivals, any service times, one server, first come first served. What the blocking engine is, as long
 * as one request costs it the same whatever the queue.
 *
 * Pollaczek and Khinchine's formulas, as in Kleinrock, "Queueing Systems", volume 1 (1975), section 5.7, and for the second
 * moment of the wait, Takács' recurrence, section 5.7 too. Exact; what they leave out is the shape of the curve, for which
 * there is `replay.ts`.
 */
import { type Moments, utilization } from './moments.ts'

export interface Delays {
  /** ρ */
  readonly utilization: number
  /** E[W], from arrival to the begin of service; seconds. */
  readonly wait: number
  /** Var[W]; seconds². */
  readonly waitVariance: number
  /** E[T], from arrival to the end of service; seconds. */
  readonly response: number
  /** Var[T]; seconds². */
  readonly responseVariance: number
}

/** @throws RangeError where the server cannot keep up */
export function pollaczekKhinchine(rate: number, service: Moments): Delays {
  const { mean, second, third } = service
  const share = utilization(rate, mean)
  const wait = (rate * second) / (2 * (1 - share))
  // E[W²] = 2 E[W]² + λ E[S³] / 3(1 - ρ), and so:
  const waitVariance = wait * wait + (rate * third) / (3 * (1 - share))
  // A request's wait knows nothing of its own service time.
  const responseVariance = waitVariance + second - mean * mean
  return { utilization: share, wait, waitVariance, response: wait + mean, responseVariance }
}
