/** How long the server whose truth is known serves each request: by the request's number, so that whoever knows the seed knows it too. */
import { exponential, randomFrom } from '../statistics/random.ts'

export type Shape = 'fixed' | 'exponential'

/** @param mean seconds @returns the service time of each request, by its number; seconds */
export function serviceTimes(shape: Shape, mean: number, seed: number, count: number): Float64Array {
  const random = randomFrom(seed)
  return Float64Array.from({ length: count }, () => (shape === 'fixed' ? mean : exponential(random, mean)))
}
