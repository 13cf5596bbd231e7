/** What a server says of its own time: the field `Server-Timing` (W3C Server Timing, section 3) of many answers. */
import { mean, percentile, sorted } from '../statistics/percentile.ts'

/** Of one phase, over all answers that told of it; seconds. */
export interface Phase {
  readonly mean: number
  readonly p50: number
  readonly p99: number
}

/** By the name of the phase, in the order in which servers tell them. */
export type Phases = Readonly<Record<string, Phase>>

/** @param fields the values of the field, one for each answer; what has no duration is left out */
export function phasesOf(fields: readonly string[]): Phases {
  const times = new Map<string, number[]>()
  for (const field of fields) {
    for (const [, name = '', milliseconds] of field.matchAll(/([\w-]+)\s*;\s*dur=([\d.]+)/g)) {
      const seconds = Number(milliseconds) / 1000
      const known = times.get(name)
      if (known === undefined) times.set(name, [seconds])
      else known.push(seconds)
    }
  }
  return Object.fromEntries(
    [...times].map(([name, values]) => {
      const ordered = sorted(values)
      return [name, { mean: mean(ordered), p50: percentile(ordered, 50), p99: percentile(ordered, 99) }]
    }),
  )
}
