/**
 * Percentiles by nearest rank: a percentile is always a value that was measured, never one between two.
 *
 * The p-th percentile of n sorted values is the one of rank ⌈p/100 · n⌉ (Hyndman and Fan, "Sample quantiles in
 * statistical packages", 1996, definition 1).
 */

/** How many values have to lie above a percentile for it to be told: fewer, and it is one slow request's fate. */
const valuesBeyond = 10

/**
 * @param sorted ascending, at least one
 * @param percent greater than 0, and at most 100
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  if (sorted.length === 0) throw new RangeError('There is no percentile of nothing: measure at least one value.')
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`A percentile lies in (0, 100], and ${percent} does not.`)
  // 99.9 · 1000 / 100 comes out a little above 999, and must not become rank 1000.
  const exact = (percent * sorted.length) / 100
  const rank = Math.ceil(exact - exact * 1e-12)
  return sorted[rank - 1] as number
}

/** Whether so many values are enough to tell a percentile. The largest value, 100, always can be told. */
export function tellable(count: number, percent: number): boolean {
  return percent === 100 ? count > 0 : count * (100 - percent) >= valuesBeyond * 100 * (1 - 1e-12)
}

/** A sorted copy, by value. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort()
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < values.length; at += 1) sum += values[at] as number
  return sum / values.length
}

/** The sample variance, which divides by n - 1. @param values at least two */
export function variance(values: ArrayLike<number>): number {
  const middle = mean(values)
  let sum = 0
  for (let at = 0; at < values.length; at += 1) sum += ((values[at] as number) - middle) ** 2
  return sum / (values.length - 1)
}
