/** What came of each scenario, beside what was expected of it. */

import type { ScenarioResult } from '../run/results.ts'
import type { Interval } from '../statistics/bootstrap.ts'

export interface Outcome {
  readonly scenario: ScenarioResult
  /** The name of an engine, `neither` where no difference is shown, undefined where there is no verdict. */
  readonly winner: string | undefined
  /** Whether it came as expected; undefined where there is no verdict. */
  readonly met: boolean | undefined
  /** How many times as good the first engine is as the second; undefined where that is not what the verdict is about. */
  readonly gain: Interval | undefined
}

export function outcomeOf(scenario: ScenarioResult): Outcome {
  const { verdict, engines, expected, measure } = scenario
  if (verdict === undefined) return { scenario, winner: undefined, met: undefined, gain: undefined }
  const winner = verdict.winner === undefined ? 'neither' : engines[verdict.winner === 'a' ? 0 : 1]
  const met = winner === expected
  if (verdict.ratio === undefined) return { scenario, winner, met, gain: undefined }
  const { estimate, low, high } = verdict.ratio
  // Of throughput more is better, of everything else less.
  const gain = measure === 'achieved' ? verdict.ratio : { estimate: 1 / estimate, low: 1 / high, high: 1 / low }
  return { scenario, winner, met, gain }
}

/** How many times as good the winner is, in two digits; undefined where nobody is shown to be better. */
export function timesAsGood({ winner, gain, scenario }: Outcome): string | undefined {
  if (gain === undefined || winner === undefined || winner === 'neither') return undefined
  const times = winner === scenario.engines[0] ? gain.estimate : 1 / gain.estimate
  return `${Number(times.toPrecision(2))}×`
}

/** All of it in a few sentences. */
export function summary(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return 'No scenario has been run.'
  const winners = new Map<string, number>()
  for (const { winner } of outcomes) {
    const what = winner ?? 'no verdict'
    winners.set(what, (winners.get(what) ?? 0) + 1)
  }
  const [neither, none] = [winners.get('neither') ?? 0, winners.get('no verdict') ?? 0]
  winners.delete('neither')
  winners.delete('no verdict')
  const parts = [...winners].sort(([, a], [, b]) => b - a).map(([name, count]) => `${name} is better in ${count}`)
  if (neither > 0) parts.push(`no difference is shown in ${neither}`)
  if (none > 0) parts.push(`there is no verdict in ${none}`)
  const met = outcomes.filter((outcome) => outcome.met).length
  const told = outcomes.filter((outcome) => outcome.met !== undefined).length
  const expectations =
    told === 0 ? '' : ` ${met} of the ${told} ${told === 1 ? 'verdict' : 'verdicts'} came as expected.`
  return `Of ${outcomes.length} ${outcomes.length === 1 ? 'scenario' : 'scenarios'}: ${parts.join(', ')}.${expectations}`
}

/** Scenarios by family, each at its loads. */
export interface Grid {
  readonly loads: readonly number[]
  readonly families: readonly {
    readonly name: string
    /** In the order of the loads. */
    readonly cells: readonly (Outcome | undefined)[]
  }[]
}

/** The share of the slower engine's capacity that is offered, to whole percents; undefined where that is not known. */
export function loadOf({ load, rate, calibrations }: ScenarioResult): number | undefined {
  const share =
    load ?? (calibrations.length === 0 ? undefined : rate / Math.min(...calibrations.map((c) => c.capacity)))
  return share === undefined || !Number.isFinite(share) ? undefined : Math.round(share * 100) / 100
}

/** What is in no family has no place in it. */
export function gridOf(outcomes: readonly Outcome[]): Grid {
  const families = new Map<string, Map<number, Outcome>>()
  for (const outcome of outcomes) {
    const { family } = outcome.scenario
    const load = loadOf(outcome.scenario)
    if (family === undefined || load === undefined) continue
    if (!families.has(family)) families.set(family, new Map())
    families.get(family)?.set(load, outcome)
  }
  const loads = [...new Set([...families.values()].flatMap((cells) => [...cells.keys()]))].sort((a, b) => a - b)
  return {
    loads,
    families: [...families].map(([name, cells]) => ({ name, cells: loads.map((load) => cells.get(load)) })),
  }
}
