/**
 * The cliffs of a scenario, predicted after the calibration and before the first round, and what was measured beside them.
 *
 * - As many stalled clients as threads, and more: all threads are held until a deadline.
 * - A slow disk: so many reads at a time as there are threads that wait for them.
 * - Load towards 1, and beyond: the wait grows as 1/(1 - ρ), and then without end.
 */
import { defaultLimits } from '../../src/core/limits.ts'
import type { Scenario } from '../scenarios.ts'
import { mean, tellable } from '../statistics/percentile.ts'
import { randomFrom } from '../statistics/random.ts'
import { diskThreads, draws, poisson, type Span, spanOf, stalledThreads } from '../theory/cliffs.ts'
import { predictCurve } from '../theory/curve.ts'
import type { Calibrated } from './calibrate.ts'
import { type Engine, fileThreads } from './engines.ts'
import { calibrationError, split } from './foretell.ts'
import { time } from './table.ts'

/** What is predicted of an engine. Seconds, or requests per second. */
export interface Foreseen {
  readonly engine: string
  readonly measure: `p${Percent}` | 'achieved' | 'growth'
  readonly predicted: Span
  /** Why. */
  readonly because: string
}

export interface Cliff extends Foreseen {
  /** Absent where the rounds do not tell it, or where the server fell behind and has no percentile. */
  readonly measured?: number
  /** Both, for people. */
  readonly sentence: string
}

type Percent = 50 | 90 | 99

/** Clients that are cut off come again after so many seconds (`company-entry.ts`). */
const again = 0.01
/** From this share of its capacity on, a server is near its end. */
const near = 0.85

export interface Known {
  readonly scenario: Scenario
  /** Requests per second. */
  readonly rate: number
  /** Of a round. */
  readonly seconds: number
  readonly seed: number
}

/** @returns nothing where no cliff is near */
export function foresee(known: Known, calibrations: readonly Calibrated[]): Foreseen[] {
  const { company, slowDisk, intensity, engines } = known.scenario
  return calibrations.flatMap((calibrated) => {
    const engine = engines.find(({ name }) => name === calibrated.engine)
    if (engine === undefined) return []
    if (company?.stalled !== undefined) return stalled(known, engine, calibrated)
    if (slowDisk !== undefined) return disk(known, engine, calibrated)
    return 'share' in intensity && intensity.share >= near ? full(known, calibrated) : []
  })
}

function stalled(known: Known, engine: Engine, calibrated: Calibrated): Foreseen[] {
  const { scenario, rate, seconds, seed } = known
  const { services, way } = split(calibrated, 1)
  const clients = scenario.company?.stalled ?? 0
  const loop = engine.engine === 'async'
  // Nobody holds the loop: it is one server without such clients.
  const threads = loop ? 1 : (engine.options?.threads ?? 1)
  const deadline = (scenario.limits?.headerTime ?? defaultLimits.headerTime) / 1000
  const service = mean(services)
  const given = { threads, clients: loop ? 0 : clients, deadline, again, rate, service, way, seconds, seed }
  const { held, latency } = stalledThreads(given, [50])
  const share = Math.round(held.estimate * 100)
  const because = loop
    ? 'half a request holds nothing'
    : `${clients} against ${threads}, for ${time(deadline)} each: all threads are held ${share} % of the time`
  return [{ engine: engine.name, measure: 'p50', predicted: latency[0] as Span, because }]
}

function disk(known: Known, engine: Engine, { latency }: Calibrated): Foreseen[] {
  const { scenario, rate, seconds, seed } = known
  const { delay: milliseconds, holds } = scenario.slowDisk as NonNullable<Scenario['slowDisk']>
  const loop = engine.engine === 'async'
  // Where a timer waits, no thread does, and there is no edge to fall from.
  if (loop && holds === 'nobody') return []
  const delay = milliseconds / 1000
  const threads = loop ? fileThreads(engine) : (engine.options?.threads ?? 1)
  const at = highest(known)
  const station = diskThreads({ rate, delay, threads, way: Math.max(0, latency - delay), seconds, seed }, [at])
  const because = `${threads} at a time with ${time(delay)} each can do ${Math.round(station.capacity)}/s`
  const of = { engine: engine.name, because }
  if (station.growth === 0) return [{ ...of, measure: `p${at}`, predicted: station.latency[0] as Span }]
  return [
    { ...of, measure: 'achieved', predicted: exactly(station.achieved) },
    { ...of, measure: 'growth', predicted: exactly(station.growth) },
  ]
}

