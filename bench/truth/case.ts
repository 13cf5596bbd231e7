/** One load, with slow clients or without, that an engine is asked for and that is predicted: what is asked, and a round of it. */
import path from 'node:path'
import type { GeneratorProcess, Report } from '../load/process.ts'
import type { Demand, Machine } from '../predict/model.ts'
import type { Calibrated } from '../run/calibrate.ts'
import { connectionsOf } from '../run/connections.ts'
import type { Running } from '../run/engines.ts'
import type { Settings } from '../run/settings.ts'
import { targetsOf } from '../run/share.ts'
import { inviteSlow, type SlowlyServed } from './slowness.ts'

/** Of the file that is asked for, and of what slow clients store. */
export const bytes = 10 * 1024
/** Slow clients hold a thread for so long each, and for this share of all the time. */
export const slowly = { hold: 0.04, share: 0.3 }
const slowRate = slowly.share / slowly.hold

export interface Case {
  readonly running: Running
  readonly calibrated: Calibrated
  readonly machine: Machine
  /** As a share of what the engine does at most. */
  readonly load: number
  /** Whether slow clients are there, too. */
  readonly slow: boolean
}

/** One round of a case. */
export interface Ran {
  readonly report: Report
  /** The file with every request. */
  readonly raw: string
  readonly slowly: SlowlyServed | undefined
}

/** Requests per second of those that are not slow. */
export const rateOf = ({ load, calibrated }: Case): number => load * calibrated.capacity

/** What `twinserve predict` is told of it. */
export function demandOf(one: Case): Demand {
  const fast = rateOf(one)
  const rate = one.slow ? fast + slowRate : fast
  const speed = bytes / slowly.hold
  const slow = { share: one.slow ? slowRate / rate : 0, speed, buffer: 0 }
  return { rate, machines: 1, spread: 'random', sizes: [{ bytes, weight: 1 }], slow }
}

export async function runOnce(
  one: Case,
  round: number,
  root: string,
  generator: GeneratorProcess,
  { seconds, seed, scratch, processors }: Settings,
): Promise<Ran> {
  const { running, slow } = one
  const clients = { rate: slowRate, hold: slowly.hold, bytes, seed: seed + 100 + round }
  const raw = path.join(scratch, `${one.machine.mode}-${one.load}${slow ? '-slow' : ''}.${round}.jsonl`)
  const invited = slow ? await inviteSlow(clients, running.port, processors.generator) : undefined
  const report = await generator
    .load(
      {
        ...{ port: running.port, seconds, seed: seed + round, rate: rateOf(one), patience: 2, raw },
        // Over as many as in the calibration.
        ...connectionsOf({}),
        // Slow clients may keep the server from answering anything at all for a while.
        ...(slow ? { warmup: 0 } : {}),
        targets: targetsOf(root, [{ file: bytes }], `run-${round}`),
      },
      running.pid,
      invited?.pid,
    )
    .catch(async (error: unknown) => {
      await invited?.leave()
      throw error
    })
  return { report, raw, slowly: await invited?.leave() }
}
