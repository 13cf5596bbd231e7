/** Whether what was measured of a case agrees with what was predicted, and where it does not, the assumption that failed. */

import { readRaw } from '../load/raw.ts'
import type { Effort } from '../predict/answer.ts'
import { foretell } from '../run/foretell.ts'
import { time } from '../run/table.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { mean } from '../statistics/percentile.ts'
import { type Stability, stabilityOf } from '../statistics/stability.ts'
import { type Case, demandOf, type Ran, rateOf, slowly } from './case.ts'
import { foretold, type Held, heldAgainst, percents } from './foretold.ts'
import type { SlowlyServed } from './slowness.ts'

/** How many times the processor time of the calibration a request must take to be told from it. */
const dearer = 1.25

export interface Agreement {
  /** Rounds that may be believed. */
  readonly rounds: number
  /** Undefined where it cannot be told. */
  readonly agrees: boolean | undefined
  /** What follows "it does not hold that"; undefined where everything agrees, or there is no sign. */
  readonly failed: string | undefined
  readonly held: readonly Held[]
  /** Right answers per second; absent where too few rounds may be believed, as the stability is. */
  readonly answered?: number
  readonly stability?: Stability
  readonly slowly: readonly (SlowlyServed | undefined)[]
  readonly sentence: string
}

export function agreementOf(one: Case, ran: readonly Ran[], seconds: number, effort: Effort): Agreement {
  const good = ran.filter(({ report }) => report.spoilt.length === 0)
  const common = { rounds: good.length, slowly: good.map(({ slowly }) => slowly) }
  if (good.length < fewestRounds) {
    const [why] = ran.flatMap(({ report }) => report.spoilt)
    const sentence = `void: ${good.length} of ${ran.length} rounds may be believed. ${why}`
    return { ...common, agrees: undefined, failed: undefined, held: [], sentence }
  }
  const stability = stabilityOf(
    good.map(({ report }) => report.summary.growth),
    { rate: rateOf(one), seconds },
  )
  const held = foretold(demandOf(one), one.machine, effort).map((prediction) =>
    heldAgainst(
      prediction,
      good.map(({ report }) => report.summary.latency[prediction.percent as 50 | 99] ?? Number.NaN),
    ),
  )
  const keepsUp = stability.stable && stability.behind === 0
  const against = !keepsUp || held.length < percents.length || held.some(({ agrees }) => agrees === false)
  const agrees = against ? false : held.every((each) => each.agrees) ? true : undefined
  const failed = agrees === false ? failedIn(one, good, seconds, effort.seed) : undefined
  const answered = mean(good.map(({ report }) => report.summary.achieved))
  const parts = [...held.map(heldSentence), `answered ${Math.round(answered)}/s`, stability.sentence]
  const sentence = [...parts, verdictOf(agrees, failed)].join('; ')
  return { ...common, agrees, failed, held, answered, stability, sentence }
}

function heldSentence({ percent, predicted, least, most, measured, residual }: Held): string {
  const [low, high] = [measured.low, measured.high].map(time)
  const off = residual === Infinity ? 'not told' : `${Math.round(residual * 100)} %`
  return `p${percent} predicted ${time(predicted)} (${time(least)} to ${time(most)}), measured ${time(measured.estimate)} [${low}, ${high}], ${off}`
}

function verdictOf(agrees: boolean | undefined, failed: string | undefined): string {
  if (agrees === undefined) return 'CANNOT BE TOLD: the rounds differ too much'
  if (agrees) return 'agrees'
  return `DOES NOT AGREE${failed === undefined ? ', and why is not known' : `: it does not hold that ${failed}`}`
}

/** The sign of an assumption that failed, besides the percentiles. */
function failedIn(one: Case, ran: readonly Ran[], seconds: number, seed: number): string | undefined {
  const cpus = ran.flatMap(({ report: { serverCpu, summary } }) =>
    serverCpu === undefined || summary.outcomes.answered === 0 ? [] : [serverCpu / summary.outcomes.answered],
  )
  const [cpu, service] = [cpus.length === 0 ? undefined : mean(cpus), 1 / one.calibrated.capacity]
  const holds = ran.flatMap(({ slowly }) => slowly?.hold ?? [])
  if (holds.length > 0 && Math.abs(mean(holds) / slowly.hold - 1) > 0.1) {
    return `a slow client holds a thread for ${time(slowly.hold)}: it was ${time(mean(holds))} with what the server does itself`
  }
  if (cpu !== undefined && cpu >= dearer * service) {
    return `service is the same at every load: a request took ${(cpu / service).toPrecision(3)} times the processor time that it takes where the server never sleeps`
  }
  const [first] = ran
  if (one.slow || first === undefined) return undefined
  const circumstances = { together: 1, ...(cpu === undefined ? {} : { cpu }) }
  return foretell(one.calibrated, readRaw(first.raw), seconds, 1, seed, circumstances)[0]?.failed
}
