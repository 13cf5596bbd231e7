/** The page: everything in one file that needs nothing else. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Results, ScenarioResult } from '../run/results.ts'
import type { Chart } from './chart.ts'
import type { ScenarioCurves } from './curves.ts'
import { familiesOf, familyCharts } from './family-charts.ts'
import { data, Html, html } from './html.ts'
import { chartsOf } from './scenario-charts.ts'
import { dataSection, duration, machineSection, methodSection, when } from './section-rest.ts'
import { scenarioSection, voidOf } from './section-scenarios.ts'
import { timingSection } from './section-timings.ts'
import { truthCharts, truthSection } from './section-truth.ts'
import { heatSection, loadSection, verdictSection } from './section-verdicts.ts'
import { style } from './style.ts'
import { gridOf, outcomeOf, summary } from './verdicts.ts'

const { resolve } = createRequire(import.meta.url)
const text = (file: string) => fs.readFileSync(file, 'utf8')

/**
 * uPlot makes a number format for the browser's language, which in the C locale is no language tag (`en-US@posix`), and throws. The page is in
 * English anyway.
 */
const english = "Object.defineProperty(navigator,'language',{value:'en'})"

/** uPlot (MIT) and what draws with it. An end tag inside would end the element. */
function script(): string {
  const source = `${english}\n${text(resolve('uplot/dist/uPlot.iife.min.js'))}\n${text(path.join(import.meta.dirname, 'browser.js'))}`
  return source.replaceAll('</script', '<\\/script')
}

/** @param curvesOf what was read of a scenario's requests */
export function page(results: Results, curvesOf: (scenario: ScenarioResult) => ScenarioCurves): string {
  const outcomes = results.scenarios.map(outcomeOf)
  const shown = outcomes.map((outcome) => {
    const curves = curvesOf(outcome.scenario)
    return { outcome, curves, charts: chartsOf(outcome.scenario, curves) }
  })
  const families = familiesOf(results.scenarios).map((family) => ({ family, charts: familyCharts(family) }))
  const truths = results.truth ?? []
  const truth = truths.map(truthCharts)
  const charts: Chart[] = [...families.flatMap((of) => of.charts), ...shown.flatMap((of) => of.charts), ...truth.flat()]
  const sections = [
    ...(outcomes.length === 0 ? [] : [['Verdicts', verdictSection(outcomes)]]),
    ['Who wins where', heatSection(gridOf(outcomes))],
    ['Latency against load', loadSection(families)],
    ['Scenarios', scenarioSection(shown)],
    ['Operations and round trips', timingSection(results.timings)],
    ['Is the generator to be believed?', truthSection(truths, truth)],
    ['Machine', machineSection(results)],
    ['Method', methodSection],
    ['Data', dataSection(results.scenarios.reduce((sum, { rounds }) => sum + rounds.length, 0))],
  ] as [string, Html | undefined][]
  const there = sections.flatMap(([name, section]) => (section === undefined ? [] : [{ name, section }]))
  const body = html`${head(results, summary(outcomes), there)}<main id="main" tabindex="-1">${there.map(({ section }) => section)}</main>
<footer><p>Charts are drawn with uPlot (MIT). Nothing was loaded to show this page.</p></footer>
${data('results', results)}${data('charts', charts)}`
  return whole(body)
}

function head(results: Results, said: string, sections: readonly { name: string; section: Html }[]): Html {
  const runs = results.scenarios.flatMap(({ rounds }) => rounds)
  const spoilt = runs.filter((run) => run.spoilt.length > 0).length
  const idOf = (section: Html) => /id="([\w-]+)"/.exec(section.text)?.[1] ?? ''
  return html`<a class="skip" href="#main">Skip to the verdicts</a><header><h1>Blocking and not blocking, measured</h1>
<p class="hint">twinserve’s two engines on ${String(results.machine.processor ?? 'an unknown processor')}, ${when(results.begun)}, in ${duration(results.seconds)}</p>
<p class="lead">${said}</p>
${spoilt === 0 ? undefined : html`<p class="notice">${voidOf(spoilt, runs.length)}: something else took the machine, or the generator was late. What is void is listed with its reasons, and left out of everything but whether servers kept up, which hangs on less.</p>`}
<nav aria-label="Contents"><ul>${sections.map(({ name, section }) => html`<li><a href="#${idOf(section)}">${name}</a></li>`)}</ul></nav></header>`
}

function whole(body: Html): string {
  const source = script()
  const hash = createHash('sha256').update(source).digest('base64')
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`
  const sheet = text(resolve('uplot/dist/uPlot.min.css')) + style()
  return `${
    html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Blocking and not blocking, measured: twinserve</title><style>${new Html(sheet)}</style></head>
<body>${body}<script>${new Html(source)}</script></body></html>`.text
  }\n`
}
