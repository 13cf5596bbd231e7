/** What a run of the bench comes to, as it is written to `results.json`. Times are seconds. */
import type { Phases } from '../load/phases.ts'
import type { Summary } from '../load/summary.ts'
import type { Stability } from '../statistics/stability.ts'
import type { Verdict } from '../statistics/verdict.ts'
import type { Point } from '../theory/curve.ts'
import type { Cliff } from './cliff.ts'

/** One engine in one round. */
export interface Measured {
  readonly round: number
  readonly engine: string
  readonly seed: number
  readonly summary: Summary
  /** Seconds of a processor for each request that was answered, of the server; undefined where it cannot be known. */
  readonly cpuPerRequest: number | undefined
  /** Bytes of memory of the server after the run. */
  readonly memory: number | undefined
  readonly stolen: number | undefined
  readonly others: number | undefined
  /** Why it is void. Void runs are kept here, and left out of everything but what they count, where that may be believed. */
  readonly spoilt: readonly string[]
  /** Why not even what it counts may be believed: how many were answered, and how the backlog grew. */
  readonly miscounted: readonly string[]
  /** The file with every request, below the directory of the results. */
  readonly raw: string
}

/** What was learnt of an engine before the rounds, in other runs. */
export interface Calibration {
  readonly engine: string
  /** Requests per second that it did at most, in a closed loop. */
  readonly capacity: number
  /** Requests per second in the run at low load. */
  readonly rate: number
  readonly requests: number
  /** Mean latency at low load: service, and the way there and back. */
  readonly latency: number
  /** c², the variability of those latencies. */
  readonly variability: number
  readonly spoilt: readonly string[]
}

/** What a model says of an engine in this scenario, and how far off it was. */
export interface Prediction {
  readonly engine: string
  readonly model: string
  /** Of the percentile curve; none where the model has no steady state. */
  readonly points: readonly Point[]
  /** Mean latency by formula, where there is one. */
  readonly mean: number | undefined
  /** Measured over predicted, less 1, by percentile, in the round that was replayed. */
  readonly residuals: readonly { readonly percent: number; readonly residual: number }[]
  /** Why there is no prediction. */
  readonly none: string | undefined
  /** The assumption that failed, as what follows "it does not hold that"; absent where nothing speaks against the model. */
  readonly failed?: string
}

/** A server of others, at the same rate in the same rounds. Of the rounds that may be believed, the middle. */
export interface PeerResult {
  readonly name: string
  readonly percentiles: Readonly<Record<string, number | undefined>>
  /** Right answers per second; undefined where all rounds were void. */
  readonly achieved: number | undefined
  readonly cpuPerRequest: number | undefined
  readonly stability: Stability | undefined
  readonly rounds: readonly Measured[]
}

/** The load generator against a server whose truth is known. */
export interface Truth {
  readonly name: string
  /** Whether what was measured is what can be computed; absent where the machine has spoilt it. */
  readonly agrees?: boolean
  readonly text: string
  /** When each request was due in the open loop, and its latency; seconds. Of many, the longest of each hundredth of a second. */
  readonly open?: readonly (readonly [at: number, latency: number])[]
  /** The same for the closed loop, where a request is due when it is sent. */
  readonly closed?: readonly (readonly [at: number, latency: number])[]
}

export interface ScenarioResult {
  readonly name: string
  readonly title: string
  readonly expected: string
  readonly mechanism: string
  readonly measure: string
  readonly engines: readonly [string, string]
  /** What it has in common with others that differ from it in their load. */
  readonly family?: string
  /** What was offered, as a share of what the slower of the two did at most. */
  readonly load?: number
  /** Requests per second that were offered. */
  readonly rate: number
  readonly calibrations: readonly Calibration[]
  readonly rounds: readonly Measured[]
  /** Rounds that the verdict is about: those in which both runs may be believed. */
  readonly pairs: number
  readonly stability: Readonly<Record<string, Stability | undefined>>
  /** By engine and percentile, the middle of the rounds. */
  readonly percentiles: Readonly<Record<string, Readonly<Record<string, number | undefined>>>>
  readonly verdict: Verdict | undefined
  /** The verdict, or why there is none. */
  readonly sentence: string
  readonly predictions: readonly Prediction[]
  /** What was predicted after the calibration and before the first round, where a cliff is near. */
  readonly cliff?: readonly Cliff[]
  /** By engine: what it says of its own time (`Server-Timing`), in a run besides, in which that was switched on. */
  readonly phases?: Readonly<Record<string, Phases>>
  readonly peers?: readonly PeerResult[]
}

/** How long a kind of operation, or a round trip, takes with each engine. */
export interface Timing {
  readonly part: 'operations' | 'trips'
  readonly name: string
  /** By engine: the median of each round, seconds. */
  readonly rounds: Readonly<Record<string, readonly number[]>>
  readonly sentence: string
}

export interface Results {
  readonly machine: Readonly<Record<string, string | number>>
  readonly command: string
  readonly seed: number
  readonly begun: string
  readonly seconds: number
  readonly scenarios: readonly ScenarioResult[]
  readonly timings: readonly Timing[]
  readonly truth?: readonly Truth[]
}
