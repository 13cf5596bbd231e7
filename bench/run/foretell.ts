/**
 * What the models say about a run, from calibration alone: the most that the engine did in a closed loop, and its latencies when hardly
 * anybody waited.
 *
 * A latency at low load is service and the way there and back: system calls, and above all the wake-up of a server that slept. Only
 * service keeps others waiting. How much of it is service is told by the closed loop, in which nobody sleeps: one server
 * has 1/capacity for each request. What remains is added to each latency after the queue.
 */
import type { RawRequest } from '../load/raw.ts'
import { mean, percentile, sorted } from '../statistics/percentile.ts'
import { type Discipline, predictCurve } from '../theory/curve.ts'
import { pollaczekKhinchine } from '../theory/mg1.ts'
import { momentsOf } from '../theory/moments.ts'
import { sharedResponse } from '../theory/processor-sharing.ts'
import type { Calibrated } from './calibrate.ts'
import type { Prediction } from './results.ts'

const percents = [50, 90, 99, 99.9]

/** What each model takes an engine for. */
const disciplines: readonly Discipline[] = ['first come first served', 'processor sharing']

/** @param samples of one round, whose sends are replayed @param servers threads that serve */
export function foretell(
  calibrated: Calibrated,
  samples: readonly RawRequest[],
  seconds: number,
  servers: number,
  seed: number,
): Prediction[] {
  const { engine } = calibrated
  const { services, way } = split(calibrated, servers)
  const rate = samples.length / seconds
  const moments = momentsOf(services)
  return disciplines
    .filter((discipline) => servers === 1 || discipline === 'first come first served')
    .map((discipline) => {
      const model = `${servers === 1 ? 'M/G/1' : `M/G/${servers}`}, ${discipline}`
      const share = (rate * moments.mean) / servers
      if (share >= 1) {
        const none = `No steady state: ${Math.round(rate)}/s is ${share.toFixed(2)} times what it did at most.`
        return { engine, model, points: [], mean: undefined, residuals: [], none }
      }
      const sends = samples.map(({ begun }) => begun)
      const points = predictCurve({ sends, services, servers, discipline, seed, draws: 20 }, percents).map((point) => ({
        ...point,
        latency: point.latency + way,
        low: point.low + way,
        high: point.high + way,
      }))
      const formula = discipline === 'processor sharing' ? sharedResponse(rate, moments.mean) : undefined
      const response = formula ?? (servers === 1 ? pollaczekKhinchine(rate, moments).response : undefined)
      const measured = sorted(samples.map(({ outcome, due, last }) => (outcome === 'answered' ? last - due : Infinity)))
      const residuals = points.map(({ percent, latency }) => ({
        percent,
        residual: percentile(measured, percent) / latency - 1,
      }))
      return {
        engine,
        model,
        points,
        mean: response === undefined ? undefined : response + way,
        residuals,
        none: undefined,
      }
    })
}

/** Latencies at low load as service, and a constant way there and back. */
function split({ capacity, latencies }: Calibrated, servers: number) {
  const service = Math.min(servers / capacity, mean(latencies))
  const way = mean(latencies) - service
  // Their spread stays as it was measured, as far as there is room for it; then the mean is that of the closed loop again.
  const shifted = latencies.map((latency) => Math.max(latency - way, service / 10))
  const scale = service / mean(shifted)
  return { services: shifted.map((time) => time * scale), way }
}
