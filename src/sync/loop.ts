/**
 * The blocking engine's loop, on a thread of its own.
 *
 * - It waits in one call (`watchset.ts`) for whatever comes first: a request, a connection, the wake-up, a deadline.
 * - What has come is served in order, each to its end: request read, done, answer written. Only then it waits again.
 * - A request that came with the last one of its connection goes to the end of the queue, behind those of others.
 * - A message in a session is a request like any other, and a session is idle between two of them.
 * - No timer, no promise: JavaScript's own event loop does not turn before this one ends.
 */
import type { Calls } from '../core/calls.ts'
import type { Fate } from '../core/http/connection.ts'
import { Crowd, turnedAway } from '../core/http/crowd.ts'
import { lapse, patienceWith, turn } from '../core/http/turn.ts'
import { logMistake } from '../core/log.ts'
import type { Recorder } from '../core/metrics/recorder.ts'
import type { Site } from '../core/site.ts'
import { tickOf } from '../core/waiting.ts'
import { close } from '../posix/listening.ts'
import { SHUT_WR } from '../posix/platform.ts'
import { Deadlines } from './deadlines.ts'
import { take } from './handover.ts'
import type { Log } from './log.ts'
import { Entry, Peer } from './peer.ts'
import { run } from './run.ts'
import type { Shared } from './shared.ts'
import { type Accepted, accept, shutdown } from './sockets.ts'
import { type WatchSet, watchSet } from './watchset.ts'

/** How long to leave new connections alone after the process has run out of descriptors, if none is closed before. */
const pauseTime = 100
/** Connections that are accepted before those that are open have their turn again: if each of them is slow, these wait for no more. */
const acceptedAtOnce = 16
/** How soon to try again a log that did not take its lines. */
const logTime = 100

/** What a loop waits for besides connections. */
export interface Doors {
  readonly listener: number
  readonly wake: number
  /**
   * Whether other threads accept from the same listener. Then this one takes one connection at a time: whoever is busy
   * takes none, and one that is idle does.
   */
  readonly several: boolean
  /** Whether the listener is where a terminating thread hands connections over, whose bytes came through TLS. */
  readonly secure: boolean
  /** Whether the listener outlives the server, and another server comes after this one. */
  readonly lasting: boolean
}

const isPending = ({ pending }: Log): boolean => pending

export class Loop {
  private readonly site: Site
  private readonly calls: Calls
  private readonly logs: readonly Log[]
  private readonly shared: Shared
  private readonly listener: Entry
  private readonly wake: Entry
  private readonly doors: Doors
  private readonly set: WatchSet<Entry>
  private readonly idle = new Deadlines<Peer>()
  /** Idle too, but in a session: their time is another. */
  private readonly resting = new Deadlines<Peer>()
  private readonly lingering = new Deadlines<Peer>()
  /** Idle in a server that stops, and may ask once more. */
  private readonly leaving = new Deadlines<Peer>()
  private readonly lists = [this.idle, this.resting, this.lingering, this.leaving]
  private queue: Peer[] = []
  private readonly crowd: Crowd
  private turnedAway = 0
  /** When the last wait ended. */
  private awake: number
  private accepting = true
  /** Whether a connection was taken from a listener that others have too, and nothing has been waited for since. */
  private taken = false
  private drained = false
  private readonly cut = () => this.shared.cut
  /** When to accept again after running out of descriptors. */
  private resumeAt = Infinity

  /** @param logs what is written while no request waits: the request log last, for a trace that fails says so there */
  constructor(site: Site, calls: Calls, logs: readonly Log[], shared: Shared, doors: Doors) {
    // Looked up when an answer begins: that to a request in progress already says that it is the last.
    this.site = Object.defineProperty({ ...site }, 'draining', { get: () => shared.stopping })
    this.crowd = new Crowd(site.limits)
    this.awake = site.environment.now()
    this.calls = calls
    this.logs = logs
    this.shared = shared
    this.doors = doors
    this.listener = new Entry(doors.listener, doors.several)
    this.wake = new Entry(doors.wake)
    this.set = watchSet()
    if (this.set.fd !== undefined) shared.opened(this.set.fd)
    this.set.add(this.wake)
    this.set.add(this.listener)
  }

  /** Serve until stopped. Closes every connection, and neither the listener nor the wake-up. */
  run(): void {
    try {
      while (!this.finished()) {
        this.gather(this.wait())
        this.expire()
        this.serveAll()
        for (const log of this.logs) log.flush()
      }
    } finally {
      for (const entry of this.set) if (entry instanceof Peer) this.close(entry.fd)
      if (this.set.fd !== undefined) this.close(this.set.fd)
      for (const log of this.logs) log.flush()
    }
  }

  private finished(): boolean {
    if (!this.drained) return false
    return this.shared.cut || (this.crowd.size === 0 && this.turnedAway === 0)
  }

  /** Wait for what comes first. What is not spent here is spent working, or waiting for one peer. */
  private wait(): Entry[] {
    const { environment, metrics } = this.site
    if (metrics === undefined) return this.set.wait(this.timeout())
    this.note(metrics)
    const now = environment.now()
    metrics.add('busy', now - this.awake)
    const seen = this.set.wait(this.timeout())
    this.awake = environment.now()
    return seen
  }

  private note(metrics: Recorder): void {
    metrics.set('connections', this.crowd.size)
    metrics.set('sessions', this.site.sessions)
  }

  private timeout(): number {
    if (this.queue.length > 0 || this.taken) return 0
    const { idle, resting, lingering, leaving } = this
    const nearest = Math.min(idle.nearest, resting.nearest, lingering.nearest, leaving.nearest, this.resumeAt)
    const time = nearest === Infinity ? Infinity : nearest - this.site.environment.now()
    return this.logs.some(isPending) ? Math.min(time, logTime) : time
  }

