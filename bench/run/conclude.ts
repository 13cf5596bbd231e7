/** What the rounds of a scenario come to: the middle of each percentile, whether a server kept up, and the verdict. */
import type { Summary } from '../load/summary.ts'
import type { Scenario } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { type Stability, stabilityOf } from '../statistics/stability.ts'
import { compare, type Verdict } from '../statistics/verdict.ts'
import type { Measured } from './results.ts'

/** What a run has of the measure that the verdict is about; NaN where it has too little. */
export function measuredBy(summary: Summary, { measure }: Scenario): number {
  if (measure.name === 'achieved') return summary.achieved
  return summary.latency[Number(measure.name.slice(1)) as 50 | 90 | 99] ?? Number.NaN
}

export function stabilityIn(rounds: readonly Measured[], rate: number): Stability | undefined {
  // The growth over a whole round: its blocks follow one from another.
  const growth = rounds.map(
    ({ summary }) => summary.growths.reduce((sum, one) => sum + one, 0) / summary.growths.length,
  )
  return growth.length < fewestRounds ? undefined : stabilityOf(growth, rate)
}

/** The middle of the rounds, by percentile. */
export function middle(rounds: readonly Measured[]): Record<string, number | undefined> {
  return Object.fromEntries(
    ([50, 90, 99, 99.9, 100] as const).map((percent) => {
      const values = rounds.map(({ summary }) => summary.latency[percent]).filter((value) => value !== undefined)
      return [percent, values.length === 0 ? undefined : percentile(sorted(values), 50)]
    }),
  )
}

interface Found {
  readonly verdict: Verdict | undefined
  readonly sentence: string
}

export function verdictOf(
  { engines, measure }: Scenario,
  pairs: readonly { readonly a: number; readonly b: number }[],
  stability: Readonly<Record<string, Stability | undefined>>,
): Found {
  const [a, b] = engines.map(({ name }) => name) as [string, string]
  if (pairs.length < fewestRounds) {
    const sentence = `no verdict: ${pairs.length} rounds may be believed, and it takes ${fewestRounds}; run it where less else is going on`
    return { verdict: undefined, sentence }
  }
  const unstable = [a, b].filter((name) => stability[name]?.stable === false)
  if (measure.name !== 'achieved' && unstable.length > 0) {
    // A percentile of a queue that grows would say how long the run was.
    const said = [a, b].map((name) => `${name} is ${stability[name]?.sentence ?? 'not known'}`)
    return { verdict: undefined, sentence: said.join('; ') }
  }
  const finite = pairs.every((pair) => Number.isFinite(pair.a) && Number.isFinite(pair.b))
  if (!finite) {
    const without = `no verdict: some rounds have no ${measure.name}, for too few requests or too many without a right answer`
    return { verdict: undefined, sentence: without }
  }
  const verdict = compare(pairs, { a, b }, measure)
  return { verdict, sentence: verdict.sentence }
}
