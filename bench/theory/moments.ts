/** Moments of service times: what the closed forms know of them. Seconds, and powers of seconds. */
export interface Moments {
  /** E[S] */
  readonly mean: number
  /** E[S²] */
  readonly second: number
  /** E[S³] */
  readonly third: number
}

/** The raw moments of measured service times. @param seconds at least one */
export function momentsOf(seconds: ArrayLike<number>): Moments {
  if (seconds.length === 0) throw new RangeError('Nothing was measured: calibrate with at least one request.')
  let [first, second, third] = [0, 0, 0]
  for (let at = 0; at < seconds.length; at += 1) {
    const value = seconds[at] as number
    first += value
    second += value * value
    third += value * value * value
  }
  return { mean: first / seconds.length, second: second / seconds.length, third: third / seconds.length }
}

/** The squared coefficient of variation, Var[S] / E[S]²: 0 where all are alike, 1 for the exponential distribution. */
export function variability({ mean, second }: Moments): number {
  return Math.max(0, second / (mean * mean) - 1)
}

/**
 * The share of the servers' time that is asked for, ρ = λ E[S] / k.
 *
 * @param rate of arrivals per second
 * @throws RangeError at 1 and above, where there is no steady state to predict
 */
export function utilization(rate: number, mean: number, servers = 1): number {
  const share = (rate * mean) / servers
  if (share < 1) return share
  throw new RangeError(
    `${rate}/s of ${mean} s each is ${share.toFixed(2)} times what ${servers} can do: the queue grows without end.`,
  )
}
