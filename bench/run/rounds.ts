/**
 * What the rounds of a scenario have: of each run what a verdict looks at, the middle of each percentile, and whether a server kept up.
 *
 * Two kinds of runs may be believed. What disturbs a latency does not make a server fall behind: a run whose latencies are void may still be counted, and in
 * whether the servers kept up it is. Else just those runs would be left out in which a server fell so far behind that the
 * generator had to hold hundreds of connections, and was late for it.
 */
import { type About, tells } from '../load/judge.ts'
import type { Summary } from '../load/summary.ts'
import type { Scenario } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { type Offered, type Stability, stabilityOf } from '../statistics/stability.ts'
import { failedShare } from './failures.ts'
import type { Measured } from './results.ts'
import type { Settings } from './settings.ts'
import type { Ready } from './stage.ts'

/** The rounds of a scenario, and all that it takes to understand them. */
export interface RoundsOf {
  readonly scenario: Scenario
  readonly stage: Ready
  readonly settings: Settings
  readonly offered: Offered
  /** Of both engines, and of peers. */
  readonly rounds: readonly Measured[]
}

/** What the runs of a scenario are about, which is what its verdict is about. */
export function aboutOf({ measure: { name } }: Scenario): About {
  return name === 'achieved' ? 'count' : (Number(name.slice(1)) as 50 | 90 | 99)
}

/** What a run has of that; NaN where it has too little. */
function measuredBy(summary: Summary, scenario: Scenario): number {
  const about = aboutOf(scenario)
  return about === 'count' ? summary.achieved : (summary.latency[about] ?? Number.NaN)
}

/** One run, as a verdict looks at it. */
export interface Ran {
  readonly round: number
  /** Of the measure; undefined where it may not be believed, NaN where there is none. */
  readonly value: number | undefined
  /** How fast the backlog grew, in requests per second; undefined where not even that may be believed. */
  readonly growth: number | undefined
  /** The share of its requests that failed; absent as the growth is. */
  readonly failed?: number
}

export function ran({ round, summary, spoilt, miscounted }: Measured, scenario: Scenario): Ran {
  return {
    round,
    value: spoilt.length === 0 ? measuredBy(summary, scenario) : undefined,
    ...(miscounted.length === 0 ? { growth: summary.growth, failed: failedShare(summary) } : { growth: undefined }),
  }
}

export function stabilityIn(runs: readonly Ran[], offered: Offered): Stability | undefined {
  const growth = runs.flatMap((run) => run.growth ?? [])
  return growth.length < fewestRounds ? undefined : stabilityOf(growth, offered)
}

/** The rounds of one whose latencies may be believed. */
export function good(rounds: readonly Measured[], name: string): Measured[] {
  return rounds.filter(({ engine, spoilt }) => engine === name && spoilt.length === 0)
}

/** The middle of those that are there. In results that were written and read again, what is no number is null. */
export function half(values: readonly (number | null | undefined)[]): number | undefined {
  const there = values.filter((value) => typeof value === 'number')
  return there.length === 0 ? undefined : percentile(sorted(there), 50)
}

/** The middle of the rounds, by percentile: of those in which the generator was not too late for it. */
export function middle(rounds: readonly Measured[]): Record<string, number | undefined> {
  return Object.fromEntries(
    ([50, 90, 99, 99.9, 100] as const).map((percent) => {
      const own = rounds.filter(({ summary }) => tells(summary, percent))
      return [percent, half(own.map(({ summary }) => summary.latency[percent]))]
    }),
  )
}
