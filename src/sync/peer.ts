/**
 * What the loop watches: the listener and the wake-up, which are descriptors, and connections, which are more.
 */
import { Connection, type Ends } from '../core/http/connection.ts'
import type { Waiting } from './deadlines.ts'
import type { Watched } from './pollset.ts'
import { BlockingSocket } from './transfers.ts'

/** A descriptor in the poll set: the listener, the wake-up, or a connection. */
export class Entry implements Watched {
  readonly fd: number
  slot = -1

  constructor(fd: number) {
    this.fd = fd
  }
}

/** A connection. It is idle (a request may come), in the queue, or lingering (we have ended our side). */
export class Peer extends Entry implements Waiting {
  readonly socket: BlockingSocket
  readonly connection: Connection
  state: 'idle' | 'queued' | 'lingering' = 'idle'
  /** Whether it has a place among `limits.connections`: one that was turned away has none. */
  counted = true
  deadline = Infinity
  before: Waiting | undefined = undefined
  after: Waiting | undefined = undefined

  constructor(fd: number, ends: Ends) {
    super(fd)
    this.socket = new BlockingSocket(fd)
    this.connection = new Connection(this.socket, ends)
  }
}
