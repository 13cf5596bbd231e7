/** Latency against load: a family of scenarios that differ in nothing else. */

import { tells } from '../load/judge.ts'
import type { ScenarioResult } from '../run/results.ts'
import { fewestRounds, geometricInterval } from '../statistics/bootstrap.ts'
import { mean } from '../statistics/percentile.ts'
import { type Chart, modelLine, type Role, roles, type Series } from './chart.ts'
import { latency } from './scenario-charts.ts'
import { loadOf } from './verdicts.ts'

export interface Family {
  readonly name: string
  /** By load, ascending. */
  readonly scenarios: readonly ScenarioResult[]
}

/** Families that were run at more loads than one. */
export function familiesOf(scenarios: readonly ScenarioResult[]): Family[] {
  const names = new Set(scenarios.flatMap(({ family }) => (family === undefined ? [] : [family])))
  return [...names].flatMap((name) => {
    const members = scenarios.filter((scenario) => scenario.family === name && loadOf(scenario) !== undefined)
    members.sort((a, b) => (loadOf(a) as number) - (loadOf(b) as number))
    return members.length < 2 ? [] : [{ name, scenarios: members }]
  })
}

/** One for the median and one for p99. */
export function familyCharts({ name, scenarios }: Family): Chart[] {
  const engines = [...new Set(scenarios.flatMap((scenario) => scenario.engines))]
  const colours = roles(engines)
  return ([50, 99] as const).flatMap((percent) => {
    const series = engines.flatMap((engine) => {
      const role = colours.get(engine) as Role
      const measured = measuredSeries(scenarios, engine, role, percent)
      return measured === undefined ? [] : [measured, ...predictedSeries(scenarios, engine, role, percent)]
    })
    if (series.length === 0) return []
    return [
      {
        id: `${name.replaceAll(/[^\w-]+/g, '-')}-load-p${percent}`,
        title: `p${percent} against load`,
        description: `p${percent} of latency of ${engines.join(' and ')} at ${scenarios.length} loads. The table below has the figures.`,
        x: { label: 'Load, as a share of what the slower engine can do', kind: 'share', log: false },
        y: latency,
        series,
      } satisfies Chart,
    ]
  })
}

function measuredSeries(
  scenarios: readonly ScenarioResult[],
  engine: string,
  role: Role,
  percent: 50 | 99,
): Series | undefined {
  const points = scenarios.flatMap((scenario) => {
    const level = levelOf(scenario, engine, percent)
    return level === undefined ? [] : [{ load: loadOf(scenario) as number, ...level }]
  })
  if (points.length === 0) return undefined
  return {
    ...{ name: engine, role, line: 'solid', marked: true, spread: 'band' },
    x: points.map(({ load }) => load),
    y: points.map(({ estimate }) => estimate),
    low: points.map(({ low }) => low),
    high: points.map(({ high }) => high),
  }
}

/**
 * A percentile over rounds, averaged as logarithms, with its interval; the interval is nothing but the value itself where rounds are too few.
 *
 * @returns undefined where the engine fell behind, or has no such percentile
 */
export function levelOf(scenario: ScenarioResult, engine: string, percent: 50 | 99) {
  if (scenario.stability[engine]?.stable === false) return undefined
  const values = scenario.rounds
    .filter((round) => round.engine === engine && round.spoilt.length === 0 && tells(round.summary, percent))
    .map(({ summary }) => summary.latency[percent])
  // One round without a right answer at this percentile is not made good by the others.
  if (values.length === 0 || !values.every((value) => Number.isFinite(value))) return undefined
  const known = values as number[]
  if (known.length >= fewestRounds) return geometricInterval(known)
  const estimate = Math.exp(mean(known.map(Math.log)))
  return { estimate, low: estimate, high: estimate }
}

function predictedSeries(scenarios: readonly ScenarioResult[], engine: string, role: Role, percent: 50 | 99): Series[] {
  const own = scenarios.flatMap((scenario) =>
    scenario.predictions
      .filter((prediction) => prediction.engine === engine)
      .map((prediction) => ({ scenario, prediction })),
  )
  const models = [...new Set(own.map(({ prediction }) => prediction.model))]
  return models.flatMap((model) => {
    const points = own
      .filter(({ prediction }) => prediction.model === model)
      .flatMap(({ scenario, prediction }) =>
        prediction.points
          .filter((point) => point.percent === percent)
          .map((point) => ({ load: loadOf(scenario) as number, ...point })),
      )
    if (points.length === 0) return []
    return [
      {
        ...{ name: `${engine}, predicted: ${model}`, role, marked: true, spread: 'whiskers' },
        ...modelLine(model),
        x: points.map(({ load }) => load),
        y: points.map((point) => point.latency),
        low: points.map(({ low }) => low),
        high: points.map(({ high }) => high),
      } satisfies Series,
    ]
  })
}
