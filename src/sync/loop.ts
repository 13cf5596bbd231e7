/**
 * The blocking engine's loop, on a thread of its own.
 *
 * - It waits in one `poll(2)` for whatever comes first: a request, a connection, the wake-up, a deadline.
 * - What has come is served in order, each to its end: request read, done, answer written. Only then it polls again.
 * - A request that came with the last one of its connection goes to the end of the queue, behind those of others.
 * - A message in a session is a request like any other, and a session is idle between two of them.
 * - No timer, no promise: JavaScript's own event loop does not turn before this one ends.
 */
import type { Calls } from '../core/calls.ts'
import type { Fate } from '../core/http/connection.ts'
import { lapse, patienceWith, turn } from '../core/http/turn.ts'
import { logMistake } from '../core/log.ts'
import type { Site } from '../core/site.ts'
import { SHUT_WR } from '../posix/platform.ts'
import { Deadlines } from './deadlines.ts'
import type { Log } from './log.ts'
import { Entry, Peer } from './peer.ts'
import { PollSet } from './pollset.ts'
import { run } from './run.ts'
import type { Shared } from './shared.ts'
import { accept, close, shutdown } from './sockets.ts'
import { tickOf } from './transfers.ts'

/** How long to leave new connections alone after the process has run out of descriptors, if none is closed before. */
const pauseTime = 100
/** How soon to try again a log that did not take its lines. */
const logTime = 100

export class Loop {
  private readonly site: Site
  private readonly calls: Calls
  private readonly log: Log
  private readonly shared: Shared
  private readonly listener: Entry
  private readonly wake: Entry
  private readonly set = new PollSet<Entry>()
  private readonly idle = new Deadlines<Peer>()
  /** Idle too, but in a session: their time is another. */
  private readonly resting = new Deadlines<Peer>()
  private readonly lingering = new Deadlines<Peer>()
  private queue: Peer[] = []
  private open = 0
  private accepting = true
  private drained = false
  private readonly cut = () => this.shared.cut
  /** When to accept again after running out of descriptors. */
  private resumeAt = Infinity

  constructor(site: Site, calls: Calls, log: Log, shared: Shared, fds: { listener: number; wake: number }) {
    // Looked up when an answer begins: that to a request in progress already says that it is the last.
    this.site = Object.defineProperty({ ...site }, 'draining', { get: () => shared.stopping })
    this.calls = calls
    this.log = log
    this.shared = shared
    this.listener = new Entry(fds.listener)
    this.wake = new Entry(fds.wake)
    this.set.add(this.wake)
    this.set.add(this.listener)
  }

  /** Serve until stopped. Closes every connection, and neither the listener nor the wake-up. */
  run(): void {
    try {
      while (!this.finished()) {
        this.gather(this.set.wait(this.timeout()))
        this.expire()
        this.serveAll()
        this.log.flush()
      }
    } finally {
      for (const entry of this.set) if (entry instanceof Peer) close(entry.fd)
      this.log.flush()
    }
  }

  private finished(): boolean {
    if (!this.drained) return false
    return this.shared.cut || this.open === 0
  }

  private timeout(): number {
    if (this.queue.length > 0) return 0
    const nearest = Math.min(this.idle.nearest, this.resting.nearest, this.lingering.nearest, this.resumeAt)
    const time = nearest === Infinity ? Infinity : nearest - this.site.environment.now()
    return this.log.pending ? Math.min(time, logTime) : time
  }

  /** Sort what `poll` has seen. New requests queue up behind those that are left over. */
  private gather(seen: readonly Entry[]): void {
    const now = this.site.environment.now()
    let knock = false
    let woken = false
    for (const entry of seen) {
      if (!(entry instanceof Peer)) {
        if (entry === this.listener) knock = true
        else woken = true
        continue
      }
      entry.socket.readable = true
      if (entry.state === 'idle') {
        this.restOf(entry).remove(entry)
        this.enqueue(entry, now)
      } else if (entry.state === 'lingering') this.discard(entry)
    }
    // After the requests, which have begun to arrive: what is still idle now is closed.
    if (woken) this.drain()
    if (knock && this.accepting) this.acceptAll(now)
  }

