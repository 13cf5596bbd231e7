/**
 * Clients that are there besides those that are measured: resting, stalled, slow. In a process of their own; they need no exact
 * clock, only patience.
 */
import { once } from 'node:events'
import { startProgram } from '../load/process.ts'

export interface Company {
  /** Connections that have had one answer and rest. */
  readonly idle?: number
  /** Clients that send half a header section and no more, and come again when they are cut off. */
  readonly stalled?: number
  /** Clients that read a large file slowly, for ever. */
  readonly slowReaders?: number
  /** Clients that store a large file slowly, for ever. */
  readonly slowUploaders?: number
  /** Bytes per second of each that is slow. */
  readonly rate?: number
}

/** A large file that slow readers read: `/large`. */
export const largePath = '/large'
export const largeBytes = 64 * 1024 * 1024

const entry = new URL('./company-entry.ts', import.meta.url)

/** Those who are there. */
export interface Invited {
  readonly pid: number
  leave(): Promise<void>
}

/** Start them, and wait until all of them are there. @returns undefined where there are none */
export async function invite(
  company: Company | undefined,
  port: number,
  processor: number | undefined,
): Promise<Invited | undefined> {
  if (company === undefined) return undefined
  const child = startProgram(entry, [JSON.stringify({ ...company, port })], processor)
  const ended = once(child, 'close')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!(line instanceof Buffer)) throw new Error(`The other clients ended with ${line} before they were there.`)
  return {
    pid: child.pid as number,
    async leave() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
