/**
 * Which assumption of a model failed, where a run is not what the model says of it. Each rule looks at something that was measured besides the
 * percentiles; the first that finds its sign names its assumption. Where the model holds, nothing is named.
 */
import type { Median } from '../theory/alone.ts'
import type { Estimate, Shown } from '../theory/stretches.ts'
import type { Company } from './company.ts'

/** A percentile as it was measured, and between what it may lie: the draws, and a calibration that is a little off. Seconds. */
export interface Judged {
  readonly percent: number
  readonly measured: number
  readonly least: number
  readonly most: number
}

export interface Circumstances {
  readonly company?: Company
  /** Threads or workers that have one processor together. */
  readonly together?: number
  /** Processor time of the server for each request of the run, seconds. */
  readonly cpu?: number
}

export interface Evidence extends Circumstances {
  readonly judged: readonly Judged[]
  /** What the other order of service says, where there is one. */
  readonly other?: { readonly name: string; readonly judged: readonly Judged[] }
  /** What the model says where all that varies is on the way, and keeps nobody waiting. */
  readonly apart?: readonly Judged[]
  /** Seconds: of the calibration. */
  readonly service: number
  /** Seconds: of the calibration, what is not service. */
  readonly way: number
  /** What the model says where service takes so many times as long. */
  readonly scaled: (times: number) => readonly Judged[]
  /** Undefined with several servers, whose work cannot be told apart. */
  readonly shown?: Shown
  /** What a request took by itself: at low load, and in the run at most and at least. Undefined where too few were alone. */
  readonly alone?: { readonly calm: Median; readonly most?: Median; readonly least?: Median }
  /** Mean latency as measured, and by the formula that takes arrivals for Poisson; seconds. */
  readonly mean: { readonly measured: number; readonly formula: number | undefined }
  readonly dispersion: { readonly index: number; readonly error: number }
}

const above = ({ measured, most }: Judged) => measured > most
const below = ({ measured, least }: Judged) => measured < least
const isOff = (judged: Judged) => above(judged) || below(judged)
const longer = ({ judged }: Evidence) => judged.some(above)
const shorter = ({ judged }: Evidence) => judged.some(below)

/** How many standard errors a difference must have, and what share of the value, to be one. */
const sure = { errors: 4, share: 0.1 }
const differs = (a: Estimate, b: Pick<Estimate, 'mean' | 'error'>) =>
  a.count >= 100 &&
  Math.abs(a.mean - b.mean) > Math.max(sure.errors * Math.hypot(a.error, b.error), sure.share * b.mean)

/** What a request took by itself, where that was shorter or longer than at low load, as what was measured is than the model. */
function otherAlone(evidence: Evidence): { readonly calm: Median; readonly now: Median } | undefined {
  const { calm, most, least } = evidence.alone ?? {}
  if (calm === undefined) return undefined
  const isLess = (a: Median, b: Median) => a.high < b.low && a.median < (1 - sure.share) * b.median
  if (most !== undefined && isLess(most, calm) && shorter(evidence)) return { calm, now: most }
  return least !== undefined && isLess(calm, least) && longer(evidence) ? { calm, now: least } : undefined
}

/** The stops account for so much of E[S²] that the rest is not what made the queue. */
const mostly = 0.5
/** How far a mean may be from its formula. */
const meanTolerance = 0.2

/** How far from the middle of its bounds the percentile is that is farthest off, as a factor's logarithm. */
const farthest = (judged: readonly Judged[]) =>
  Math.max(...judged.map(({ measured, least, most }) => Math.abs(Math.log(measured / Math.sqrt(least * most)))))
/** A model that is off by so much less has the better explanation. */
const muchLess = 0.5
/** How many times the processor time of the closed loop a request must take to be told from it. */
const dearer = 1.25

interface Rule {
  readonly applies: (evidence: Evidence) => boolean
  readonly sentence: (evidence: Evidence) => string
}

const factor = (value: number) => value.toPrecision(3)
const milli = ({ median }: Median) => `${factor(median * 1000)} ms`
const shownIn = ({ shown }: Evidence) => shown as Shown