function full(known: Known, calibrated: Calibrated): Foreseen[] {
  const { rate } = known
  const { engine, capacity } = calibrated
  const share = rate / capacity
  const because = `ρ = ${share.toFixed(2)}`
  if (share >= 1) {
    return [
      { engine, because, measure: 'achieved', predicted: exactly(capacity) },
      { engine, because, measure: 'growth', predicted: exactly(rate - capacity) },
    ]
  }
  const at = highest(known)
  const middle = atLoad(calibrated, known, at, 1)
  const times = middle.estimate / atLoad(calibrated, { ...known, rate: rate / 2 }, at, 1).estimate
  // Near 1 a calibration that is a little off decides: what it may be is part of the prediction.
  const predicted = {
    estimate: middle.estimate,
    low: atLoad(calibrated, known, at, 1 - calibrationError).low,
    high: atLoad(calibrated, known, at, 1 + calibrationError).high,
  }
  const steep = `${because}, ${times.toPrecision(2)} times what half of it has`
  return [{ engine, measure: `p${at}`, predicted, because: steep }]
}

const exactly = (estimate: number): Span => ({ estimate, low: estimate, high: estimate })

/** The highest percentile that a round has enough requests for, a fifth fewer than are expected. */
const highest = ({ rate, seconds }: Known): Percent =>
  ([99, 90] as const).find((percent) => tellable(Math.floor(0.8 * rate * seconds), percent)) ?? 50

/** Of runs that begin empty and last as long as a round: plans are drawn as well as services. @param scale of the service times */
function atLoad(calibrated: Calibrated, { rate, seconds, seed }: Known, percent: Percent, scale: number): Span {
  const { services, way } = split(calibrated, 1)
  const random = randomFrom(seed)
  const scaled = services.map((service) => service * scale)
  const model = { services: scaled, servers: 1, discipline: 'first come first served', draws: 1 } as const
  const found = Array.from({ length: draws }, (_, draw) => {
    const sends = poisson(random, rate, seconds)
    const [point] = predictCurve({ ...model, sends, seed: seed + draw }, [percent])
    return (point?.latency as number) + way
  })
  return spanOf(found)
}

/** What was measured, in the rounds that may be believed. */
export interface Found {
  /** Undefined where it fell behind. */
  readonly percentiles: Readonly<Record<string, number | undefined>> | undefined
  /** Right answers per second. */
  readonly achieved: number | undefined
  /** Of the backlog, per second. */
  readonly growth: number | undefined
}

export function beside(foreseen: readonly Foreseen[], found: (engine: string) => Found): Cliff[] {
  return foreseen.map((one) => {
    const { engine, measure, predicted, because } = one
    const { percentiles, achieved, growth } = found(engine)
    const latency = measure !== 'achieved' && measure !== 'growth'
    const measured = latency ? percentiles?.[measure.slice(1)] : { achieved, growth }[measure]
    const write = (value: number) => cliffValue({ measure }, value)
    const { estimate, low, high } = predicted
    const range = write(low) === write(high) ? '' : ` [${write(low)}, ${write(high)}]`
    const saw =
      measured !== undefined
        ? `measured ${write(measured)}`
        : latency && percentiles === undefined
          ? 'and it fell behind'
          : 'not measured'
    const sentence = `${names[measure]} of ${engine} predicted ${write(estimate)}${range}, ${saw} (${because})`
    return { ...one, ...(measured === undefined ? {} : { measured }), sentence }
  })
}

const names = { p50: 'p50', p90: 'p90', p99: 'p99', achieved: 'throughput', growth: 'growth of the backlog' } as const

/** A value of what is predicted, in its unit. */
export function cliffValue({ measure }: Pick<Foreseen, 'measure'>, value: number): string {
  return measure === 'achieved' || measure === 'growth' ? `${Number(value.toPrecision(3))}/s` : time(value)
}

/** What is predicted, in a word or two. */
export const cliffName = ({ measure }: Pick<Foreseen, 'measure'>): string => names[measure]
