/**
 * What the loop watches: the listener and the wake-up, which are descriptors, and connections, which are more.
 */
import { Connection, type Ends } from '../core/http/connection.ts'
import type { Waiting } from './deadlines.ts'
import { BlockingSocket } from './transfers.ts'
import type { Watched } from './watchset.ts'

/** A descriptor in the loop's set: the listener, the wake-up, or a connection. */
export class Entry implements Watched {
  readonly fd: number
  readonly shared: boolean
  slot = -1

  constructor(fd: number, shared = false) {
    this.fd = fd
    this.shared = shared
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