/** In this order: what is known to be there, what can be seen directly, what remains. */
const rules: readonly Rule[] = [
  {
    applies: (evidence) => evidence.company !== undefined && longer(evidence),
    sentence: ({ company }) => `nobody else holds the server: ${companyText(company as Company)} did`,
  },
  {
    applies: (evidence) => (evidence.together ?? 1) > 1,
    sentence: ({ together }) => `there is one server: ${together} had one processor together, and took turns on it`,
  },
  {
    applies: (evidence) => longer(evidence) && (evidence.shown?.stopped ?? 0) >= mostly,
    sentence: (evidence) => {
      const { stops } = shownIn(evidence)
      const longest = stops.reduce((most, stop) => Math.max(most, stop), 0)
      return `a server works while somebody waits: it stood still ${stops.length} times, for up to ${factor(longest * 1000)} ms`
    },
  },
  {
    // Not where few took longer than they do alone: there the server was idle meanwhile, and what is long is on the way.
    applies: ({ shown, service }) =>
      shown !== undefined &&
      differs(shown.many, shown.few) &&
      shown.many.mean > shown.few.mean === shown.many.mean > service,
    sentence: (evidence) => {
      const { few, many } = shownIn(evidence)
      return `service does not depend on the queue: with many waiting it took ${factor(many.mean / few.mean)} times as long as with few`
    },
  },
  {
    applies: ({ shown, service, scaled }) =>
      shown !== undefined &&
      differs(shown.service, { mean: service, error: 0 }) &&
      !scaled(shown.service.mean / service).some(isOff),
    sentence: (evidence) =>
      `service is what the calibration found: under load it took ${factor(shownIn(evidence).service.mean / evidence.service)} times as long`,
  },
  {
    applies: ({ other }) => other !== undefined && !other.judged.some(isOff),
    sentence: ({ other }) => `requests are served in this order: ${other?.name} fits`,
  },
  {
    applies: (evidence) =>
      shorter(evidence) &&
      !longer(evidence) &&
      evidence.judged.every(({ measured, least }) => least - measured <= evidence.way),
    sentence: () => 'the way there and back is always as long: a server that is busy need not be woken',
  },
  {
    applies: ({ judged, apart = [] }) => apart.length > 0 && farthest(apart) <= muchLess * farthest(judged),
    sentence: ({ judged, apart = [] }) =>
      `what took long at low load was service: nobody waited behind it (with that on the way the model is at most ${factor(Math.exp(farthest(apart)))} times off, and not ${factor(Math.exp(farthest(judged)))})`,
  },
  {
    applies: (evidence) => otherAlone(evidence) !== undefined,
    sentence: (evidence) => {
      const { calm, now } = otherAlone(evidence) as { calm: Median; now: Median }
      return `a request by itself takes as long as at low load, where the server and its disk rest in between: it took ${milli(now)}, and there ${milli(calm)}`
    },
  },
  {
    applies: ({ cpu, service, together }) => together === 1 && cpu !== undefined && cpu >= dearer * service,
    sentence: ({ cpu, service }) =>
      `service is the same at every load: a request took ${factor((cpu as number) / service)} times the processor time that it takes where the server never sleeps`,
  },
]

/** @returns what did not hold, or undefined where nothing speaks against the model */
export function failedAssumption(evidence: Evidence): string | undefined {
  const { judged, mean, dispersion } = evidence
  if (judged.some(isOff)) {
    const rule = rules.find(({ applies }) => applies(evidence))
    return (
      rule?.sentence(evidence) ??
      'the model fits, and which of its assumptions failed is not known: none has left a sign'
    )
  }
  // The replay takes the sends as they were, so that bunches spoil the formula only.
  const { formula, measured } = mean
  const bunched = dispersion.index > 1 + Math.max(0.3, 5 * dispersion.error)
  if (!bunched || formula === undefined || Math.abs(measured / formula - 1) <= meanTolerance) return undefined
  return `arrivals are Poisson, for the formula of the mean: they came in bunches, with a variance ${factor(dispersion.index)} times their mean`
}

function companyText({ idle, stalled, slowReaders, slowUploaders }: Company): string {
  const of = (count: number | undefined, what: string) => (count === undefined ? [] : [`${count} ${what}`])
  return [
    ...of(idle, 'idle connections'),
    ...of(stalled, 'stalled clients'),
    ...of(slowReaders, 'slow readers'),
    ...of(slowUploaders, 'slow uploaders'),
  ].join(', ')
}
