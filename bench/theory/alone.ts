/** What a request takes that has a server to itself: no order of service and no queue is in that, whatever the load. */
import { percentile, sorted } from '../statistics/percentile.ts'

/** When a request was sent and when it was answered, seconds. */
export interface Sent {
  readonly begun: number
  readonly last: number
}

export interface Alone {
  /** Latencies of those that found nobody there. Who came later may have made them longer: what they took by themselves is at most this. */
  readonly foundNobody: readonly number[]
  /** Of those among them that nobody joined, either. The longer one takes, the more likely somebody does: at least this. */
  readonly metNobody: readonly number[]
}

export function aloneIn(requests: readonly Sent[]): Alone {
  const inOrder = [...requests].sort((a, b) => a.begun - b.begun)
  const foundNobody: number[] = []
  const metNobody: number[] = []
  let over = -Infinity
  for (const [at, { begun, last }] of inOrder.entries()) {
    if (begun >= over) {
      foundNobody.push(last - begun)
      if ((inOrder[at + 1]?.begun ?? Infinity) >= last) metNobody.push(last - begun)
    }
    over = Math.max(over, last)
  }
  return { foundNobody, metNobody }
}

export interface Median {
  readonly median: number
  readonly low: number
  readonly high: number
}

/**
 * The median, and between what it lies whatever the distribution is: how many of a sample are below it is binomial (Conover, "Practical Nonparametric
 * Statistics", 1999, section 3.2).
 *
 * @param errors how many standard errors of that number lie to either side
 * @returns undefined where there are too few
 */
export function medianOf(values: ArrayLike<number>, errors = 4): Median | undefined {
  const ascending = sorted(values)
  const reach = (errors * Math.sqrt(ascending.length)) / 2
  const [from, to] = [Math.floor(ascending.length / 2 - reach), Math.ceil(ascending.length / 2 + reach)]
  if (from < 0 || to >= ascending.length) return undefined
  return { median: percentile(ascending, 50), low: ascending[from] as number, high: ascending[to] as number }
}
