/** What `twinserve predict` says of a server that can be measured, and how what was measured lies to it. Seconds. */
import { answer, type Effort } from '../predict/answer.ts'
import type { Demand, Machine } from '../predict/model.ts'
import { calibrationError } from '../run/foretell.ts'
import { geometricInterval, type Interval } from '../statistics/bootstrap.ts'

/** A prediction with what it is for a calibration that is a little off to either side. */
export interface Foretold {
  readonly percent: number
  readonly predicted: number
  readonly least: number
  readonly most: number
}

export const percents = [50, 99] as const

/** @returns none where it says that the machine cannot keep up */
export function foretold(demand: Demand, machine: Machine, effort: Effort): Foretold[] {
  const withCosts = (times: number) => {
    const { costs } = machine
    const scaled = { ...costs, perRequest: costs.perRequest * times, way: costs.way * times }
    return answer(demand, { ...machine, costs: scaled }, effort).percentiles
  }
  const [low, exact, high] = [withCosts(1 - calibrationError), withCosts(1), withCosts(1 + calibrationError)]
  return percents.flatMap((percent): Foretold[] => {
    const predicted = exact[percent]
    if (predicted === undefined) return []
    // A little more, and it no longer keeps up: there is no upper bound.
    return [
      {
        percent,
        predicted: predicted.estimate,
        least: low[percent]?.low ?? predicted.low,
        most: high[percent]?.high ?? Infinity,
      },
    ]
  })
}

export interface Held extends Foretold {
  /** The mean over rounds, as logarithms. */
  readonly measured: Interval
  /** Measured over predicted, less 1. */
  readonly residual: number
  /** Whether the interval of what was measured and the bounds of what was predicted have something in common; undefined where it is so wide that it agrees with anything. */
  readonly agrees: boolean | undefined
}

/** From one to so many times of it. */
const widest = 4

/** @param values of the percentile, one for each round, at least five */
export function heldAgainst(prediction: Foretold, values: readonly number[]): Held {
  if (!values.every(Number.isFinite)) {
    // Some were not answered, or there were too few to tell.
    const never = { estimate: Infinity, low: Infinity, high: Infinity }
    return { ...prediction, measured: never, residual: Infinity, agrees: false }
  }
  const measured = geometricInterval(values)
  const { estimate, low, high } = measured
  const meets = low <= prediction.most && high >= prediction.least
  const agrees = meets && high / low > widest ? undefined : meets
  return { ...prediction, measured, residual: estimate / prediction.predicted - 1, agrees }
}
