/**
 * What an engine is started with, and what it hands back: the same for both.
 */
import type { AuthOptions } from './access/accounts.ts'
import type { Limits } from './limits.ts'
import type { Action } from './policy.ts'

/** Where to listen. Port 0 lets the system choose. A `path` is a Unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** A socket that listens already: whoever started the process made it. The server closes its descriptor in the end. */
export interface InheritedSocket {
  readonly fd: number
  readonly address: ListenAddress
  /** Whether it goes on listening when the server has stopped, and another server comes after this one. */
  readonly lasting: boolean
}

/** What a server shows to be who it is, in PEM (RFC 7468). */
export interface Credentials {
  /** Its certificate, and behind it those that lead from there to one that clients trust. */
  readonly cert: string
  /** The private key of the first certificate, not encrypted. */
  readonly key: string
  /**
   * 48 bytes that session tickets are encrypted with (RFC 5077), so that several processes can resume each other's sessions.
   * Bytes of chance unless given; new credentials should have new ones.
   */
  readonly ticketKeys?: Uint8Array
}

export type LogFormat = 'common' | 'combined' | 'json' | 'off'

export interface ServeOptions {
  /** The directory to share: a path that exists. */
  readonly root: string
  readonly listen: ListenAddress | InheritedSocket
  /** Threads that serve side by side: for the blocking engine only. 1 unless given. */
  readonly threads?: number
  /** Processes that serve side by side: for the event-loop engine only, and not on Windows. 1 unless given. */
  readonly workers?: number
  /** Speak TLS (1.2 and 1.3), and nothing else. */
  readonly tls?: Credentials
  /** Refuse every change. */
  readonly readOnly: boolean
  /** The changes that are allowed. Everything unless it is given. */
  readonly allow?: readonly Action[]
  /** Who can log in, and who may do what. Everybody may do everything unless it is given. */
  readonly auth?: AuthOptions
  /** Flush what was stored to disk before it is acknowledged. Without it, the end of the machine may take acknowledged files with it. */
  readonly fsync: boolean
  /** The most bytes that one stored file may have. */
  readonly maxUploadSize?: number
  /** The most bytes that all files below `root` may have together. */
  readonly quota?: number
  /** Memory for the cache of small files, in bytes. 0 turns it off. */
  readonly cacheBytes: number
  /** A name (such as `index.html`) that is served in place of a directory's listing where it exists. */
  readonly index?: string
  /** Names besides loopback ones and literal addresses that `Host` may give, in lower case. */
  readonly hostNames: readonly string[]
  /** Send the `Server-Timing` field. */
  readonly serverTiming: boolean
  readonly logFormat: LogFormat
  /** Count, and answer `/.twinserve/metrics`. */
  readonly metrics?: boolean
  /** An open file or stream that request log lines are written to. */
  readonly logFile: number
  /**
   * An open regular file that trace events are appended to (Chrome's Trace Event Format), each on a line and with a comma behind it: what
   * comes after the `[` of a JSON array. It has to be open with `O_APPEND`, for all serving loops write to it.
   */
  readonly traceFile?: number
  /** Bounds to change from their defaults. */
  readonly limits?: Partial<Limits>
}

/** A server that accepts connections. */
export interface RunningServer {
  /** Where it really listens: with the port that the system chose. */
  readonly address: ListenAddress
  /** The address to open: `http://127.0.0.1:8080/`, or `http+unix://%2Frun%2Ftwinserve.sock/`; with TLS, `https://…` or `https+unix://…`. */
  readonly url: string
  /**
   * Stop accepting, end idle connections, let requests in progress go on for `limits.drainTime` at most.
   * Resolves once everything is closed. Calling it again changes nothing.
   */
  stop(): Promise<void>
  /** Use these from the next connection on. For a server that was started with `tls`. */
  renew(credentials: Credentials): void
  /** Cut every connection now, stopping or not: what is in progress is lost, as by a crash. For those who are about to end the process. */
  abort(): void
  /** Resolves when the server has stopped; rejects when it failed on its own. */
  readonly closed: Promise<void>
}

/** Starts an engine. @throws EADDRINUSE, EACCES, EADDRNOTAVAIL from listening; ENOENT, ENOTDIR for the root */
export type Serve = (options: ServeOptions) => Promise<RunningServer>
