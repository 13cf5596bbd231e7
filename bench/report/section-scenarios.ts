/** Each scenario: its figures, its charts, what was predicted, and what may not be believed. */

import { cliffName, cliffValue } from '../run/cliff.ts'
import type { ScenarioResult } from '../run/results.ts'
import { time } from '../run/table.ts'
import { perSecond as growsBy, inRounds } from '../statistics/stability.ts'
import { type Chart, roles } from './chart.ts'
import type { ScenarioCurves } from './curves.ts'
import { figures } from './figure.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type Html, html, table } from './html.ts'
import { badge, capital, expectation } from './section-verdicts.ts'
import type { Outcome } from './verdicts.ts'

export interface Shown {
  readonly outcome: Outcome
  readonly charts: readonly Chart[]
  readonly curves: ScenarioCurves
}

export function scenarioSection(shown: readonly Shown[]): Html | undefined {
  if (shown.length === 0) return undefined
  return html`<section id="scenarios"><h2>Scenarios</h2>
<p class="hint">Figures are the middle of the rounds that may be believed. Latency counts from when a request was to be sent to the last byte of its answer.</p>
<p class="hint">Percentile curves are of all those rounds together: values that were measured, at most 50 for each tenfold, the greatest among them. Over them lies what the models said from calibration: dashed first come first served (FCFS), dotted processor sharing (PS); whiskers hold nine of ten draws. Over time, rounds stand one after the other; the line is the median of those that were due then, and the band reaches from the least to the greatest. Backlogs are the mean of the rounds.</p>
${shown.map(scenarioCard)}</section>`
}

function scenarioCard({ outcome, charts, curves }: Shown): Html {
  const { scenario } = outcome
  const { name, title, sentence, rate, measure, pairs, rounds } = scenario
  const each = rounds.length / scenario.engines.length
  return html`<article class="scenario" id="${name}"><h3>${name}: ${title}</h3>
<p>${capital(sentence)} ${badge(outcome.met)}</p>${expectation(outcome)}
<p class="hint">${perSecond(rate)} offered to each; the verdict is about ${measure}, over ${pairs} of ${each} rounds.</p>
${figureTable(scenario)}${missing(curves)}${figures(charts)}${cliff(scenario)}${predictions(scenario)}${phases(scenario)}${growth(scenario)}${voids(scenario)}${calibrations(scenario)}</article>`
}

const perSecond = (rate: number) => `${Number(rate.toPrecision(4)).toLocaleString('en')}/s`
const microseconds = (seconds: number | null | undefined) => (typeof seconds === 'number' ? time(seconds) : '–')
const signed = (share: number) =>
  share === Infinity ? 'no answer' : `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(0)} %`

function figureTable(scenario: ScenarioResult): Html {
  const colours = roles(scenario.engines)
  const rows = figuresOf(scenario).map((figure) => [
    html`<span class="name ${colours.get(figure.engine)}">${figure.engine}</span>`,
    ...['50', '90', '99', '99.9', '100'].map((percent) => percentileCell(figure, percent)),
    figure.achieved === undefined ? '–' : perSecond(figure.achieved),
    microseconds(figure.cpuPerRequest),
    figure.memory === undefined ? '–' : `${(figure.memory / 1024 ** 2).toFixed(0)} MiB`,
    errors(figure),
    figure.rounds === 0 ? '–' : `${figure.believed} of ${figure.rounds}`,
  ])
  const heads = [
    'Server',
    'p50',
    'p90',
    'p99',
    'p99.9',
    'longest',
    'answered',
    'CPU per request',
    'memory',
    'failed',
    'rounds believed',
  ]
  return table(`Figures of ${scenario.name}`, heads, rows)
}

function percentileCell({ unstable, percentiles }: Figures, percent: string): string {
  if (unstable !== undefined) return percent === '50' ? 'fell behind' : '–'
  return microseconds(percentiles[percent])
}

function errors({ failures, requests }: Figures): string {
  if (requests === 0) return '–'
  return failures.length === 0 ? 'none' : failures.map(([outcome, count]) => `${count} ${outcome}`).join(', ')
}

function missing(curves: ScenarioCurves): Html | undefined {
  const files = [...curves.values()].flatMap((own) => own.missing)
  if (files.length === 0) return undefined
  return html`<p class="notice">There is no curve of ${files.length} runs, because their lines are not beside the results: ${files.join(', ')}.</p>`
}

/** What was said before the first round, and what came of it. */
function cliff({ name, cliff: told = [] }: ScenarioResult): Html | undefined {
  if (told.length === 0) return undefined
  const rows = told.map((one) => {
    const { engine, predicted, measured, because } = one
    const [estimate, low, high] = [predicted.estimate, predicted.low, predicted.high].map((at) => cliffValue(one, at))
    return [
      ...[engine, cliffName(one), low === high ? estimate : `${estimate} [${low}, ${high}]`],
      measured === undefined ? '–' : html`<b>${cliffValue(one, measured)}</b>`,
      because,
    ]
  })
  return html`<h4>Predicted before the first round</h4>
${table(`Cliffs of ${name}`, ['Server', 'Of what', 'Predicted', 'Measured', 'Why'], rows)}`
}

