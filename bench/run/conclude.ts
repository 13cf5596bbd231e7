/**
 * What the rounds of a scenario come to: the middle of each percentile, whether a server kept up, and the verdict.
 *
 * Two kinds of runs may be believed. What disturbs a latency does not make a server fall behind: a run whose latencies are void may still be counted, and in
 * whether the servers kept up it is. Else just those runs would be left out in which a server fell so far behind that the
 * generator had to hold hundreds of connections, and was late for it.
 */
import { tells } from '../load/judge.ts'
import type { Summary } from '../load/summary.ts'
import type { Scenario } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { compareGrowths, compareSigns, fewestSigns } from '../statistics/keeping-up.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { fellBehind, type Offered, type Stability, stabilityOf } from '../statistics/stability.ts'
import { compare, type Pair, type Verdict } from '../statistics/verdict.ts'
import type { Measured } from './results.ts'

/** What a run has of the measure that the verdict is about; NaN where it has too little. */
function measuredBy(summary: Summary, { measure }: Scenario): number {
  if (measure.name === 'achieved') return summary.achieved
  return summary.latency[Number(measure.name.slice(1)) as 50 | 90 | 99] ?? Number.NaN
}

/** One run, as a verdict looks at it. */
export interface Ran {
  readonly round: number
  /** Of the measure; undefined where it may not be believed, NaN where there is none. */
  readonly value: number | undefined
  /** How fast the backlog grew, in requests per second; undefined where not even that may be believed. */
  readonly growth: number | undefined
}

export function ran({ round, summary, spoilt, miscounted }: Measured, scenario: Scenario): Ran {
  return {
    round,
    value: spoilt.length === 0 ? measuredBy(summary, scenario) : undefined,
    growth: miscounted.length === 0 ? summary.growth : undefined,
  }
}

export function stabilityIn(runs: readonly Ran[], offered: Offered): Stability | undefined {
  const growth = runs.flatMap((run) => run.growth ?? [])
  return growth.length < fewestRounds ? undefined : stabilityOf(growth, offered)
}

/** The middle of those that are there. */
export function half(values: readonly (number | undefined)[]): number | undefined {
  const there = values.filter((value) => value !== undefined)
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

export interface Found {
  readonly verdict: Verdict | undefined
  readonly sentence: string
  /** Rounds that it is about. */
  readonly pairs: number
  /** Whether more rounds are worth their time. Which of the two is better has no part in that, or the interval would not be what it says. */
  readonly wide: boolean
}

/** Of the two, in the same rounds. */
export interface Both {
  readonly a: readonly Ran[]
  readonly b: readonly Ran[]
}

/** An interval from one to so many times of it is worth as many rounds again. */
const wide = 2

export function verdictOf(scenario: Scenario, { a, b }: Both, offered: Offered): Found {
  const { engines, measure } = scenario
  const names = { a: engines[0].name, b: engines[1].name }
  const stability = { a: stabilityIn(a, offered), b: stabilityIn(b, offered) }
  if (measure.name !== 'achieved' && stability.a !== undefined && stability.b !== undefined) {
    // A percentile of a queue that grows would say how long the run was.
    const both = { a: stability.a, b: stability.b }
    if (!both.a.stable || !both.b.stable) {
      const growths = paired(a, b, ({ growth }) => growth)
      if (growths.length >= fewestRounds) return found(compareGrowths(growths, names, both, offered.rate), both)
    } else if (both.a.behind || both.b.behind) {
      const values = paired(a, b, (run) => rankedBy(run, offered))
      const verdict = compareSigns(values, names, both, measure)
      if (verdict !== undefined) return found(verdict, both)
      const said = (['a', 'b'] as const).map(
        (each) => `${names[each]} ${both[each].behind ? '' : 'is '}${both[each].sentence}`,
      )
      return none(`${said.join(', ')}, and it takes ${fewestSigns} rounds in which one was better`, values.length)
    }
  }
  const pairs = paired(a, b, ({ value }) => value)
  if (pairs.length < fewestRounds) {
    return none(
      `${pairs.length} rounds may be believed, and it takes ${fewestRounds}; run it where less else is going on`,
      pairs.length,
    )
  }
  if (!pairs.every((pair) => Number.isFinite(pair.a) && Number.isFinite(pair.b))) {
    return none(
      `some rounds have no ${measure.name}, for too few requests or too many without a right answer`,
      pairs.length,
    )
  }
  const verdict = compare(pairs, names, measure)
  const { sentence, ratio, rounds } = verdict
  return { verdict, sentence, pairs: rounds, wide: ratio.high / ratio.low > wide }
}

/** In some rounds and not in others: how often is not known well yet. */
function found(verdict: Verdict, both: { readonly a: Stability; readonly b: Stability }): Found {
  const { sentence, rounds } = verdict
  const sometimes = [both.a, both.b].some(({ behind = 0, rounds = 0 }) => behind > 0 && behind < rounds)
  return { verdict, sentence, pairs: rounds, wide: sometimes }
}

const none = (why: string, pairs: number): Found => ({
  verdict: undefined,
  sentence: `no verdict: ${why}`,
  pairs,
  wide: true,
})

/** Who fell behind is worse than all who did not. */
function rankedBy({ value, growth }: Ran, offered: Offered): number | undefined {
  if (growth === undefined) return undefined
  return fellBehind(growth, offered) ? Infinity : value
}

/** The rounds in which both have it. */
function paired(a: readonly Ran[], b: readonly Ran[], of: (run: Ran) => number | undefined): Pair[] {
  return a.flatMap((run) => {
    const other = b.find(({ round }) => round === run.round)
    const [mine, its] = [of(run), other === undefined ? undefined : of(other)]
    return mine === undefined || its === undefined ? [] : [{ a: mine, b: its }]
  })
}
