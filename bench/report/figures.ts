/** The figures of a scenario: each engine's rounds that may be believed, by their middle. */
import { failuresOf } from '../run/failures.ts'
import type { ScenarioResult } from '../run/results.ts'
import { half } from '../run/rounds.ts'

export interface Figures {
  readonly engine: string
  /** Where it fell behind: what is said in place of percentiles. */
  readonly unstable: string | undefined
  /** By percentile, seconds; undefined where it cannot be told, Infinity where there was no right answer. */
  readonly percentiles: Readonly<Record<string, number | undefined>>
  readonly achieved: number | undefined
  /** Seconds of a processor. */
  readonly cpuPerRequest: number | undefined
  /** Bytes. */
  readonly memory: number | undefined
  readonly requests: number
  /** How many ended without a right answer, by what became of them. */
  readonly failures: readonly (readonly [outcome: string, count: number])[]
  readonly rounds: number
  readonly believed: number
}

/** Of both engines, and of what else was measured beside them. */
export function figuresOf(scenario: ScenarioResult): Figures[] {
  const engines = scenario.engines.map((engine): Figures => {
    const own = scenario.rounds.filter((round) => round.engine === engine)
    const good = own.filter(({ spoilt }) => spoilt.length === 0)
    const stability = scenario.stability[engine]
    return {
      engine,
      unstable: stability?.stable === false ? stability.sentence : undefined,
      percentiles: scenario.percentiles[engine] ?? {},
      achieved: half(good.map(({ summary }) => summary.achieved)),
      cpuPerRequest: half(good.map(({ cpuPerRequest }) => cpuPerRequest)),
      memory: half(good.map(({ memory }) => memory)),
      requests: good.reduce((sum, { summary }) => sum + summary.requests, 0),
      failures: failuresOf(good),
      rounds: own.length,
      believed: good.length,
    }
  })
  const peers = (scenario.peers ?? []).map((peer): Figures => {
    const good = peer.rounds.filter(({ spoilt }) => spoilt.length === 0)
    return {
      engine: peer.name,
      unstable: peer.stability?.stable === false ? peer.stability.sentence : undefined,
      ...{ percentiles: peer.percentiles, achieved: peer.achieved, cpuPerRequest: peer.cpuPerRequest },
      memory: half(good.map(({ memory }) => memory)),
      requests: good.reduce((sum, { summary }) => sum + summary.requests, 0),
      ...{ failures: failuresOf(good), rounds: peer.rounds.length, believed: good.length },
    }
  })
  return [...engines, ...peers]
}
