/** What is to be read first: the verdicts, who wins where, and latency against load. */
import { time } from '../run/table.ts'
import { type Chart, type Role, roles } from './chart.ts'
import { type Family, levelOf } from './family-charts.ts'
import { figures, intervalDrawing, scaleOf } from './figure.ts'
import { type Html, html, table } from './html.ts'
import { type Grid, loadOf, type Outcome, timesAsGood } from './verdicts.ts'

const signs = { yes: 'M2 6l3 3 5-7', no: 'M2 2l8 8M10 2l-8 8', open: 'M2 6h8' } as const

/** Whether something came as it should, by a sign and in words. @param words for yes, for no, and for unknown */
export function badge(
  met: boolean | undefined,
  words: readonly [string, string, string] = ['as expected', 'not as expected', 'no verdict'],
): Html {
  const [kind, word] =
    met === undefined ? (['open', words[2]] as const) : met ? (['yes', words[0]] as const) : (['no', words[1]] as const)
  return html`<span class="badge ${kind}"><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><path d="${signs[kind]}" fill="none" stroke="currentColor" stroke-width="2"/></svg>${word}</span>`
}

/** In the colour of the engine that it names. */
export function roleOf({ scenario, winner }: Outcome): Role | 'nobody' {
  return roles(scenario.engines).get(winner ?? '') ?? 'nobody'
}

export function expectation({ scenario: { expected, mechanism } }: Outcome): Html {
  const who = expected === 'neither' ? 'no difference was expected' : html`expected to win was <b>${expected}</b>`
  return html`<p class="hint">Before it was run, ${who}. ${mechanism}</p>`
}

export function verdictSection(outcomes: readonly Outcome[]): Html {
  const reach = scaleOf(outcomes.flatMap(({ gain }) => (gain === undefined ? [] : [gain])))
  const items = outcomes.map((outcome) => {
    const { scenario, gain } = outcome
    const [a, b] = scenario.engines
    const colours = roles(scenario.engines)
    const drawing =
      gain === undefined
        ? html`<p class="hint">${scenario.verdict?.brief ?? 'no interval'}</p>`
        : intervalDrawing(
            gain,
            reach,
            roleOf(outcome),
            `${a} is ${round(gain.estimate)} [${round(gain.low)}, ${round(gain.high)}] times as good as ${b} in ${scenario.measure}`,
          )
    return html`<li><div><h3><a href="#${scenario.name}">${scenario.name}</a> <small>${scenario.title}</small></h3>
<p class="said">${capital(scenario.sentence)} ${badge(outcome.met)}</p>${expectation(outcome)}</div>
<div class="interval"><p class="sides"><span class="name ${colours.get(a)}">${a}</span> <span>${scenario.measure}</span> <span class="name ${colours.get(b)}">${b}</span></p>${drawing}</div></li>`
  })
  return html`<section id="verdicts"><h2>Verdicts</h2>
<p class="hint">One measure for each scenario, chosen before it was run. The drawing shows how many times as good the engine on its side is, with the interval that holds the truth 95 times in 100; where it crosses “same”, no difference is shown. Where a server fell behind, no percentile means anything: the verdict says who keeps up. Who failed more than one request in a hundred is the worse one in that round.</p>
<ul class="verdicts">${items}</ul></section>`
}

const round = (times: number) => Number(times.toPrecision(2))
export const capital = (sentence: string) => sentence.charAt(0).toUpperCase() + sentence.slice(1)
export const percents = (share: number) => `${Math.round(share * 100)} %`

export function heatSection({ loads, families }: Grid): Html | undefined {
  if (families.length === 0) return undefined
  const rows = families.map(({ name, cells }) => html`<tr><th scope="row">${name}</th>${cells.map(heatCell)}</tr>`)
  return html`<section id="map"><h2>Who wins where</h2>
<p class="hint">Families of scenarios by load, as a share of what the slower engine can do. Stronger colour is a larger difference; grey is no difference shown, or no verdict.</p>
<div class="wide" tabindex="0" role="region" aria-label="Winners by family and load"><table class="heat"><caption>Winners by family and load</caption>
<thead><tr><th scope="col">Family</th>${loads.map((load) => html`<th scope="col">${percents(load)}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`
}

/** In percent. */
const mostStrength = 34

function heatCell(outcome: Outcome | undefined): Html {
  if (outcome === undefined) return html`<td class="none"><span class="hint">not run</span></td>`
  const { scenario, gain } = outcome
  const times = timesAsGood(outcome)
  const link = (what: Html) => html`<a href="#${scenario.name}">${what} <small>${scenario.measure}</small></a>`
  const brief = scenario.verdict?.brief
  if (times === undefined && brief !== undefined && scenario.verdict?.winner !== undefined) {
    return html`<td class="${roleOf(outcome)}" style="--strength:${mostStrength}%">${link(html`<b>${outcome.winner}</b>${brief}`)}</td>`
  }
  if (times === undefined) {
    const said = outcome.winner === undefined ? unstableOr(outcome) : 'no difference shown'
    return html`<td class="nobody">${link(html`<b>${said}</b>`)}</td>`
  }
  // From a tenth for hardly any difference to a third for five times: text keeps its contrast.
  const strength = Math.min(mostStrength, 8 + 16 * Math.abs(Math.log(gain?.estimate ?? 1)))
  return html`<td class="${roleOf(outcome)}" style="--strength:${strength.toFixed(0)}%">${link(html`<b>${outcome.winner}</b>${times}`)}</td>`
}

function unstableOr({ scenario }: Outcome): string {
  const fell = scenario.engines.filter((engine) => scenario.stability[engine]?.stable === false)
  return fell.length === 0 ? 'no verdict' : `${fell.join(' and ')} fell behind`
}

export function loadSection(
  families: readonly { readonly family: Family; readonly charts: readonly Chart[] }[],
): Html | undefined {
  if (families.length === 0) return undefined
  return html`<section id="load"><h2>Latency against load</h2>
<p class="hint">The band is the interval over rounds, 95 in 100. Broken lines are what the models said from calibration at low load: dashed first come first served (FCFS), dotted processor sharing (PS); whiskers hold nine of ten draws.</p>
${families.map(
  ({ family, charts }) =>
    html`<div class="card"><h3>${capital(family.name)}</h3>${figures(charts)}<details><summary>Figures</summary>${loadTable(family)}</details></div>`,
)}</section>`
}

function loadTable({ name, scenarios }: Family): Html {
  const engines = [...new Set(scenarios.flatMap((scenario) => scenario.engines))]
  const columns = engines.flatMap((engine) => ([50, 99] as const).map((percent) => ({ engine, percent })))
  const rows = scenarios.map((scenario) => [
    percents(loadOf(scenario) as number),
    `${Math.round(scenario.rate)}/s`,
    ...columns.map(({ engine, percent }) => {
      const level = levelOf(scenario, engine, percent)
      if (level === undefined) return scenario.stability[engine]?.stable === false ? 'fell behind' : '–'
      return `${time(level.estimate)} [${time(level.low)}, ${time(level.high)}]`
    }),
  ])
  const heads = ['Load', 'Offered', ...columns.map(({ engine, percent }) => `${engine}, p${percent}`)]
  return table(`${name}: latency against load`, heads, rows)
}
