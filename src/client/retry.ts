/** Trying again: exponential back-off with jitter, bounded by the number of attempts without progress. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, cancelled, demandGoing, isPassing } from './errors.ts'
import type { Retry, RetryEvent } from './options.ts'

/** Some 45 seconds in all: a server that is restarted, or a telephone that changes networks, is back by then. */
export const defaultRetry: Retry = { attempts: 10, firstDelay: 200, maxDelay: 10_000 }

/** The delay before an attempt. @param attempt 2 is the second @param chance from 0 to 1 */
export function delayBefore(attempt: number, { firstDelay, maxDelay }: Retry, chance: number): number {
  const full = Math.min(maxDelay, firstDelay * 2 ** (attempt - 2))
  return Math.round(full * (1 - chance / 2))
}

export interface Attempts extends Retry {
  readonly onRetry: ((event: RetryEvent) => void) | undefined
}

/**
 * Does something until it succeeds, or fails for good.
 *
 * @param attempt is told how to report progress, after which the count begins anew
 * @param passing whether a failure is worth another attempt
 */
export async function retrying<T>(
  { onRetry, ...retry }: Attempts,
  signal: AbortSignal | undefined,
  attempt: (progress: () => void) => Promise<T>,
  passing: (error: unknown) => boolean = isPassing,
): Promise<T> {
  let number = 1
  const progress = () => {
    number = 1
  }
  for (;;) {
    demandGoing(signal)
    try {
      return await attempt(progress)
    } catch (error) {
      if (signal?.aborted) throw cancelled(signal)
      if (!passing(error) || number >= retry.attempts) throw error
      number += 1
      const delay = delayBefore(number, retry, Math.random())
      if (error instanceof ClientError) onRetry?.({ error, attempt: number, attempts: retry.attempts, delay })
      await pause(delay, signal)
    }
  }
}

/** @throws ClientError cancelled */
export async function pause(delay: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delay, undefined, signal === undefined ? {} : { signal })
  } catch {
    throw cancelled(signal as AbortSignal)
  }
}
