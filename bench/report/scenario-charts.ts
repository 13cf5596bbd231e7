/** The charts of one scenario. */

import type { ScenarioResult } from '../run/results.ts'
import { time } from '../run/table.ts'
import { type Axis, type Chart, modelLine, type Role, roles, type Series } from './chart.ts'
import { type Curves, roundsOf, type ScenarioCurves, secondsOf } from './curves.ts'

export const latency: Axis = { label: 'Latency', kind: 'seconds', log: true }
export const percentileAxis: Axis = { label: 'Percentile, on a scale of 1/(1 − p)', kind: 'oneIn', log: true }

export function chartsOf(scenario: ScenarioResult, curves: ScenarioCurves): Chart[] {
  const colours = roles(scenario.engines)
  const role = (engine: string) => colours.get(engine) as Role
  const steady = scenario.engines.filter((engine) => scenario.stability[engine]?.stable !== false)
  const drawn = (engines: readonly string[]) =>
    engines.flatMap((engine) => {
      const own = curves.get(engine)
      return own === undefined || own.spectrum.latency.length === 0 ? [] : [{ engine, own, role: role(engine) }]
    })
  const charts = [spectrumChart(scenario, drawn(steady)), timeChart(scenario, drawn(scenario.engines))]
  // Of a queue that grows there is no percentile, but it can be seen growing.
  if (steady.length < scenario.engines.length) charts.unshift(backlogChart(scenario, drawn(scenario.engines)))
  return charts.filter(({ series }) => series.length > 0)
}

interface Drawn {
  readonly engine: string
  readonly own: Curves
  readonly role: Role
}

function spectrumChart(scenario: ScenarioResult, engines: readonly Drawn[]): Chart {
  const measured = engines.map(
    ({ engine, own, role }): Series => ({
      ...{ name: engine, role, line: 'solid', x: own.spectrum.oneIn, y: own.spectrum.latency },
    }),
  )
  const counts = engines.map(({ own }) => own.spectrum.count)
  const lost = engines.flatMap(({ engine, own: { spectrum } }) =>
    spectrum.unanswered === 0
      ? []
      : [
          `${spectrum.unanswered} of ${spectrum.count} requests to ${engine} got no right answer: its curve ends before them.`,
        ],
  )
  const least = Math.min(...counts) / 10
  return {
    id: `${scenario.name}-spectrum`,
    title: 'Percentiles',
    description: `Latency by percentile, of all rounds that may be believed together. ${engines
      .map(
        ({ engine, own: { spectrum } }) =>
          `${engine}: from ${time(spectrum.latency[0])} to ${time(spectrum.latency.at(-1))}.`,
      )
      .join(' ')}`,
    ...(lost.length === 0 ? {} : { note: lost.join(' ') }),
    x: percentileAxis,
    y: latency,
    series: measured.length === 0 ? [] : [...measured, ...predictedSeries(scenario, engines)],
    ...(least >= 10 ? { marks: [{ x: least, text: 'fewer than 10 beyond' }] } : {}),
  }
}

/** What the models say of engines, over what was measured. */
function predictedSeries(scenario: ScenarioResult, engines: readonly Drawn[]): Series[] {
  return engines.flatMap(({ engine, role }) =>
    scenario.predictions
      .filter((prediction) => prediction.engine === engine && prediction.points.length > 0)
      .map(
        ({ model, points }): Series => ({
          ...{ name: `${engine}, predicted: ${model}`, role, marked: true, spread: 'whiskers' },
          ...modelLine(model),
          x: points.map(({ percent }) => 1 / (1 - percent / 100)),
          y: points.map((point) => point.latency),
          low: points.map(({ low }) => low),
          high: points.map(({ high }) => high),
        }),
      ),
  )
}

function timeChart(scenario: ScenarioResult, engines: readonly Drawn[]): Chart {
  const [first] = scenario.rounds
  const length = first === undefined ? 1 : secondsOf(first)
  const series = engines.map(({ engine, own, role }): Series => {
    const [x, y, low, high]: [number[], (number | null)[], (number | null)[], (number | null)[]] = [[], [], [], []]
    for (const [round, part] of own.time) {
      const begin = round * length
      x.push(...part.at.map((at) => Number((begin + at).toFixed(4))), Number((begin + length).toFixed(4)))
      y.push(...part.middle, null)
      low.push(...part.least, null)
      high.push(...part.most, null)
    }
    return { name: engine, role, line: 'solid', spread: 'band', x, y, low, high }
  })
  const count = roundsOf(scenario)
  return {
    id: `${scenario.name}-time`,
    title: 'Latency over time',
    description: `Latency over the time of ${count} ${count === 1 ? 'round' : 'rounds'}, one after the other.`,
    x: { label: 'Time in rounds, seconds', kind: 'number', log: false },
    y: latency,
    series,
    marks: Array.from({ length: count - 1 }, (_, at) => ({ x: (at + 1) * length, text: '' })),
  }
}

function backlogChart(scenario: ScenarioResult, engines: readonly Drawn[]): Chart {
  const [first] = scenario.rounds
  const length = first === undefined ? 1 : secondsOf(first)
  return {
    id: `${scenario.name}-backlog`,
    title: 'Backlog',
    description: `Requests that were due and not answered, over the time of a round. ${engines
      .map(({ engine, own }) => `${engine}: ${own.backlog.at(-1)} at the end.`)
      .join(' ')}`,
    x: { label: 'Time in a round, seconds', kind: 'number', log: false },
    y: { label: 'Requests due and not answered', kind: 'number', log: false },
    series: engines.map(({ engine, own, role }) => ({
      ...{ name: engine, role, line: 'solid', y: own.backlog },
      x: own.backlog.map((_, at) => Number(((length * at) / (own.backlog.length - 1)).toFixed(4))),
    })),
  }
}
