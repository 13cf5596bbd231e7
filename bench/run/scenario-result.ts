/** What the rounds of a scenario come to, as results have it. */
import type { Phases } from '../load/phases.ts'
import type { Stability } from '../statistics/stability.ts'
import { beside, type Foreseen, type Found } from './cliff.ts'
import { type Found as Concluded, verdictOf } from './conclude.ts'
import { predictionsOf } from './predictions.ts'
import type { Calibration, Measured, PeerResult, ScenarioResult } from './results.ts'
import { good, half, middle, type Ran, type RoundsOf, ran, stabilityIn } from './rounds.ts'

export function resultOf(of: RoundsOf, phases: Record<string, Phases>, foreseen: readonly Foreseen[]): ScenarioResult {
  const { scenario, stage, offered, rounds } = of
  const { name, title, family, expected, mechanism } = scenario
  const [a, b] = scenario.engines.map((engine) => engine.name) as [string, string]
  const stability = Object.fromEntries([a, b].map((each) => [each, stabilityIn(ranOf(of, each), offered)]))
  const { verdict, sentence, pairs } = conclusionOf(of)
  return {
    ...{ name, title, expected, mechanism, measure: scenario.measure.name, engines: [a, b], rate: offered.rate },
    ...(family === undefined ? {} : { family }),
    load: offered.rate / Math.min(...stage.calibrations.map(({ capacity }) => capacity)),
    ...{ rounds: rounds.filter(({ engine }) => engine === a || engine === b), pairs, stability },
    calibrations: stage.calibrations.map(({ latencies: _, ...rest }): Calibration => rest),
    percentiles: Object.fromEntries([a, b].map((each) => [each, middle(good(rounds, each))])),
    ...{ verdict, sentence },
    predictions: predictionsOf(of),
    ...(foreseen.length === 0 ? {} : { cliff: beside(foreseen, (each) => foundOf(rounds, each, stability[each])) }),
    phases,
    ...(scenario.peers && stage.peers.length > 0 ? { peers: stage.peers.map((peer) => peerOf(of, peer.name)) } : {}),
  }
}

export function conclusionOf(of: RoundsOf): Concluded {
  const [a, b] = of.scenario.engines
  return verdictOf(of.scenario, { a: ranOf(of, a.name), b: ranOf(of, b.name) }, of.offered)
}

function ranOf({ rounds, scenario }: RoundsOf, name: string): Ran[] {
  return rounds.filter(({ engine }) => engine === name).map((round) => ran(round, scenario))
}

/** What there is to hold against what was foreseen. */
function foundOf(rounds: readonly Measured[], name: string, stability: Stability | undefined): Found {
  const own = good(rounds, name)
  return {
    percentiles: stability?.stable === false ? undefined : middle(own),
    achieved: half(own.map(({ summary }) => summary.achieved)),
    growth: stability?.growth.estimate,
  }
}

function peerOf(of: RoundsOf, name: string): PeerResult {
  const own = good(of.rounds, name)
  return {
    ...{ name, percentiles: middle(own), achieved: half(own.map(({ summary }) => summary.achieved)) },
    cpuPerRequest: half(own.map(({ cpuPerRequest }) => cpuPerRequest)),
    stability: stabilityIn(ranOf(of, name), of.offered),
    rounds: of.rounds.filter(({ engine }) => engine === name),
  }
}