function predictions({ name, predictions }: ScenarioResult): Html | undefined {
  if (predictions.length === 0) return undefined
  const percents = [...new Set(predictions.flatMap(({ points }) => points.map(({ percent }) => percent)))]
  const rows = predictions.map(({ engine, model, points, residuals, mean, none, failed }) => [
    engine,
    model,
    ...percents.map((percent) => {
      const point = points.find((one) => one.percent === percent)
      const residual = residuals.find((one) => one.percent === percent)?.residual
      if (point === undefined) return '–'
      return residual === undefined ? time(point.latency) : html`${time(point.latency)} <b>${signed(residual)}</b>`
    }),
    microseconds(mean),
    failed === undefined ? (none ?? '–') : `It does not hold that ${failed}.`,
  ])
  const heads = ['Server', 'Model', ...percents.map((percent) => `p${percent}`), 'mean', 'What did not hold']
  return html`<h4>Predicted, and how far off the measured round was</h4>
${table(`Predictions of ${name}, with the measured value over the predicted one, less 1`, heads, rows)}`
}

/** Means can be added up, so bars are of means. */
function phases({ name, phases, engines }: ScenarioResult): Html | undefined {
  if (phases === undefined) return undefined
  const colours = roles(engines)
  const own = engines.flatMap((engine) => {
    // The whole is told, too, and is no part of itself.
    const parts = Object.entries(phases[engine] ?? {}).filter(([phase]) => phase !== 'total')
    return parts.length === 0 ? [] : [{ engine, parts, total: parts.reduce((sum, [, { mean }]) => sum + mean, 0) }]
  })
  if (own.length === 0) return undefined
  const names = [...new Set(own.flatMap(({ parts }) => parts.map(([phase]) => phase)))]
  const strength = (phase: string) =>
    `--strength:${Math.round(100 - (75 * names.indexOf(phase)) / Math.max(1, names.length - 1))}%`
  const longest = Math.max(...own.map(({ total }) => total))
  const bars = own.map(
    ({ engine, parts, total }) => html`<span class="name ${colours.get(engine)}">${engine}</span>
<span class="bar ${colours.get(engine)}" role="img" aria-label="${parts.map(([phase, { mean }]) => `${phase} ${time(mean)}`).join(', ')}">${parts.map(
      ([phase, { mean }]) =>
        html`<i style="width:${((mean / longest) * 100).toFixed(2)}%;${strength(phase)}" title="${phase} ${time(mean)}"></i>`,
    )}</span><span>${time(total)}</span>`,
  )
  const rows = own.flatMap(({ engine, parts }) =>
    parts.map(([phase, { mean, p50, p99 }]) => [engine, phase, time(mean), time(p50), time(p99)]),
  )
  return html`<h4>Where the server’s time went</h4><p class="hint">Mean of each phase that <code>Server-Timing</code> told, in a run of its own.</p>
<ul class="swatches">${names.map((phase) => html`<li><i style="${strength(phase)}"></i>${phase}</li>`)}</ul><div class="bars">${bars}</div>
<details><summary>Figures</summary>${table(`Phases of ${name}`, ['Server', 'Phase', 'mean', 'p50', 'p99'], rows)}</details>`
}

function growth({ stability, engines, rate }: ScenarioResult): Html | undefined {
  if (engines.every((engine) => stability[engine]?.stable !== false && !stability[engine]?.behind)) return undefined
  const lines = engines.flatMap((engine) => {
    const own = stability[engine]
    if (own === undefined) return []
    const some = own.behind === undefined || own.rounds === undefined ? '' : `, ${inRounds(own.behind, own.rounds)}`
    if (own.stable) return [html`<li><b>${engine}</b>: ${own.behind ? own.sentence : 'kept up'}</li>`]
    return [html`<li><b>${engine}</b>: fell behind by ${growsBy(own.growth)}${some}</li>`]
  })
  return html`<h4>Growth of the backlog, with ${perSecond(rate)} offered</h4><ul class="plain">${lines}</ul>
<p class="hint">Above saturation there is no percentile: it would tell how long the run was.</p>`
}

/** How many runs are void. */
export const voidOf = (count: number, all: number) => `${count} of ${all} runs ${count === 1 ? 'is' : 'are'} void`

function voids({ rounds }: ScenarioResult): Html | undefined {
  const spoilt = rounds.filter((round) => round.spoilt.length > 0)
  if (spoilt.length === 0) return undefined
  return html`<details><summary>${voidOf(spoilt.length, rounds.length)}</summary><ul class="plain">${spoilt.map(
    ({ round, engine, spoilt: reasons }) => html`<li>Round ${round + 1}, ${engine}: ${reasons.join(' ')}</li>`,
  )}</ul></details>`
}

function calibrations({ name, calibrations: all }: ScenarioResult): Html | undefined {
  if (all.length === 0) return undefined
  const rows = all.map(({ engine, capacity, rate, requests, latency, variability, spoilt }) => [
    ...[engine, perSecond(capacity), `${requests} at ${perSecond(rate)}`, time(latency), variability.toPrecision(2)],
    spoilt.length === 0 ? 'may be believed' : spoilt.join(' '),
  ])
  const heads = ['Server', 'at most', 'at low load', 'mean latency there', 'c²', '']
  return html`<details><summary>Calibration, in runs of its own</summary>${table(`Calibration of ${name}`, heads, rows)}</details>`
}
