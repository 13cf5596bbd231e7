/** Whether the generator is to be believed: what it measured of a server whose truth is known. */
import type { Truth } from '../run/results.ts'
import type { Chart, Series } from './chart.ts'
import { figures } from './figure.ts'
import { type Html, html } from './html.ts'
import { latency } from './scenario-charts.ts'
import { badge, capital } from './section-verdicts.ts'
import { bins } from './thin.ts'

/** Parts of the time: the longest latency of each is drawn. */
const parts = 300

/** Of those that tell single requests. What they tell has been thinned to the longest already, so there is no percentile of it. */
export function truthCharts({ name, open = [], closed = [] }: Truth, at: number): Chart[] {
  const end = Math.max(0, ...[...open, ...closed].map(([when]) => when))
  const loops = [
    { loop: 'open loop', role: 'third', samples: open },
    { loop: 'closed loop', role: 'fourth', samples: closed },
  ] as const
  const series = loops.flatMap(({ loop, role, samples }): Series[] => {
    if (samples.length === 0) return []
    const { at: x, most } = bins(samples, [0, end], parts)
    const seen = x.flatMap((when, part) => (most[part] === null ? [] : [{ when, most: most[part] as number }]))
    return [{ name: loop, role, line: 'solid', x: seen.map(({ when }) => when), y: seen.map((one) => one.most) }]
  })
  if (series.length === 0) return []
  return [
    {
      id: `truth-${at}-time`,
      title: 'The longest latency over time',
      description: `${name}: the longest latency of each part of the time, by when requests were due. The text above has the percentiles.`,
      x: { label: 'Time, seconds', kind: 'number', log: false },
      y: latency,
      series,
    },
  ]
}

export function truthSection(truths: readonly Truth[], charts: readonly (readonly Chart[])[]): Html | undefined {
  if (truths.length === 0) return undefined
  const cards = truths.map(
    (truth, at) =>
      html`<div class="card"><h3>${capital(truth.name)} ${badge(truth.agrees, ['agrees', 'does not agree', 'void'])}</h3><p>${truth.text}</p>${figures(charts[at] ?? [])}</div>`,
  )
  return html`<section id="truth"><h2>Is the generator to be believed?</h2>
<p class="hint">It was let loose on a server that stands still now and then. The open loop sends by its plan, so each stop is met by all who were due meanwhile; the closed loop asks a server that stands still for nothing, meets each stop once, and so leaves the worst out of its percentiles.</p>${cards}</section>`
}
