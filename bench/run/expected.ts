/** How long a scenario takes by arithmetic, in seconds: but for what is tried again, and for servers that fall behind, whose answers are waited for. */
import type { Scenario } from '../scenarios.ts'
import type { Settings } from './settings.ts'

/** Between two runs, about: a generator warms up, and a file is written. */
const between = 0.35

/** Rounds that peers join: no verdict is about them, and there are many. */
export const peerRounds = (rounds: number): number => Math.min(3, rounds)

/** The rounds of the two engines, which a scenario may have once more. */
export function roundsTake({ parts = 1 }: Scenario, { rounds, seconds }: Settings): number {
  return 2 * rounds * (seconds + parts * between)
}

/** All of it. @param first whether its servers are started and calibrated for it @param peers how many there are */
export function scenarioTakes(scenario: Scenario, settings: Settings, first: boolean, peers: number): number {
  const { rounds, seconds, phases, calibration } = settings
  const begin = first ? 6 * (calibration + between) + 1 : 0
  const beside = scenario.peers ? peers * peerRounds(rounds) * (seconds + between) : 0
  return begin + roundsTake(scenario, settings) + beside + 2 * (phases + between)
}
