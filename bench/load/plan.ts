/**
 * When requests are due: a Poisson process, which is what many people who know nothing of one another make.
 *
 * The same seed gives the same plan, so that two servers can be asked exactly the same at exactly the same moments.
 */
import { exponential, type Random, randomFrom } from '../statistics/random.ts'

export interface Plan {
  /** Seconds from the begin of the run, ascending. */
  readonly due: Float64Array
  /** Which target each request is for. */
  readonly target: Uint8Array
}

/** @param weights how often each target is asked for, relative to the others */
export function poissonPlan(rate: number, seconds: number, seed: number, weights: readonly number[]): Plan {
  if (!(rate > 0 && seconds > 0)) throw new RangeError(`${rate}/s for ${seconds} s is no plan: both must be above 0.`)
  const random = randomFrom(seed)
  const choose = chooser(random, weights)
  const [due, target]: [number[], number[]] = [[], []]
  for (let now = exponential(random, 1 / rate); now < seconds; now += exponential(random, 1 / rate)) {
    due.push(now)
    target.push(choose())
  }
  return { due: Float64Array.from(due), target: Uint8Array.from(target) }
}

/** @returns what gives one of the indexes of `weights`, each as often as its weight says */
export function chooser(random: Random, weights: readonly number[]): () => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0)) throw new RangeError('Nothing is asked for: give at least one target a weight above 0.')
  return () => {
    let left = random() * total
    for (const [index, weight] of weights.entries()) {
      left -= weight
      if (left < 0) return index
    }
    return weights.length - 1
  }
}
