/**
 * What callers say and are told: the types of the client library.
 */
import type { Writable } from 'node:stream'
import type { ClientError } from './errors.ts'

/** How often and when something is tried again after the connection broke, or the server had no room. */
export interface Retry {
  /** Attempts one after the other without a byte of progress in between, the first among them. 1 never tries again. */
  readonly attempts: number
  /** Before the second attempt, in milliseconds. It doubles each time, less up to a half at random. */
  readonly firstDelay: number
  /** The longest delay, in milliseconds. */
  readonly maxDelay: number
}

/** What is told before something is tried again. */
export interface RetryEvent {
  readonly error: ClientError
  /** The attempt that comes: 2 is the first that is told of. */
  readonly attempt: number
  readonly attempts: number
  /** Milliseconds until then. */
  readonly delay: number
}

export interface ConnectOptions {
  /**
   * The server: `http://host:port/`, `https://…`, or `http+unix://%2Frun%2Ftwinserve.sock/` and `https+unix://…` for a Unix socket.
   * `http://127.0.0.1:8080/` unless it is given. It may have a name and a password (`http://ann:secret@host:port/`), which are
   * sent to this server only, and are in no message.
   */
  readonly url?: string | URL
  /** Who logs in, unless the address says. */
  readonly user?: string
  readonly password?: string
  /**
   * SHA-256 of the server's certificate, as the server prints it at its start. Then exactly that certificate is trusted, and
   * nothing else of it matters. For `https` only.
   */
  readonly fingerprint?: string
  /** Certificates in PEM of those who may have signed the server's, in place of the authorities that Node trusts. */
  readonly ca?: string | Uint8Array
  /** Cancels connecting, and nothing after that. */
  readonly signal?: AbortSignal
  /** `false` opens the session with the first call that needs one: transfers by path alone need none. */
  readonly session?: boolean
  readonly retry?: Partial<Retry>
  /** Is called before something is tried again. */
  readonly onRetry?: (event: RetryEvent) => void
  /** Is called when the session had broken and has been opened again, before the call that needed it is sent. */
  readonly onReopen?: () => void
  /** HTTP connections at a time. 8 unless it is given. */
  readonly connections?: number
  /** Milliseconds without a sign of the server after which a connection counts as broken. 60,000 unless it is given. */
  readonly timeout?: number
  /**
   * Where to note what a later process needs to resume a transfer. `$XDG_STATE_HOME/twinserve` unless it is given;
   * `false` notes nothing, and a transfer that fails leaves nothing to resume.
   */
  readonly stateDirectory?: string | false
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the wait with `cancelled`. A call that has been sent may be done by the server all the same. */
  readonly signal?: AbortSignal
}

/** How far a transfer has come. Told for each piece that moves; several files of a tree take turns. */
export interface Progress {
  /** The file that has moved on, as the server knows it: `/docs/a.txt`. */
  readonly path: string
  /** What is being done: bytes are transferred, or read for a digest. */
  readonly phase: 'transfer' | 'digest'
  /** Bytes of this file in this phase. */
  readonly done: number
  /** Undefined for what comes from a stream. */
  readonly total: number | undefined
  /** Bytes of all files of the call that are transferred, those found to be there already among them. */
  readonly bytes: number
  /** Undefined until it is known. */
  readonly totalBytes: number | undefined
  /** Files of the call that are transferred completely. */
  readonly files: number
  readonly totalFiles: number | undefined
}

export interface TransferOptions extends CallOptions {
  /** Replace a file that has the name. `false` unless it is given. */
  readonly overwrite?: boolean
  /**
   * `true`: fail unless a digest of the whole file, made at its origin, was compared at its destination. `false`: make no
   * digests. Without it, digests are compared where that costs little: for files of up to 8 MiB.
   */
  readonly verify?: boolean
  /** Keep the time of the last change. `true` unless it is given. */
  readonly keepTime?: boolean
  readonly onProgress?: (progress: Progress) => void
}

export interface UploadOptions extends TransferOptions {
  /** Replace only what has this entity tag (`etag` of a `stat` or of a result). Otherwise the code is `precondition_failed`. */
  readonly ifMatch?: string
  /** Bytes from which on an upload is made so that it can be resumed. 8 MiB unless it is given. */
  readonly resumeFrom?: number
}

export interface DownloadOptions extends TransferOptions {
  /** Bytes from which on a download is kept when it fails, to be resumed. 8 MiB unless it is given. */
  readonly resumeFrom?: number
  /** Connections for one large file (of 64 MiB and more). 4 unless it is given; 1 fetches it in one go. */
  readonly parallel?: number
}

export interface TreeOptions extends TransferOptions {
  /** Files at a time. 8 unless it is given. */
  readonly concurrency?: number
  /** Is called for what is no regular file or directory (links, devices), and is left out. */
  readonly onSkip?: (path: string, reason: string) => void
}

/** How it is known that the two ends have the same bytes: by a digest made on one and compared on the other, or by their number. */
export type Verified = 'digest' | 'length'

export interface UploadResult {
  /** Where it is on the server, in full. */
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Whether a file was replaced; undefined when that was not told. */
  readonly replaced: boolean | undefined
  readonly etag: string | undefined
  readonly verified: Verified
  /** Bytes that an earlier attempt had brought there. */
  readonly resumed: number
}

export interface DownloadResult {
  /** Where it was on the server, in full. */
  readonly path: string
  /** The local file; undefined when it went into a stream. */
  readonly file: string | undefined
  readonly size: number
  readonly etag: string | undefined
  readonly verified: Verified
  readonly resumed: number
}

/** What became of a tree. */
export interface TreeResult {
  /** Files that were transferred. */
  readonly files: number
  /** Files that were there already, with the same size and time. */
  readonly unchanged: number
  readonly directories: number
  /** Bytes of all of these files. */
  readonly bytes: number
}

/** What can be uploaded: the path of a local file, bytes, or a stream of bytes (which cannot be resumed). */
export type UploadSource = string | Uint8Array | AsyncIterable<Uint8Array>

/** Where a download goes: the path of a local file or an existing directory, or a stream, which is not ended. */
export type DownloadTarget = string | Writable
