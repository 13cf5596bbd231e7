/** Figures in the page: charts, which a script draws, and intervals, which are drawn here. */
import type { Interval } from '../statistics/bootstrap.ts'
import type { Chart, Role } from './chart.ts'
import { type Html, html } from './html.ts'

/** The place of a chart. Without a script there is none, and tables tell the same. */
export function figure({ id, title, description, note, y }: Chart): Html {
  return html`<figure data-chart="${id}"><figcaption>${title} <small>${y.label}${y.log ? ', logarithmic' : ''}</small></figcaption>
<div class="key"></div><div class="chart" role="img" aria-label="${title}. ${description}"></div>
<p class="hint">${note}</p></figure>`
}

/** Side by side where there is room. */
export function figures(charts: readonly Chart[]): Html | undefined {
  if (charts.length === 0) return undefined
  return html`<div class="charts">${charts.map(figure)}</div>`
}

const [width, middle] = [270, 135]
/** How far apart the middles of labels have to be, so that they do not run into one another. */
const apart = 28
/** Beyond so many times as good, an interval is cut off. */
const furthest = 50

/** A logarithmic scale that all of some intervals fit on, the same to both sides. */
export function scaleOf(gains: readonly Interval[]): number {
  const reaches = gains.flatMap(({ low, high }) => [high, 1 / low]).filter(Number.isFinite)
  return Math.min(furthest, Math.max(2, ...reaches) * 1.1)
}

/** Where an interval of how many times as good the first is lies: to the left, the first is better. @param reach of `scaleOf` */
export function intervalDrawing(gain: Interval, reach: number, role: Role | 'nobody', label: string): Html {
  const at = (times: number) => {
    const place = middle - (Math.log(times) / Math.log(reach)) * (middle - 10)
    return Math.round(Math.min(Math.max(place, 4), width - 4) * 10) / 10
  }
  const ticks = [1, 1.5, 2, 5, 10, 20, 50].filter((times) => times <= reach && !(times === 1.5 && reach > 4))
  let written = -apart
  const lines = ticks.map((times) => {
    const places = times === 1 ? [middle] : [at(times), at(1 / times)]
    const distance = Math.abs(at(times) - middle)
    const hasRoom = distance - written >= apart
    if (hasRoom) written = distance
    const name = times === 1 ? 'same' : `${times}×`
    return places.map(
      (x) =>
        html`<path d="M${x} 2V24" stroke="var(--${times === 1 ? 'muted' : 'line'})"/>${hasRoom ? html`<text x="${x}" y="37" text-anchor="middle">${name}</text>` : undefined}`,
    )
  })
  const [left, right] = [at(gain.high), at(gain.low)]
  return html`<svg viewBox="0 0 ${width} 42" class="${role}" role="img" aria-label="${label}">${lines}<path d="M${left} 13H${right}M${left} 8v10M${right} 8v10" stroke="var(--own)" stroke-width="2.5" fill="none"/><circle cx="${at(gain.estimate)}" cy="13" r="5" fill="var(--own)"/></svg>`
}
