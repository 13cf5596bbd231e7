/**
 * What is shared, and how: everything that the requests of one engine have in common.
 */
import type { Accounts } from './access/accounts.ts'
import type { Attempts } from './access/attempts.ts'
import type { Directory, Environment } from './calls.ts'
import type { FileCache } from './files/cache.ts'
import type { DigestMemory } from './files/digest-memory.ts'
import type { Quota } from './files/quota.ts'
import type { SharedMemory } from './files/shared-memory.ts'
import type { HeldPlace } from './files/temporary.ts'
import type { Limits } from './limits.ts'
import type { Recorder } from './metrics/recorder.ts'
import type { LogFormat } from './options.ts'
import type { TraceEvents } from './trace-events.ts'

export interface Site {
  readonly root: Directory
  readonly accounts: Accounts
  readonly attempts: Attempts
  /** What cookies are signed with, once that is known. */
  key: string | undefined
  readonly limits: Limits
  /** Whether what was stored is flushed to disk before it is acknowledged. */
  readonly durable: boolean
  readonly environment: Environment
  /** What all servers on the directory have in common. */
  readonly shared: SharedMemory
  readonly cache: FileCache | undefined
  readonly digests: DigestMemory
  /** The most bytes that one file may have. */
  readonly maxUpload: number | undefined
  /** The room for all files together, where it is bounded. */
  readonly quota: Quota | undefined
  readonly index: string | undefined
  readonly hostNames: ReadonlySet<string>
  readonly serverTiming: boolean
  readonly logFormat: LogFormat
  /** What is counted, where that was asked for. */
  readonly metrics: Recorder | undefined
  /** What writes trace events, where that was asked for. */
  readonly events: TraceEvents | undefined
  /** Takes one line of the request log, without its line end. */
  readonly log: (line: string) => void
  /** When uploads that are too old were looked for last, on the monotonic clock. */
  uploadsSwept: number
  /** Sessions that are open. */
  sessions: number
  /** See `nearby`. */
  temporary: HeldPlace | undefined
  /** Set once the server is stopping: every answer then ends its connection. */
  draining: boolean
}
