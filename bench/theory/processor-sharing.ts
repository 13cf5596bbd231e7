/**
 * M/G/1-PS: all requests that are there share the server evenly. What an event loop comes near to, when a request is many short
 * turns, and a server in which the network is shared.
 *
 * Kleinrock, "Queueing Systems", volume 2 (1976), section 4.4. A request's mean time depends on its own length only; that
 * some others are very long does not matter (insensitivity). That is the prediction to be tested: an event loop whose requests are
 * one turn each is first come first served, and follows `mg1.ts` instead.
 */
import { utilization } from './moments.ts'

/** E[T], seconds: over all requests. @throws RangeError where the server cannot keep up */
export function sharedResponse(rate: number, mean: number): number {
  return mean / (1 - utilization(rate, mean))
}

/** E[T] of a request that needs `own` seconds by itself. */
export function sharedResponseOf(own: number, rate: number, mean: number): number {
  return own / (1 - utilization(rate, mean))
}