  private enqueue(peer: Peer, ready: number): void {
    peer.state = 'queued'
    peer.connection.ready = ready
    this.queue.push(peer)
  }

  private serveAll(): void {
    const round = this.queue
    if (round.length === 0) return
    this.queue = []
    for (const peer of round) this.settle(peer, this.serve(peer))
  }

  /** One request, from its first byte to the last of its answer; or what else is to be done with a connection. */
  private serve(peer: Peer, program = turn): Fate {
    // Before this connection is entered: to end a session is to enter it.
    if (this.shared.stopping) this.drain()
    if (!this.shared.enter(peer.fd)) return 'abort'
    try {
      return run(program(peer.connection, this.site), this.calls, this.cut)
    } catch (error) {
      logMistake(this.site, error)
      return 'abort'
    } finally {
      this.shared.leave()
    }
  }

  private settle(peer: Peer, fate: Fate): void {
    peer.socket.readable = false
    if (fate === 'abort') {
      this.end(peer)
      return
    }
    const now = this.site.environment.now()
    if (fate === 'close') {
      // RFC 9112, section 9.6: a close with unread bytes would reset the connection, and lose the answer.
      peer.state = 'lingering'
      this.lingering.add(peer, now + this.site.limits.lingerTime)
      shutdown(peer.fd, SHUT_WR)
    } else if (peer.connection.buffered) this.enqueue(peer, now)
    else if (this.drained) this.lapse(peer)
    else {
      peer.state = 'idle'
      this.restOf(peer).add(peer, now + patienceWith(peer.connection, this.site))
    }
  }

  private restOf(peer: Peer): Deadlines<Peer> {
    return peer.connection.protocol === undefined ? this.idle : this.resting
  }

  /** Nothing has come in the time for it, or nothing is waited for any more. The peer is in no list. */
  private lapse(peer: Peer): void {
    if (peer.connection.protocol === undefined) {
      this.end(peer)
      return
    }
    // It is no longer idle: the server may begin to stop now, and would end it once more.
    peer.state = 'queued'
    this.settle(peer, this.serve(peer, lapse))
  }

  private discard(peer: Peer): void {
    let ended = true
    try {
      ended = this.calls.recv(peer.socket, 0).length === 0
    } catch {
      // Reset: there is nobody left to linger for.
    }
    if (!ended) return
    this.lingering.remove(peer)
    this.end(peer)
  }

  private end(peer: Peer): void {
    peer.connection.protocol?.ended()
    this.set.remove(peer)
    close(peer.fd)
    this.open -= 1
    this.resume()
  }

  private expire(): void {
    const now = this.site.environment.now()
    for (const list of [this.idle, this.resting, this.lingering]) {
      for (let peer = list.expired(now); peer !== undefined; peer = list.expired(now)) {
        list.remove(peer)
        if (list === this.resting) this.lapse(peer)
        else this.end(peer)
      }
    }
    if (this.resumeAt <= now) this.resume()
  }

  private acceptAll(now: number): void {
    const { limits } = this.site
    try {
      while (this.open < limits.connections) {
        const found = accept(this.listener.fd, tickOf(limits))
        if (found === undefined) return
        const peer = new Peer(found.fd, found.remote)
        this.open += 1
        this.set.add(peer)
        this.idle.add(peer, now + limits.idleTime)
      }
      this.pause(Infinity)
    } catch {
      // No descriptor left (accept(2), EMFILE): the connection stays in the backlog until there is one.
      this.pause(now + pauseTime)
    }
  }

  private pause(until: number): void {
    this.accepting = false
    this.resumeAt = until
    this.set.watch(this.listener, false)
  }

  private resume(): void {
    if (this.accepting || this.drained) return
    this.accepting = true
    this.resumeAt = Infinity
    this.set.watch(this.listener, true)
  }

  /** The server is stopping: no more connections, none that is idle, and each answer is the last. */
  private drain(): void {
    if (this.drained) return
    this.drained = true
    this.pause(Infinity)
    this.set.watch(this.wake, false)
    for (const entry of this.set) {
      if (!(entry instanceof Peer) || entry.state !== 'idle') continue
      this.restOf(entry).remove(entry)
      this.lapse(entry)
    }
  }
}
