/** The verdict of a scenario: about its measure, where both servers kept up and answered; else about who did. */
import type { Scenario } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { compareGrowths, compareSigns, fewestSigns } from '../statistics/keeping-up.ts'
import { fellBehind, type Offered, saidOf } from '../statistics/stability.ts'
import { compare, type Names, type Pair, type Verdict } from '../statistics/verdict.ts'
import { failedSentence, mostFailed } from './failures.ts'
import { type Ran, stabilityIn } from './rounds.ts'

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
const widest = 2

/** The failures of either are told with every verdict. */
export function verdictOf(scenario: Scenario, runs: Both, offered: Offered): Found {
  const { engines, measure } = scenario
  const names = { a: engines[0].name, b: engines[1].name }
  // Of throughput failures are no part, nor is a backlog: it is right answers that are counted.
  const kept = measure.name === 'achieved' ? undefined : keepingUp(scenario, runs, names, offered)
  const concluded = kept ?? byMeasure(scenario, runs, names)
  const failed = (['a', 'b'] as const).flatMap((each) => failedSentence(names[each], counted(runs[each])) ?? [])
  if (failed.length === 0) return concluded
  const sentence = [concluded.sentence, ...failed].join('; ')
  const { verdict } = concluded
  return { ...concluded, sentence, verdict: verdict === undefined ? undefined : { ...verdict, sentence } }
}

const counted = (runs: readonly Ran[]): number[] => runs.flatMap(({ failed }) => failed ?? [])

/** Where one of them fell behind, or failed too many requests. @returns undefined where neither did, or too few rounds tell */
function keepingUp({ measure }: Scenario, { a, b }: Both, names: Names, offered: Offered): Found | undefined {
  const [first, second] = [stabilityIn(a, offered), stabilityIn(b, offered)]
  if (first === undefined || second === undefined) return undefined
  const both = { a: first, b: second }
  const failing = [a, b].some((runs) => failedIn(runs) > 0)
  // In some rounds and not in others: how often is not known well yet.
  const wide = [
    [first.behind, first.rounds],
    [second.behind, second.rounds],
    [failedIn(a), counted(a).length],
    [failedIn(b), counted(b).length],
  ].some(([some = 0, all = 0]) => some > 0 && some < all)
  if (!failing && first.stable && second.stable && !first.behind && !second.behind) return undefined
  if (!failing && !(first.stable && second.stable)) {
    // A percentile of a queue that grows would say how long the run was.
    const growths = paired(a, b, ({ growth }) => growth)
    if (growths.length < fewestRounds) return undefined
    return found(compareGrowths(growths, names, both, offered.rate), wide)
  }
  const values = paired(a, b, (run) => rankedBy(run, offered))
  const verdict = compareSigns(values, names, both, measure, failing ? 'does better' : undefined)
  if (verdict !== undefined) return found(verdict, wide)
  const said = (['a', 'b'] as const).map((each) => saidOf(names[each], both[each]))
  return none(`${said.join(', ')}, and it takes ${fewestSigns} rounds in which one was better`, values.length)
}

/** In how many runs so many requests failed that it is what counts. */
const failedIn = (runs: readonly Ran[]): number => counted(runs).filter((share) => share > mostFailed).length

function byMeasure({ measure }: Scenario, { a, b }: Both, names: Names): Found {
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
  const { ratio } = verdict
  return found(verdict, ratio.high / ratio.low > widest)
}

const found = (verdict: Verdict, wide: boolean): Found => ({
  verdict,
  sentence: verdict.sentence,
  pairs: verdict.rounds,
  wide,
})

const none = (why: string, pairs: number): Found => ({
  verdict: undefined,
  sentence: `no verdict: ${why}`,
  pairs,
  wide: true,
})

/** Who fell behind, or failed too many requests, is worse than all who did not. */
function rankedBy({ value, growth, failed = 0 }: Ran, offered: Offered): number | undefined {
  if (growth === undefined) return undefined
  return failed > mostFailed || fellBehind(growth, offered) ? Infinity : value
}

/** The rounds in which both have it. */
function paired(a: readonly Ran[], b: readonly Ran[], of: (run: Ran) => number | undefined): Pair[] {
  return a.flatMap((run) => {
    const other = b.find(({ round }) => round === run.round)
    const [mine, its] = [of(run), other === undefined ? undefined : of(other)]
    return mine === undefined || its === undefined ? [] : [{ a: mine, b: its }]
  })
}
