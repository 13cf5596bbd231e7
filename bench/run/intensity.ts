/** How much a scenario asks for, once it is known what its engines can do. */
import type { PartialOrder } from '../load/process.ts'
import type { Intensity } from '../scenarios.ts'
import type { Calibration } from './results.ts'

/** Requests per second: of the slower of the two, so that both get the same. In the closed loop, what that can do. */
export function rateOf(intensity: Intensity, calibrations: readonly Calibration[]): number {
  if ('rate' in intensity) return intensity.rate
  const least = Math.min(...calibrations.map(({ capacity }) => capacity))
  return 'share' in intensity ? intensity.share * least : least
}

/** The part of an order that says so. */
export function amountOf(intensity: Intensity, rate: number): Partial<PartialOrder> {
  return 'connections' in intensity ? { loop: 'closed', connections: intensity.connections } : { rate }
}
