/** Gamma-distributed numbers: sums of exponentials (Erlang's distribution), and service times of a given variability. */
import type { Random } from '../statistics/random.ts'

/**
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
 *
 * @param shape at least 1: so many exponentials, where it is a whole number; c² is 1/shape
 * @param mean of the distribution, greater than 0
 */
export function gamma(random: Random, shape: number, mean: number): number {
  if (!(shape >= 1)) throw new RangeError(`A shape of ${shape} is not drawn here: it has to be 1 at least.`)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v * mean) / shape
  }
}

/** A number of the standard normal distribution (Box and Muller, 1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
