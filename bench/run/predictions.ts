/** What the models say of each engine in a scenario, from a round that may be believed. */
import path from 'node:path'
import { readRaw } from '../load/raw.ts'
import { type Engine, fileThreads, type SlowDisk } from './engines.ts'
import { foretell } from './foretell.ts'
import type { Prediction } from './results.ts'
import { good, type RoundsOf } from './rounds.ts'

export function predictionsOf(of: RoundsOf): Prediction[] {
  const { scenario, stage, settings } = of
  // In the closed loop nothing comes by a plan.
  if ('connections' in scenario.intensity) return []
  return stage.calibrations.flatMap((calibrated) => {
    const [first] = good(of.rounds, calibrated.engine)
    if (first === undefined) return []
    const samples = readRaw(path.join(settings.out, first.raw))
    const engine = scenario.engines.find(({ name }) => name === calibrated.engine) as Engine
    const { threads = 1, workers = 1 } = engine.options ?? {}
    const pinned = settings.processors.server !== undefined
    const circumstances = {
      ...(scenario.company === undefined ? {} : { company: scenario.company }),
      ...(pinned ? { together: Math.max(threads, workers) } : {}),
      ...(first.cpuPerRequest === undefined ? {} : { cpu: first.cpuPerRequest }),
    }
    const servers = serversOf(engine, scenario.slowDisk, pinned)
    return foretell(calibrated, samples, settings.seconds, servers, settings.seed, circumstances)
  })
}

/**
 * How many requests a server has under way at a time. Threads that share one processor are several only while they wait for something else,
 * which here is a slow disk: then it is those that read.
 *
 * @param pinned whether it has one processor
 */
export function serversOf(engine: Engine, slowDisk: SlowDisk | undefined, pinned: boolean): number {
  const { threads = 1 } = engine.options ?? {}
  if (slowDisk === undefined) return pinned ? 1 : threads
  if (engine.engine === 'sync') return threads
  // A timer holds none of them: what remains is the loop.
  return slowDisk.holds === 'nobody' ? 1 : fileThreads(engine)
}
