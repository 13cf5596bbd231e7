/** Operations and round trips: how long each takes with either engine. */
import type { Timing } from '../run/results.ts'
import { time } from '../run/table.ts'
import { fewestRounds, geometricInterval, type Interval } from '../statistics/bootstrap.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { type Role, roles } from './chart.ts'
import { intervalDrawing, scaleOf } from './figure.ts'
import { type Html, html } from './html.ts'
import { capital } from './section-verdicts.ts'

const parts = {
  operations: [
    'Operations',
    'Whole requests through each engine’s driver and its calls on files, in one process and without a socket.',
  ],
  trips: ['Round trips', 'One client on one connection, one request at a time.'],
} as const

export function timingSection(timings: readonly Timing[]): Html | undefined {
  if (timings.length === 0) return undefined
  const sections = (['operations', 'trips'] as const).flatMap((part) => {
    const own = timings.filter((timing) => timing.part === part)
    return own.length === 0
      ? []
      : [html`<h3>${parts[part][0]}</h3><p class="hint">${parts[part][1]}</p>${timingTable(own)}`]
  })
  return html`<section id="timings"><h2>Operations and round trips</h2>
<p class="hint">The median of each round; shown is the middle of the rounds. The drawing shows how many times as fast the engine on its side is, 95 in 100.</p>${sections}</section>`
}

/** How many times as fast the first engine is as the second; undefined where rounds are too few. */
export function gainOf({ rounds }: Timing): Interval | undefined {
  const [a = [], b = []] = Object.values(rounds)
  if (a.length < fewestRounds || a.length !== b.length) return undefined
  return geometricInterval(a.map((value, round) => (b[round] as number) / value))
}

function timingTable(timings: readonly Timing[]): Html {
  const gains = timings.map(gainOf)
  const reach = scaleOf(gains.filter((gain) => gain !== undefined))
  const engines = Object.keys(timings[0]?.rounds ?? {})
  const colours = roles(engines)
  const rows = timings.map(({ name, rounds, sentence }, at) => {
    const gain = gains[at]
    const times = engines.map(
      (engine) => html`<td>${time(percentile(sorted(rounds[engine] ?? [Number.NaN]), 50))}</td>`,
    )
    const drawing = gain === undefined ? '–' : intervalDrawing(gain, reach, roleOf(gain, engines, colours), sentence)
    return html`<tr><th scope="row">${name}</th>${times}<td class="interval">${drawing}</td><td class="text">${capital(sentence)}</td></tr>`
  })
  const heads = engines.map(
    (engine) => html`<th scope="col"><span class="name ${colours.get(engine)}">${engine}</span></th>`,
  )
  return html`<div class="wide" tabindex="0" role="region" aria-label="Timings"><table class="timings"><caption>Timings</caption>
<thead><tr><th scope="col">What</th>${heads}<th scope="col" class="sides"><span>${engines[0]}</span> <span>${engines[1]}</span></th><th scope="col">Verdict</th></tr></thead><tbody>${rows}</tbody></table></div>`
}

function roleOf(
  { low, high }: Interval,
  engines: readonly string[],
  colours: ReadonlyMap<string, Role>,
): Role | 'nobody' {
  if (low <= 1 && high >= 1) return 'nobody'
  return colours.get(engines[low > 1 ? 0 : 1] ?? '') ?? 'nobody'
}
