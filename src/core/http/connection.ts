/**
 * One connection, as it lives from request to request. The engine makes it and owns its socket.
 */
import type { Socket } from '../calls.ts'

/** The two ends of a connection, for the log and for the check of `Host`. */
export interface Ends {
  /** The peer's address, or `-` for a Unix socket. */
  readonly remote: string
  /** Whether the bytes came through TLS. */
  readonly secure: boolean
}

export class Connection {
  readonly socket: Socket
  readonly ends: Ends
  /** When the engine saw that there is a request to read, by `Environment.now`. Set by the engine before each exchange. */
  ready = Number.NaN
  /** Requests answered so far. */
  requests = 0
  /** Whether the request in progress only reads: once the peer is gone, nobody wants what it would find. Set by each exchange. */
  reading = false
  /** Bytes of the next request that came with the last one (pipelining). A copy of their own, never a view of a receive buffer. */
  leftover: Uint8Array | undefined = undefined

  constructor(socket: Socket, ends: Ends) {
    this.socket = socket
    this.ends = ends
  }

  /** Whether the next exchange can begin without waiting for the peer. */
  get buffered(): boolean {
    return this.leftover !== undefined
  }
}
