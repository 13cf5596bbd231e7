/**
 * What the models say about a run, from calibration alone: the most that the engine did in a closed loop, and its latencies when hardly
 * anybody waited.
 *
 * A latency at low load is service and the way there and back: system calls, and above all the wake-up of a server that slept. Only
 * service keeps others waiting. How much of it is service is told by the closed loop, in which nobody sleeps: one server
 * has 1/capacity for each request. What remains is added to each latency after the queue.
 */
import type { RawRequest } from '../load/raw.ts'
import { mean, percentile, sorted, tellable } from '../statistics/percentile.ts'
import { below, randomFrom } from '../statistics/random.ts'
import { aloneIn, medianOf } from '../theory/alone.ts'
import { type Discipline, type Point, predictCurve } from '../theory/curve.ts'
import { pollaczekKhinchine } from '../theory/mg1.ts'
import { momentsOf } from '../theory/moments.ts'
import { sharedResponse } from '../theory/processor-sharing.ts'
import { lindley } from '../theory/replay.ts'
import { dispersion, shownBy, stretchesOf } from '../theory/stretches.ts'
import type { Calibrated } from './calibrate.ts'
import { type Circumstances, type Evidence, failedAssumption, type Judged } from './failed.ts'
import type { Prediction } from './results.ts'

const percents = [50, 90, 99, 99.9]
/** Those by which a model is judged: of 99.9 a round has too few. */
const judgedAt = [50, 90, 99]
/** How far off a calibration of a few seconds may be without a model being to blame. */
export const calibrationError = 0.05

/** What each model takes an engine for. */
const disciplines: readonly Discipline[] = ['first come first served', 'processor sharing']

/** What the models need to know, as the calibration has it. Seconds. */
interface Inputs {
  readonly services: Float64Array
  readonly way: number
  readonly sends: Float64Array
  readonly servers: number
  readonly seed: number
}

/** @param samples of one round, whose sends are replayed @param servers threads that serve */
export function foretell(
  calibrated: Calibrated,
  samples: readonly RawRequest[],
  seconds: number,
  servers: number,
  seed: number,
  circumstances: Circumstances = {},
): Prediction[] {
  const { engine } = calibrated
  const { services, way } = split(calibrated, servers)
  const rate = samples.length / seconds
  const moments = momentsOf(services)
  const named = (discipline: Discipline) => `${servers === 1 ? 'M/G/1' : `M/G/${servers}`}, ${discipline}`
  const possible = disciplines.filter((discipline) => servers === 1 || discipline === 'first come first served')
  const share = (rate * moments.mean) / servers
  if (share >= 1) {
    const none = `No steady state: ${Math.round(rate)}/s is ${share.toFixed(2)} times what it did at most.`
    const nothing = { points: [], mean: undefined, residuals: [], none }
    return possible.map((discipline) => ({ engine, model: named(discipline), ...nothing }))
  }
  const inputs = { services, way, servers, seed, sends: Float64Array.from(samples, ({ begun }) => begun) }
  const latencies = samples.map(({ outcome, due, last }) => (outcome === 'answered' ? last - due : Infinity))
  const measured = sorted(latencies)
  const found = possible.map((discipline) => {
    const points = curve(inputs, discipline, 1, percents, 20)
    const formula =
      discipline === 'processor sharing'
        ? sharedResponse(rate, moments.mean)
        : servers === 1
          ? pollaczekKhinchine(rate, moments).response
          : undefined
    return {
      discipline,
      points,
      judged: judge(inputs, discipline, measured),
      mean: formula === undefined ? undefined : formula + way,
    }
  })
  const apart = servers === 1 ? judgeApart(inputs, calibrated.latencies, measured) : undefined
  const shown = servers === 1 ? shownIn(samples, services, way) : undefined
  const alone = aloneAt(samples, calibrated.latencies)
  return found.map(({ discipline, points, judged, mean: formula }, at) => {
    const other = found[1 - at]
    const failed = failedAssumption({
      ...{ ...circumstances, judged, service: moments.mean, way, dispersion: dispersion(sorted(inputs.sends)) },
      ...(other === undefined ? {} : { other: { name: other.discipline, judged: other.judged } }),
      ...(shown === undefined ? {} : { shown }),
      ...(apart === undefined ? {} : { apart }),
      ...(alone === undefined ? {} : { alone }),
      mean: { measured: mean(latencies), formula },
      scaled: (times) => judge(inputs, discipline, measured, times),
    })
    return {
      ...{ engine, model: named(discipline), points, mean: formula, none: undefined },
      residuals: points.map(({ percent, latency }) => ({
        percent,
        residual: percentile(measured, percent) / latency - 1,
      })),
      ...(failed === undefined ? {} : { failed }),
    }
  })
}

