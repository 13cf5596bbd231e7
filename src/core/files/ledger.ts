/**
 * The ledger of a quota, which all servers on a directory keep together: the file `.twinserve/quota`. It is read and written under the lock.
 *
 * - It is one line, with a mark of itself at the front. What a crash has torn, or somebody has meddled with, is no ledger, and all is
 *   counted anew.
 * - It is not flushed: after a power cut it is too old to be believed, or is none.
 */
import { Loan } from '../buffers.ts'
import type { Directory, FileDescriptor } from '../calls.ts'
import { errnoOf } from '../errors.ts'
import { markOf } from '../owner.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { ensure, serverDirectory } from './temporary.ts'

/** What somebody is storing. Times are in milliseconds since 1970. */
export interface Claim {
  bytes: number
  /** When its holder has changed it last. */
  at: number
}

export interface Ledger {
  /** Bytes that all files took when they were counted, carried forward by what servers did since. */
  stored: number
  /** When they were counted. */
  countedAt: number
  /** Milliseconds that it took. */
  took: number
  /** Whether something was done since that nobody has measured. */
  stale: boolean
  /** Who counts, since when. */
  counting: { by: string; since: number } | undefined
  /** Bytes that were stored since then: whether they are counted depends on where they are. */
  meanwhile: number
  /** By serving loop: its process, as `Calls.ownerState` takes it, a dot, and what no other loop has. */
  claims: Record<string, Claim>
}

const name = 'quota'

/** Whatever is shorter is filled up with spaces, so that the file hardly ever has to grow. */
const usualLength = 1024

/** Change the ledger, with nobody else at it meanwhile. Not to be called within an exclusive step: there is one lock. */
export function* withLedger<T>(site: Site, change: (ledger: Ledger) => Program<T>): Program<T> {
  yield* call('lock')
  try {
    const server = yield* ensure(site.root, serverDirectory)
    try {
      const { text, length } = yield* read(server)
      const ledger = parse(text)
      const result = yield* change(ledger)
      yield* write(server, ledger, length)
      return result
    } finally {
      yield* call('close', server.fd)
    }
  } finally {
    yield* call('unlock')
  }
}

/** @returns the text, unless it is too long to be a ledger, and how many bytes there are, if there is a file */
function* read(server: Directory): Program<{ text: string; length: number | undefined }> {
  const loan = new Loan()
  try {
    return yield* readInto(loan.room, server)
  } finally {
    loan.end()
  }
}

function* readInto(room: Uint8Array, server: Directory): Program<{ text: string; length: number | undefined }> {
  try {
    const { fd, length } = yield* call('load', server, name, room)
    if (fd !== undefined) yield* call('close', fd)
    return { text: Buffer.from(room.subarray(0, length ?? 0)).toString(), length: length ?? room.length }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return { text: '', length: undefined }
  }
}

function parse(line: string): Ledger {
  const space = line.indexOf(' ')
  const end = line.indexOf('\n')
  const text = line.slice(space + 1, end)
  // What has this mark was written as a whole, and here.
  if (end > 0 && markOf(text) === line.slice(0, space)) return JSON.parse(text)
  return { stored: 0, countedAt: 0, took: 0, stale: true, counting: undefined, meanwhile: 0, claims: {} }
}

function* write(server: Directory, ledger: Ledger, length: number | undefined): Program<void> {
  const text = JSON.stringify(ledger)
  const line = Buffer.from(`${markOf(text)} ${text}\n`.padEnd(usualLength))
  const fd: FileDescriptor = yield* call('open', server, name, length === undefined ? 'create' : 'write')
  try {
    for (let done = 0; done < line.length; ) done += yield* call('write', fd, line.subarray(done), done)
    // What is behind the line's end means nothing, unless it makes the file too long to be read.
    if (length !== undefined && length > line.length) yield* call('ftruncate', fd, line.length)
  } finally {
    yield* call('close', fd)
  }
}
