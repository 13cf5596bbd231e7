/**
 * What can go wrong for a client: what the server refuses, in its own words, and what it cannot know of.
 */
import { type ErrorCode, Refusal } from '../core/errors.ts'

/** The codes that the client adds to those of the server (docs/http.md). They are as stable as those. */
export type LocalCode =
  /** No connection came about: nobody listens there, or it is no twinserve. */
  | 'unreachable'
  /** The server speaks TLS, and its certificate is not to be trusted. */
  | 'untrusted'
  /** The connection broke, and came back not at all or not in time; or it broke under a call that may have been done. */
  | 'connection_lost'
  /** The server said what cannot be: a length, a range, a digest or a message that is wrong. */
  | 'bad_answer'
  /** A name that the server told cannot be one of a file here, or would lead somewhere else. */
  | 'unsafe_name'
  /** What was asked to be verified cannot be: the server tells no digest. */
  | 'unverified'
  /** The local file system failed. */
  | 'local_failure'
  /** The caller's signal. */
  | 'cancelled'
  /** Some files of a tree could not be transferred: see `failures`. */
  | 'incomplete'

export type ClientErrorCode = ErrorCode | LocalCode

export interface ClientErrorOptions {
  /** The HTTP status of a refusal by the server; 0 for what the server has no part in. */
  readonly status?: number
  readonly cause?: unknown
}

/** Every failure that the client library reports. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  /** What programs tell failures apart by. A newer server may have codes that are not in the type. */
  readonly code: ClientErrorCode
  /** The HTTP status, or 0 where the failure is on this side. */
  readonly status: number

  /** @param message a sentence for people, which may hold names that the server told: make it `printable` before a terminal has it */
  constructor(code: ClientErrorCode, message: string, { status = 0, cause }: ClientErrorOptions = {}) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.status = status
  }
}

/** A tree of which something could not be transferred. */
export class TreeError extends ClientError {
  override readonly name = 'TreeError'
  /** One for each file or directory, in the order in which they failed. Never empty. */
  readonly failures: readonly ClientError[]

  constructor(failures: readonly ClientError[], message: string) {
    super('incomplete', message, { cause: failures[0] })
    this.failures = failures
  }
}

export function cancelled(signal: AbortSignal): ClientError {
  return new ClientError('cancelled', 'It was cancelled.', { cause: signal.reason })
}

/** @throws ClientError cancelled */
export function demandGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal)
}

/** A refusal that the client itself knows, by the same table and with the same sentence as the server's. */
export function refused(code: ErrorCode, what: string): ClientError {
  return ofRefusal(new Refusal(code, what))
}

/** The same for one that core code has thrown. Anything else is returned as it is. */
export function ofRefusal(error: unknown): ClientError {
  if (error instanceof Refusal) return new ClientError(error.code, error.message, { status: error.status })
  return error as ClientError
}

const local: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist here',
  ENOTDIR: 'is not a directory here',
  EISDIR: 'is a directory here',
  EACCES: 'may not be used here: permission denied',
  EPERM: 'may not be used here: operation not permitted',
  ENOSPC: 'cannot be stored here: there is no room left',
  EDQUOT: 'cannot be stored here: the quota is used up',
  EROFS: 'cannot be stored here: the file system is read-only',
  ENAMETOOLONG: 'has a name that is too long here',
  ELOOP: 'is a symbolic link here, which is not followed',
}

const localCodes: Readonly<Record<string, ClientErrorCode>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_directory',
  EISDIR: 'is_directory',
  EEXIST: 'exists',
  ENOSPC: 'storage_full',
  EDQUOT: 'storage_full',
}

/** A failed call of the local file system, about the file that it was for. Other errors are returned as they are. */
export function ofLocal(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | null)?.code
  if (error instanceof ClientError || !(error instanceof Error) || typeof code !== 'string') return error
  if (code === 'ABORT_ERR') return new ClientError('cancelled', 'It was cancelled.', { cause: error })
  if (code === 'EEXIST') return existsHere(path)
  const what = local[code] ?? `cannot be used here (${code})`
  return new ClientError(localCodes[code] ?? 'local_failure', `${path} ${what}.`, { cause: error })
}

/** A local name that is taken. */
export function existsHere(path: string): ClientError {
  return new ClientError('exists', `${path} exists already here. Choose another name, or ask for it to be replaced.`)
}

/** Whether trying again may help: the connection broke, or the server had no room. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  return (
    error.code === 'connection_lost' || error.code === 'unreachable' || error.status === 503 || error.status === 423
  )
}
