/** Doing many things, a few at a time. */
import { setMaxListeners } from 'node:events'
import { ClientError } from './errors.ts'

/** After these there is no use in going on with other files. */
const fatal: ReadonlySet<string> = new Set([
  ...['cancelled', 'unreachable', 'connection_lost', 'read_only', 'storage_full', 'quota_exceeded', 'overloaded'],
])

/** Failures of single files, gathered until the others are done. */
export class Failures {
  readonly found: ClientError[] = []

  /** @throws what is no failure of one file alone */
  add(error: unknown): void {
    if (!(error instanceof ClientError) || fatal.has(error.code)) throw error
    this.found.push(error)
  }
}

/**
 * Work on each item, so many at a time.
 *
 * @param work is given a signal that is aborted when another one has failed
 * @throws the first failure, once all that had been begun has ended
 */
export async function eachOf<T>(
  items: Iterable<T>,
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  // Each of them listens, and more than ten are no mistake.
  setMaxListeners(0, both)
  const left = items[Symbol.iterator]()
  const failures: unknown[] = []
  const worker = async () => {
    for (let next = left.next(); !next.done && !both.aborted; next = left.next()) {
      try {
        await work(next.value, both)
      } catch (error) {
        failures.push(error)
        stop.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  if (failures.length > 0) throw failures[0]
}
