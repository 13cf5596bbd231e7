/** Numbers that look random and can be had again by their seed: plans, resamples and simulations are repeatable. */
import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** A source of numbers, each at least 0 and less than 1. */
export type Random = () => number

/** @param seed an integer; the same seed gives the same numbers on every machine */
export function randomFrom(seed: number): Random {
  // The state is a hash of the seed: made from the seed itself, all sequences begin alike, and those of neighbours stay related.
  const hash = createHash('sha256').update(String(seed)).digest()
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => hash.readInt32LE(at)))
  return () => uniformFloat64(generator)
}

/** An exponentially distributed number, by inversion. @param mean greater than 0 */
export function exponential(random: Random, mean: number): number {
  // 1 - u is never 0, whose logarithm would be infinite.
  return -mean * Math.log(1 - random())
}

/** A whole number from 0 to `count - 1`. */
export function below(random: Random, count: number): number {
  return Math.floor(random() * count)
}

/** The same items in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const mixed = [...items]
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = below(random, last + 1)
    const kept = mixed[last] as T
    mixed[last] = mixed[other] as T
    mixed[other] = kept
  }
  return mixed
}
