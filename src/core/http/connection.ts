/**
 * One connection, as it lives from request to request. The engine makes it and owns its socket.
 */
import type { Socket } from '../calls.ts'
import type { Program } from '../program.ts'
import { Pace } from './pace.ts'

/** The two ends of a connection, for the log and for the check of `Host`. */
export interface Ends {
  /** The peer's address, or `-` for a Unix socket. */
  readonly remote: string
  /** Whether the bytes came through TLS. */
  readonly secure: boolean
}

/**
 * What the engine does with the connection next: `keep` waits for the next request; `close` ends our
 * side, and lets the peer finish for `limits.lingerTime`; `abort` cuts it at once.
 */
export type Fate = 'keep' | 'close' | 'abort'

/** What a connection speaks once it no longer speaks HTTP (RFC 9110, section 7.8). */
export interface Protocol {
  /** Milliseconds that may pass without a byte from the peer. */
  readonly patience: number
  /** Something has come: read one message, and do what it asks for. Never throws, except for a mistake in the program. */
  turn(): Program<Fate>
  /** Nothing has come for `patience`, or the server is stopping. Never throws. */
  lapse(): Program<Fate>
  /** The connection is gone. */
  ended(): void
}

/** What a connection that is gone makes a call say. */
export const lost: ReadonlySet<string | undefined> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ECANCELED',
  'ENOTCONN',
  'ETIMEDOUT',
])

export class Connection {
  readonly socket: Socket
  readonly ends: Ends
  /** When the engine saw that there is a request to read, by `Environment.now`. Set by the engine before each exchange. */
  ready = Number.NaN
  /** Requests answered so far. */
  requests = 0
  /** Whether the request in progress only reads: once the peer is gone, nobody wants what it would find. Set by each exchange. */
  reading = false
  /** What the request in progress has waited for the peer. */
  readonly pace = new Pace()
  /** Bytes of the next request that came with the last one (pipelining). A copy of their own, never a view of a receive buffer. */
  leftover: Uint8Array | undefined = undefined
  /** What it has changed to, if it does not speak HTTP any more. The engine tells it when the connection is gone. */
  protocol: Protocol | undefined = undefined

  constructor(socket: Socket, ends: Ends) {
    this.socket = socket
    this.ends = ends
  }

  /** Whether the next exchange can begin without waiting for the peer. */
  get buffered(): boolean {
    return this.leftover !== undefined
  }
}
