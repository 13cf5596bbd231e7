/**
 * Whether a server kept up: by the growth of its backlog.
 *
 * Where more comes than can be served, the queue grows for as long as the run lasts, and so do the waits: a percentile
 * of them says how long the run was, and nothing about the server. What does say something is how fast the queue grows.
 */
import { type Confidence, fewestRounds, type Interval, meanInterval } from './bootstrap.ts'

/**
 * A backlog that grows by less than this share of what comes is not told from a queue that is long but steady: after an
 * empty start, that takes a while to reach its length.
 */
const tellableGrowth = 0.01

/**
 * How many requests were due and not answered, at the end of each of `blocks` equal parts of a run and at its begin.
 *
 * @param due when each request was to be sent, ascending; seconds from the begin
 * @param done when its last byte came, in the same order; Infinity if never
 */
export function backlogs(due: ArrayLike<number>, done: ArrayLike<number>, seconds: number, blocks: number): number[] {
  const answered = Float64Array.from(done).sort()
  let [come, gone] = [0, 0]
  return Array.from({ length: blocks + 1 }, (_, block) => {
    const now = (seconds * block) / blocks
    while (come < due.length && (due[come] as number) <= now) come += 1
    while (gone < answered.length && (answered[gone] as number) <= now) gone += 1
    return come - gone
  })
}

/** How fast the backlog grew in each block, in requests per second. The first is left out: every queue grows at first. */
export function growths(backlog: readonly number[], seconds: number): number[] {
  const length = seconds / (backlog.length - 1)
  return backlog.slice(2).map((now, at) => (now - (backlog[at + 1] as number)) / length)
}

export interface Stability {
  readonly stable: boolean
  /** Requests per second. */
  readonly growth: Interval
  /** `stable`, or what to say in place of percentiles. */
  readonly sentence: string
}

/**
 * @param growth of each round, or of each block where there is one round only
 * @param rate of the requests that were due, per second
 */
export function stabilityOf(growth: readonly number[], rate: number, confidence: Confidence = {}): Stability {
  if (growth.length < fewestRounds) {
    throw new RangeError(`Growth needs ${fewestRounds} rounds or blocks, and there are ${growth.length}: take more.`)
  }
  const interval = meanInterval(growth, confidence)
  const stable = interval.low <= rate * tellableGrowth
  const [by, low, high] = [interval.estimate, interval.low, interval.high].map((n) => Math.round(n))
  const sentence = stable
    ? 'stable'
    : `unstable: backlog +${by}/s [${low}, ${high}], with ${Math.round(rate)}/s offered`
  return { stable, growth: interval, sentence }
}
