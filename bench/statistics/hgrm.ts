/**
 * The percentile distribution as HdrHistogram's tools write and plot it (`.hgrm`).
 *
 * Lines stand where its `PercentileIterator` stops: so many to each halving of the distance to 100 %. The values are
 * those measured, since all of them are kept: no bucket rounds them.
 */
import { mean, variance } from './percentile.ts'

/** Lines for each halving of the distance to 100 %: HdrHistogram's own default. */
const ticksPerHalf = 5

/** @param sorted ascending, in the unit that the file is to be in: milliseconds, say */
export function hgrm(sorted: ArrayLike<number>): string {
  const lines = [
    `${'Value'.padStart(12)} ${'Percentile'.padStart(14)} ${'TotalCount'.padStart(10)} 1/(1-Percentile)`,
    '',
  ]
  for (const { value, level, count } of steps(sorted)) {
    const beyond = level < 1 ? ` ${(1 / (1 - level)).toFixed(2).padStart(14)}` : ''
    lines.push(
      `${value.toFixed(3).padStart(12)} ${level.toFixed(12).padStart(14)} ${String(count).padStart(10)}${beyond}`,
    )
  }
  // Of the values themselves, not of what they are a sample of: so does HdrHistogram.
  const deviation = sorted.length > 1 ? Math.sqrt((variance(sorted) * (sorted.length - 1)) / sorted.length) : 0
  const largest = sorted.length > 0 ? (sorted[sorted.length - 1] as number) : 0
  const [middle, spread, max] = [sorted.length > 0 ? mean(sorted) : 0, deviation, largest].map((n) =>
    n.toFixed(3).padStart(12),
  )
  lines.push(`#[Mean    = ${middle}, StdDeviation   = ${spread}]`)
  lines.push(`#[Max     = ${max}, Total count    = ${String(sorted.length).padStart(12)}]`)
  return `${lines.join('\n')}\n`
}

interface Line {
  readonly value: number
  /** From 0 to 1. */
  readonly level: number
  /** Values up to this one. */
  readonly count: number
}

function* steps(sorted: ArrayLike<number>): Generator<Line> {
  const total = sorted.length
  let level = 0
  for (let count = 0; count < total; ) {
    const value = sorted[count] as number
    while (count < total && sorted[count] === value) count += 1
    while (count / total >= level && level < 1) {
      yield { value, level, count }
      if (count === total) break
      level = next(level)
    }
  }
  if (total > 0) yield { value: sorted[total - 1] as number, level: 1, count: total }
}

/** The level after one, each from 0 to 1. */
function next(level: number): number {
  const halvings = Math.trunc(Math.log2(1 / (1 - level))) + 1
  return level + 1 / (ticksPerHalf * 2 ** halvings)
}
