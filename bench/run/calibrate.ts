/** What an engine can do, learnt before the rounds: the most it does in a closed loop, and its latencies when hardly anybody waits. */
import path from 'node:path'
import type { GeneratorProcess, Report } from '../load/process.ts'
import { readRaw } from '../load/raw.ts'
import type { Scenario } from '../scenarios.ts'
import { momentsOf, variability } from '../theory/moments.ts'
import { connectionsOf } from './connections.ts'
import type { Running } from './engines.ts'
import { fileName } from './export.ts'
import type { Calibration } from './results.ts'
import type { Settings } from './settings.ts'
import { targetsOf } from './share.ts'

/**
 * A server that has just started runs code that is not compiled yet: what it does then is not what the rounds will see. That is so of what it
 * does when more is asked than it can do, too, and of what it does with many new connections at once, where a scenario has them. So both are done
 * before anything is measured, the second by asking for so many times what it has just shown that it can do.
 */
const rush = 1.5
/** How long to wait for what it has not answered of that; seconds. */
const rushPatience = 0.3
/** The share of its capacity that is asked for in the run at low load. */
const calm = 0.04

export interface Calibrated extends Calibration {
  /** Latency of each request at low load, from the call that sends it; seconds. */
  readonly latencies: Float64Array
}

export async function calibrate(
  running: Running,
  scenario: Scenario,
  root: string,
  generator: GeneratorProcess,
  settings: Settings,
): Promise<Calibrated> {
  const { engine, port, pid } = running
  const raw = path.join(settings.out, `${fileName(`${scenario.name}.${engine.name}`)}.calibration.jsonl`)
  const order = (what: string) => ({
    port,
    seconds: settings.calibration,
    seed: settings.seed - 1,
    ...connectionsOf(scenario),
    targets: targetsOf(root, scenario.asked, `${engine.engine}-${what}-${pid}`),
  })
  const half = settings.calibration / 2
  const warm = await generator.load({ ...order('warm'), seconds: half, loop: 'closed' }, pid)
  const rushing = rush * demand(warm, engine.name)
  await generator.load({ ...order('rush'), seconds: half, rate: rushing, patience: rushPatience }, pid)
  const most = await generator.load({ ...order('most'), loop: 'closed' }, pid)
  const capacity = demand(most, engine.name)
  // So few that nobody waits, and still some dozens.
  const rate = Math.max(capacity * calm, 20 / settings.calibration)
  const low = await generator.load({ ...order('calm'), rate, raw, patience: 2 }, pid)
  demand(low, engine.name)
  const answered = readRaw(raw).filter(({ outcome }) => outcome === 'answered')
  const latencies = Float64Array.from(answered, ({ begun, last }) => last - begun)
  const moments = momentsOf(latencies)
  return {
    engine: engine.name,
    capacity,
    rate,
    requests: answered.length,
    latency: moments.mean,
    variability: variability(moments),
    spoilt: [...most.spoilt.filter((reason) => !reason.startsWith('The generator')), ...low.spoilt],
    latencies,
  }
}

/** @returns answers per second @throws when there was none */
function demand({ summary }: Report, name: string): number {
  if (summary.achieved > 0) return summary.achieved
  const outcomes = JSON.stringify(summary.outcomes)
  throw new Error(
    `${name} answered nothing in the time in which it was calibrated: ${outcomes}. Look at what else the machine does.`,
  )
}