  /** Sort what the wait has seen. New requests queue up behind those that are left over. */
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
    const passing = this.passesOn()
    if (knock && this.accepting && !passing) this.acceptAll(now, this.doors.several ? 1 : acceptedAtOnce)
    // After the requests, which have begun to arrive: what is still idle now is closed.
    if (woken) this.drain()
  }

  /**
   * Whether to leave the next connection to another thread. A thread that sleeps is the only one that is woken for a
   * connection, so it has to take one before it does anything that may take long. It looks again without sleeping: who comes
   * from then on wakes another, and a thread that has something to do by now would only keep him waiting. It does so once:
   * to be asked after each wait, whatever that has seen, since a thread that has nothing to do is to sleep.
   */
  private passesOn(): boolean {
    const { taken } = this
    this.taken = false
    return taken && this.queue.length > 0
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
    const { metrics } = this.site
    let behind = round.length
    for (const peer of round) {
      behind -= 1
      metrics?.set('queued', behind)
      this.settle(peer, this.serve(peer))
    }
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
    else if (this.drained) this.leave(peer, now)
    else {
      peer.state = 'idle'
      this.restOf(peer).add(peer, now + patienceWith(peer.connection, this.site))
    }
  }

  private restOf(peer: Peer): Deadlines<Peer> {
    if (peer.connection.protocol !== undefined) return this.resting
    return this.drained ? this.leaving : this.idle
  }

  /**
   * The server is stopping, and this peer has nothing to ask. Where another server comes after us, a request that is on
   * its way now would be the only one that the restart breaks (RFC 9112, section 9.5): so there is time for one more.
   */
  private leave(peer: Peer, now: number): void {
    if (!this.doors.lasting || peer.connection.protocol !== undefined) {
      this.lapse(peer)
      return
    }
    peer.state = 'idle'
    this.leaving.add(peer, now + this.site.limits.lingerTime)
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
    this.close(peer.fd)
    if (peer.counted) this.crowd.leave(peer.connection.ends.remote)
    else this.turnedAway -= 1
    this.resume()
  }

  private close(fd: number): void {
    this.shared.closing(fd)
    close(fd)
  }

  private expire(): void {
    const now = this.site.environment.now()
    for (const list of this.lists) {
      for (let peer = list.expired(now); peer !== undefined; peer = list.expired(now)) {
        list.remove(peer)
        if (list === this.resting) this.lapse(peer)
        else this.end(peer)
      }
    }
    if (this.resumeAt <= now) this.resume()
  }

  private acceptAll(now: number, most: number): void {
    try {
      for (let count = 0; count < most; count += 1) {
        const found = this.next(tickOf(this.site.limits))
        if (found === undefined) return
        this.admit(found, now)
        this.site.metrics?.add('accepted', 1)
        if (this.doors.several) this.stepBack()
      }
    } catch {
      // No descriptor left (accept(2), EMFILE): the connection stays in the backlog until there is one.
      this.pause(now + pauseTime)
    }
  }

  /** @throws where there is no room to watch it (epoll_ctl(2)): then it is closed */
  private admit({ fd, remote }: Accepted, now: number): void {
    const peer = new Peer(fd, { remote, secure: this.doors.secure })
    this.shared.opened(fd)
    try {
      this.set.add(peer)
    } catch (error) {
      this.close(fd)
      throw error
    }
    if (this.crowd.enter(remote)) this.idle.add(peer, now + this.site.limits.idleTime)
    else this.turnAway(peer)
  }

  /** Behind the other threads: of those that sleep, the first in the order in which they came is woken, and would get every connection. */
  private stepBack(): void {
    this.taken = true
    this.set.remove(this.listener)
    this.set.add(this.listener)
  }

  private next(tick: number): Accepted | undefined {
    return this.doors.secure ? take(this.listener.fd, tick) : accept(this.listener.fd, tick)
  }

  /** One connection too many: it is told so, which its empty send buffer has room for, and ended. */
  private turnAway(peer: Peer): void {
    this.site.metrics?.add('refused', 1)
    try {
      this.calls.send(peer.socket, turnedAway(peer.connection, this.site), this.site.environment.now())
    } catch {
      // It is gone already.
    }
    if (this.turnedAway >= this.crowd.mostTurnedAway) {
      this.set.remove(peer)
      this.close(peer.fd)
      return
    }
    peer.counted = false
    this.turnedAway += 1
    this.settle(peer, 'close')
  }

  private pause(until: number): void {
    this.accepting = false
    this.resumeAt = until
    this.set.remove(this.listener)
  }

  private resume(): void {
    if (this.accepting || this.drained) return
    try {
      this.set.add(this.listener)
      this.accepting = true
      this.resumeAt = Infinity
    } catch {
      this.resumeAt = this.site.environment.now() + pauseTime
    }
  }

  /** The server is stopping: no more connections, none that is idle, and each answer is the last. */
  private drain(): void {
    if (this.drained) return
    const now = this.site.environment.now()
    // What has been handed over is nobody else's any more.
    if (this.doors.secure && this.accepting) this.acceptAll(now, acceptedAtOnce)
    const idle: Peer[] = []
    for (const entry of this.set) {
      if (!(entry instanceof Peer) || entry.state !== 'idle') continue
      this.restOf(entry).remove(entry)
      // It is in no list, and to end a session takes time, in which nothing else is to take it for idle.
      entry.state = 'queued'
      idle.push(entry)
    }
    this.drained = true
    this.pause(Infinity)
    this.set.remove(this.wake)
    for (const peer of idle) this.leave(peer, now)
  }
}
