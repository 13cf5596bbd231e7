/**
 * Requests that a server refused, broke or answered wrongly. They are over, so they are no backlog; and they are no answers, so a server that fails many of
 * them is not better for being quick with the others.
 */
import type { Summary } from '../load/summary.ts'
import { mean } from '../statistics/percentile.ts'
import { inRounds } from '../statistics/stability.ts'

/** Whoever fails more of a round's requests than this has no p99, and is the worse one in that round, whatever the verdict is about. */
export const mostFailed = 0.01

/** The share of a run's requests that failed. What nobody has answered yet is backlog. */
export function failedShare({ requests, outcomes: { answered, unanswered } }: Summary): number {
  return requests === 0 ? 0 : (requests - answered - unanswered) / requests
}

/** Such as `event loop failed 2.1 % of its requests, in 3 of 6 rounds`; undefined where none failed. @param shares that failed, of each round */
export function failedSentence(name: string, shares: readonly number[]): string | undefined {
  const some = shares.filter((share) => share > 0).length
  if (some === 0) return undefined
  const percent = Number((100 * mean(shares)).toPrecision(2))
  return `${name} failed ${percent} % of its requests, ${inRounds(some, shares.length)}`
}

/** How many requests of some runs have no right answer, by what became of them. */
export function failuresOf(runs: readonly { readonly summary: Summary }[]): [outcome: string, count: number][] {
  const counts = new Map<string, number>()
  for (const { summary } of runs) {
    for (const [outcome, count] of Object.entries(summary.outcomes)) {
      if (outcome !== 'answered' && count > 0) counts.set(outcome, (counts.get(outcome) ?? 0) + count)
    }
  }
  return [...counts]
}
