/**
 * The demonstration why the open loop is needed: a server that stands still for 200 ms every 2 s. Whoever comes meanwhile waits for the rest of it, and
 * the open loop sees that; a closed loop asks for nothing meanwhile, so that its percentiles hide it (coordinated omission).
 */
import type { GeneratorProcess } from '../load/process.ts'
import type { RawRequest } from '../load/raw.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { type Attempts, attempt } from './attempt.ts'
import { type Compared, compareAt, replayedWithFreezes } from './compare.ts'
import { serviceTimes } from './service.ts'
import { withTruth } from './start.ts'

/** Seconds. */
export const freeze = { every: 2, for: 0.2 }
const service = 0.001
/** Requests per second in the open loop. */
const rate = 200

export interface FreezeSettings extends Attempts {
  /** Of each of the two runs. */
  readonly seconds: number
  readonly seed: number
  readonly processors: { readonly server: number | undefined }
}

export interface Frozen {
  /** p50, p90 and p99 of the open loop. */
  readonly compared: readonly Compared[]
  /** p99 of the closed loop, and its longest; seconds. */
  readonly calm: number
  readonly worst: number
  /** Whether the closed loop has met a stop, and hides it. */
  readonly hides: boolean
  readonly open: readonly RawRequest[]
  readonly closed: readonly RawRequest[]
}

const latencies = (samples: readonly RawRequest[]) => samples.map(({ due, last }) => last - due)

/** @returns undefined when the machine has spoilt it */
export async function freezing(generator: GeneratorProcess, settings: FreezeSettings): Promise<Frozen | undefined> {
  const { seconds, seed, processors } = settings
  const count = Math.ceil(rate * seconds * 2) + 1000
  const services = serviceTimes('fixed', service, seed, count)
  const truth = { shape: 'fixed', mean: service, seed, count, freeze } as const
  return await withTruth(truth, processors.server, async (port, pid) => {
    const order = { port, seconds, seed }
    const open = await attempt(generator, pid, { ...order, rate, connections: 200 }, settings)
    const closed = await attempt(generator, pid, { ...order, loop: 'closed', connections: 1 }, settings)
    if (open === undefined || closed === undefined) return undefined
    // The overhead is of no weight beside 200 ms, and there is no run of this server without its stops to take it from.
    const percents = [50, 90, 99]
    const computed = replayedWithFreezes(open.samples, services, 0, freeze, percents)
    const compared = compareAt(percents, latencies(open.samples), computed)
    const hidden = sorted(latencies(closed.samples))
    const [calm, worst] = [percentile(hidden, 99), percentile(hidden, 100)]
    const hides = calm < 0.1 * (compared[2]?.measured as number) && worst > 0.75 * freeze.for
    return { compared, calm, worst, hides, open: open.samples, closed: closed.samples }
  })
}
