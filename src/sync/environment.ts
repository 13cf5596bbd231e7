/**
 * The clock and the chance that programs may use.
 */
import { randomBytes } from 'node:crypto'
import type { Environment } from '../core/calls.ts'
import { owner } from './owner.ts'

export const environment: Environment = {
  // CLOCK_MONOTONIC itself (clock_gettime(2)), and so the same clock on every thread.
  now() {
    const time = process.hrtime()
    return time[0] * 1e3 + time[1] / 1e6
  },
  date: Date.now,
  owner,
  unique: () => randomBytes(16).toString('hex'),
}
