/** Tens of thousands of values made few enough to draw, without making any up. */
import { percentile } from '../statistics/percentile.ts'

/** Points for each tenfold of 1/(1 − p). */
const perTenfold = 50

/** A percentile curve: so many of all requests took at least so long. */
export interface Spectrum {
  /** 1/(1 − p): one request in so many took as long as this, or longer. */
  readonly oneIn: readonly number[]
  /** Seconds. Each was measured. */
  readonly latency: readonly number[]
  readonly count: number
  /** Requests without a right answer: they lie beyond all others, and the curve ends before them. */
  readonly unanswered: number
}

/** At steps that are even on a logarithmic axis of 1/(1 − p), the greatest always among them. @param sorted ascending; Infinity for what got no right answer */
export function spectrum(sorted: ArrayLike<number>): Spectrum {
  const count = sorted.length
  const oneIn: number[] = []
  const latency: number[] = []
  let answered = count
  while (answered > 0 && sorted[answered - 1] === Infinity) answered -= 1
  let before = 0
  for (let step = 0; before < answered; step += 1) {
    // The value of rank r has count - r + 1 values that are as long or longer, itself among them.
    const wanted = Math.round(count - count / 10 ** (step / perTenfold) + 1)
    const rank = Math.min(Math.max(wanted, 1), answered)
    if (rank === before) continue
    oneIn.push(digits(count / (count - rank + 1)))
    latency.push(digits(sorted[rank - 1] as number))
    before = rank
  }
  return { oneIn, latency, count, unanswered: count - answered }
}

/** Values over time, a part of the time after the other. */
export interface Bins {
  /** The middle of each part, seconds. */
  readonly at: readonly number[]
  readonly least: readonly (number | null)[]
  readonly middle: readonly (number | null)[]
  readonly most: readonly (number | null)[]
}

/** Least, median and greatest value in each of `parts` equal parts of the time from `begin` to `end`; null where there is none. */
export function bins(
  samples: Iterable<readonly [at: number, value: number]>,
  [begin, end]: readonly [number, number],
  parts: number,
): Bins {
  const held: number[][] = Array.from({ length: parts }, () => [])
  for (const [at, value] of samples) {
    const part = Math.floor(((at - begin) / (end - begin)) * parts)
    held[Math.min(Math.max(part, 0), parts - 1)]?.push(value)
  }
  for (const values of held) values.sort((a, b) => a - b)
  const of = (percent: number) =>
    held.map((values) => (values.length === 0 ? null : digits(percentile(values, percent))))
  const least = held.map(([first]) => (first === undefined ? null : digits(first)))
  const at = held.map((_, part) => digits(begin + ((end - begin) * (part + 0.5)) / parts))
  return { at, least, middle: of(50), most: of(100) }
}

/** Four digits: more cannot be seen, and would make the page larger. */
export function digits(value: number): number {
  return Number(value.toPrecision(4))
}
