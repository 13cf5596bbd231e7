/** Part four: that the generator sees what the closed loop hides, shown on this machine on this day. `bench/truth/validate.ts` asks for more. */
import type { GeneratorProcess } from '../load/process.ts'
import type { RawRequest } from '../load/raw.ts'
import { freeze, freezing } from '../truth/freeze.ts'
import type { Truth } from './results.ts'
import type { Settings } from './settings.ts'
import { time } from './table.ts'

/** How far p99 may be off what is computed. With few stops, when each falls weighs more than in a long run. */
const tolerance = 0.15
/** Points of one hundredth of a second are one in results, the longest. */
const bin = 0.01

/** @param seconds of each of the two runs */
export async function showTruth(generator: GeneratorProcess, settings: Settings, seconds: number): Promise<Truth> {
  const { seed, processors, scratch } = settings
  const name = `a server that stands still for ${time(freeze.for)} every ${time(freeze.every)}`
  const found = await freezing(generator, { seconds, seed, processors, scratch, tries: 3 })
  if (found === undefined) return { name, text: 'void: the machine did other things each time' }
  const { compared, calm, worst, hides } = found
  const last = compared.at(-1)
  if (last === undefined) throw new Error('No percentile was compared.')
  const text =
    `open loop: p99 ${time(last.measured)}, computed ${time(last.computed)}; ` +
    `closed loop: p99 ${time(calm)}, though its longest took ${time(worst)}`
  const agrees = hides && Math.abs(last.residual) <= tolerance
  return { name, agrees, text, open: thinned(found.open), closed: thinned(found.closed) }
}

/** When requests were due and their latencies, in seconds: of each bin the longest, whose times are those that were measured. */
export function thinned(samples: readonly Pick<RawRequest, 'due' | 'last'>[]): [at: number, latency: number][] {
  const longest = new Map<number, [number, number]>()
  for (const { due, last } of samples) {
    const at = Math.floor(due / bin)
    const known = longest.get(at)
    if (known === undefined || last - due > known[1]) longest.set(at, [due, last - due])
  }
  return [...longest.values()].sort(([a], [b]) => a - b)
}
