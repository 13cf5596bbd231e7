/** What is drawn of a scenario's requests, from the lines that each run has left on disk. */
import fs from 'node:fs'
import path from 'node:path'
import { type RawRequest, readRaw } from '../load/raw.ts'
import type { Measured, ScenarioResult } from '../run/results.ts'
import { mean, sorted } from '../statistics/percentile.ts'
import { backlogs } from '../statistics/stability.ts'
import { type Bins, bins, digits, type Spectrum, spectrum } from './thin.ts'

/** Parts of the time of all rounds of an engine. */
const parts = 150
/** Instants of a round at which the backlog is looked at. */
const instants = 60

export interface Curves {
  /** Of all rounds that may be believed together. */
  readonly spectrum: Spectrum
  /** By round. */
  readonly time: ReadonlyMap<number, Bins>
  /** The mean of the rounds, from the begin to the end of a round. */
  readonly backlog: readonly number[]
  /** Files that are not there. */
  readonly missing: readonly string[]
}

export type ScenarioCurves = ReadonlyMap<string, Curves>

/** Scenarios that are over do not change: each is read once, though the report is written after each. */
const known = new WeakMap<ScenarioResult, ScenarioCurves>()

/** By engine. @param directory where the results lie */
export function curvesOf(scenario: ScenarioResult, directory: string): ScenarioCurves {
  const before = known.get(scenario)
  if (before !== undefined) return before
  const curves = new Map(
    scenario.engines.map((engine) => {
      const rounds = scenario.rounds.filter((round) => round.engine === engine && round.spoilt.length === 0)
      return [engine, drawn(rounds, directory, Math.max(12, Math.floor(parts / Math.max(1, roundsOf(scenario)))))]
    }),
  )
  known.set(scenario, curves)
  return curves
}

/** How many rounds there were, void ones too. */
export function roundsOf({ rounds }: ScenarioResult): number {
  return 1 + Math.max(-1, ...rounds.map(({ round }) => round))
}

/** How long each run was, in seconds. */
export function secondsOf({ summary }: Measured): number {
  return summary.requests / summary.offered
}

function drawn(rounds: readonly Measured[], directory: string, perRound: number): Curves {
  const latencies: number[] = []
  const time = new Map<number, Bins>()
  const backlog: number[][] = []
  const missing: string[] = []
  for (const round of rounds) {
    const file = path.join(directory, round.raw)
    if (!fs.existsSync(file)) {
      missing.push(round.raw)
      continue
    }
    const requests = readRaw(file)
    const seconds = secondsOf(round)
    for (const request of requests) latencies.push(latencyOf(request))
    const answered = requests.filter(({ outcome }) => outcome === 'answered')
    time.set(
      round.round,
      bins(
        answered.map((request) => [request.due, latencyOf(request)] as const),
        [0, seconds],
        perRound,
      ),
    )
    backlog.push(
      backlogs(
        requests.map(({ due }) => due),
        requests.map(({ ended }) => ended),
        seconds,
        instants,
      ),
    )
  }
  const middle = (backlog[0] ?? []).map((_, at) => digits(mean(backlog.map((one) => one[at] as number))))
  return { spectrum: spectrum(sorted(latencies)), time, backlog: middle, missing }
}

/** Seconds from when it was due; Infinity without a right answer. */
function latencyOf({ outcome, due, last }: RawRequest): number {
  return outcome === 'answered' ? last - due : Infinity
}