/** @param scale of the service times */
function curve(inputs: Inputs, discipline: Discipline, scale: number, at: readonly number[], draws: number): Point[] {
  const services = inputs.services.map((time) => time * scale)
  return predictCurve({ ...inputs, services, discipline, draws }, at).map((point) => ({
    ...point,
    latency: point.latency + inputs.way,
    low: point.low + inputs.way,
    high: point.high + inputs.way,
  }))
}

/** Between what the model has each percentile, for a calibration that is a little off to either side. @param scale of the service times */
function judge(inputs: Inputs, discipline: Discipline, measured: Float64Array, scale = 1): Judged[] {
  const at = judgedAt.filter((percent) => tellable(measured.length, percent))
  const low = curve(inputs, discipline, scale * (1 - calibrationError), at, 6)
  const high = curve(inputs, discipline, scale * (1 + calibrationError), at, 6)
  return at.map((percent, index) => ({
    percent,
    measured: percentile(measured, percent),
    least: (low[index] as Point).low * (1 - calibrationError),
    most: (high[index] as Point).high * (1 + calibrationError),
  }))
}

/**
 * The same where every service is as long as their mean, and all that varied at low load is on the way, which nobody else waits for: the server
 * was woken late, or something held the answer up.
 */
function judgeApart({ services, sends, seed }: Inputs, latencies: Float64Array, measured: Float64Array): Judged[] {
  const service = mean(services)
  const random = randomFrom(seed)
  const at = judgedAt.filter((percent) => tellable(measured.length, percent))
  const drawn = Array.from({ length: 6 }, (_, draw) => {
    const off = draw % 2 === 0 ? 1 - calibrationError : 1 + calibrationError
    const responses = lindley(sends, new Float64Array(sends.length).fill(service * off))
    const ways = () => Math.max(0, (latencies[below(random, latencies.length)] as number) - service)
    return sorted(responses.map((response) => response + ways()))
  })
  return at.map((percent) => {
    const values = drawn.map((one) => percentile(one, percent))
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return {
      percent,
      measured: percentile(measured, percent),
      least: least * (1 - calibrationError),
      most: most * (1 + calibrationError),
    }
  })
}

/** What the run shows of its server, where all requests were answered. */
function shownIn(samples: readonly RawRequest[], services: Float64Array, way: number) {
  if (samples.some(({ outcome }) => outcome !== 'answered')) return undefined
  const stretches = stretchesOf(
    samples.map(({ begun }) => begun),
    samples.map(({ last }) => last - way),
  )
  return shownBy(stretches, Math.max(...services))
}

/** @param latencies at low load, where each request is alone */
function aloneAt(samples: readonly RawRequest[], latencies: Float64Array): Evidence['alone'] {
  const calm = medianOf(latencies)
  if (calm === undefined || samples.some(({ outcome }) => outcome !== 'answered')) return undefined
  const { foundNobody, metNobody } = aloneIn(samples)
  const [most, least] = [medianOf(foundNobody), medianOf(metNobody)]
  return { calm, ...(most === undefined ? {} : { most }), ...(least === undefined ? {} : { least }) }
}

/** Latencies at low load as service, and a constant way there and back. */
export function split({ capacity, latencies }: Calibrated, servers: number) {
  const service = Math.min(servers / capacity, mean(latencies))
  const way = mean(latencies) - service
  // Their spread stays as it was measured, as far as there is room for it; then the mean is that of the closed loop again.
  const shifted = latencies.map((latency) => Math.max(latency - way, service / 10))
  const scale = service / mean(shifted)
  return { services: shifted.map((time) => time * scale), way }
}
