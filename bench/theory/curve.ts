/**
 * The whole predicted percentile curve: an actual plan of sends, replayed with service times drawn from those measured in
 * another run, at a load so low that nobody waited.
 */
import { percentile } from '../statistics/percentile.ts'
import { below, randomFrom } from '../statistics/random.ts'
import { kieferWolfowitz, lindley, processorSharing } from './replay.ts'

/** How requests that are there at the same time are served. */
export type Discipline = 'first come first served' | 'processor sharing'

export interface Model {
  /** When each request is sent; seconds, ascending. */
  readonly sends: ArrayLike<number>
  /** Measured service times to draw from, seconds. */
  readonly services: ArrayLike<number>
  /** For first come first served; sharing knows one. */
  readonly servers: number
  readonly discipline: Discipline
  readonly seed: number
  /** How many times service times are drawn for the whole plan. */
  readonly draws: number
}

/** Predicted latency at one percentile: the middle of the draws, and between what bounds nine of ten lay; seconds. */
export interface Point {
  readonly percent: number
  readonly latency: number
  readonly low: number
  readonly high: number
}

/** @param percents ascending, each greater than 0 and at most 100 */
export function predictCurve(model: Model, percents: readonly number[]): Point[] {
  if (model.services.length === 0) throw new RangeError('There are no service times to draw from: calibrate first.')
  const random = randomFrom(model.seed)
  const drawn = Array.from({ length: model.draws }, () => {
    const services = Float64Array.from(
      model.sends,
      () => model.services[below(random, model.services.length)] as number,
    )
    return replay(model, services).sort()
  })
  return percents.map((percent) => {
    const values = Float64Array.from(drawn, (latencies) => percentile(latencies, percent)).sort()
    const [low, latency, high] = [5, 50, 95].map((at) => percentile(values, at)) as [number, number, number]
    return { percent, latency, low, high }
  })
}

/** Response times for given service times. */
function replay({ sends, servers, discipline }: Model, services: Float64Array): Float64Array {
  if (discipline === 'processor sharing') return processorSharing(sends, services)
  return servers === 1 ? lindley(sends, services) : kieferWolfowitz(sends, services, servers)
}
