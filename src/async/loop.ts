/**
 * The event-loop engine's connections, from the first request to the last.
 *
 * - Each connection has at most one program under way, and as many connections as there are run theirs side by
 *   side: whoever has nothing to wait for goes on.
 * - A request that came with the last one of its connection goes to the end of the queue, behind those of others.
 * - A message in a session is a request like any other, and a session is idle between two of them.
 */
import type { Socket as NetSocket } from 'node:net'
import { Connection, type Ends, type Fate } from '../core/http/connection.ts'
import { Crowd, turnedAway } from '../core/http/crowd.ts'
import { lapse, patienceWith, turn } from '../core/http/turn.ts'
import { logMistake } from '../core/log.ts'
import type { Recorder } from '../core/metrics/recorder.ts'
import type { Site } from '../core/site.ts'
import { type LaterCalls, type Running, start } from './run.ts'
import { LaterSocket } from './sockets.ts'

/** A connection. It is idle (a request may come), queued, busy with a request, or lingering (we have ended our side). */
interface Peer {
  readonly socket: LaterSocket
  readonly connection: Connection
  state: 'idle' | 'queued' | 'busy' | 'lingering'
  /** The program of its last request. */
  running: Running | undefined
  /** Whether its number is its own: once it is over, another connection has it. */
  numbered: boolean
  /** What is done when its time is over: made once, for it is given at each rest. */
  readonly expire: () => void
}

export class Loop {
  private readonly site: Site
  private readonly calls: LaterCalls
  private readonly lasting: boolean
  private readonly failed: (error: unknown) => void
  private readonly peers = new Set<Peer>()
  private readonly crowd: Crowd
  /** One too many, and told so. */
  private readonly turnedAway = new Set<NetSocket>()
  private queue: Peer[] = []
  /** Those with a request in progress, which may last longer than their connections. */
  private readonly served = new Set<Peer>()
  /** Numbers that connections have had, from 1. */
  private numbered = 0
  private readonly unused: number[] = []
  private ended: (() => void) | undefined

  /**
   * @param lasting whether the listener outlives the server, and another server comes after this one
   * @param failed is told what any call fails with that was waited for
   */
  constructor(site: Site, calls: LaterCalls, lasting: boolean, failed: (error: unknown) => void) {
    this.site = site
    this.crowd = new Crowd(site.limits)
    this.calls = calls
    this.lasting = lasting
    this.failed = failed
  }

  /** What there is now, for the metrics. */
  note(metrics: Recorder): void {
    metrics.set('connections', this.crowd.size)
    metrics.set('sessions', this.site.sessions)
    metrics.set('queued', this.queue.length)
  }

  /** Take a connection, which is paused. */
  accept(net: NetSocket): void {
    const ends = { remote: net.remoteAddress ?? '-', secure: 'encrypted' in net }
    this.site.metrics?.add('accepted', 1)
    if (this.site.draining && !this.lasting) net.destroy()
    else if (this.crowd.enter(ends.remote)) this.open(net, ends)
    else this.turnAway(net, ends)
  }

  /** Nothing new begins: idle connections end, and each answer is the last. Resolves when all have ended. */
  drain(): Promise<void> {
    this.site.draining = true
    for (const net of this.turnedAway) net.destroy()
    const now = this.site.environment.now()
    for (const peer of this.peers) if (peer.state === 'idle') this.depart(peer, now)
    return new Promise((resolve) => {
      this.ended = resolve
      this.check()
    })
  }

  /** Cut every connection. Their programs end as their next calls fail: those on sockets, and those that only look. */
  cut(): void {
    for (const peer of this.served) peer.running?.cancel()
    for (const peer of this.peers) peer.socket.destroy()
    for (const net of this.turnedAway) net.destroy()
  }

  /** One connection too many: it is told so, and ended. What it sends is not looked at (RFC 9112, section 9.6). */
  private turnAway(net: NetSocket, ends: Ends): void {
    this.site.metrics?.add('refused', 1)
    const socket = { id: 0 }
    net.on('error', () => {})
    const answer = turnedAway(new Connection(socket, ends), this.site)
    if (this.turnedAway.size >= this.crowd.mostTurnedAway) {
      net.end(answer, () => net.destroy())
      return
    }
    this.turnedAway.add(net)
    const timer = setTimeout(() => net.destroy(), this.site.limits.lingerTime)
    net.on('end', () => net.destroy())
    net.on('close', () => {
      clearTimeout(timer)
      this.turnedAway.delete(net)
    })
    net.end(answer)
    net.resume()
  }

  private open(net: NetSocket, ends: Ends): void {
    const owner = {
      arrived: () => this.arrived(peer),
      finished: () => this.finished(peer),
      gone: () => this.gone(peer),
    }
    const { environment } = this.site
    const socket = new LaterSocket(this.unused.pop() ?? ++this.numbered, net, environment, owner)
    const connection = new Connection(socket, ends)
    const peer: Peer = {
      socket,
      connection,
      state: 'idle',
      running: undefined,
      numbered: true,
      expire: () => this.lapse(peer),
    }
    this.peers.add(peer)
    this.rest(peer, environment.now())
    net.resume()
  }

  /** Something to read has come. Whoever is busy will ask for it. */
  private arrived(peer: Peer): void {
    if (peer.state !== 'idle') return
    peer.socket.calm()
    peer.connection.ready = this.site.environment.now()
    this.serve(peer)
  }

  /** A peer that has closed the connection looks like one that has only ended its side, until it is sent something. */
  private finished(peer: Peer): void {
    const { running } = peer
    if (peer.state !== 'busy') return
    const leave = () => {
      if (peer.running === running) this.leave(peer)
    }
    setTimeout(leave, this.site.limits.lingerTime).unref()
  }

  /** Whoever changes something brings it to its end; who only reads, such as a search, has nobody to tell. */
  private leave(peer: Peer): void {
    if (peer.connection.reading) peer.running?.cancel()
  }

  private gone(peer: Peer): void {
    this.peers.delete(peer)
    this.leave(peer)
    peer.connection.protocol?.ended()
    this.crowd.leave(peer.connection.ends.remote)
    this.release(peer)
    this.check()
  }

  /** Its number is for another connection, once it has neither a socket nor a request. */
  private release(peer: Peer): void {
    if (!peer.numbered || this.peers.has(peer) || this.served.has(peer) || peer.state === 'queued') return
    peer.numbered = false
    this.unused.push(peer.socket.id)
  }

  private enqueue(peer: Peer, ready: number): void {
    peer.state = 'queued'
    peer.connection.ready = ready
    this.queue.push(peer)
    if (this.queue.length === 1) setImmediate(() => this.serveAll())
  }

  private serveAll(): void {
    const round = this.queue
    this.queue = []
    for (const peer of round) this.serve(peer)
  }

  /** Nothing has come in the time for it, or nothing is waited for any more. */
  private lapse(peer: Peer): void {
    peer.socket.calm()
    if (peer.state === 'lingering') peer.socket.destroy()
    else if (peer.connection.protocol === undefined) {
      peer.state = 'lingering'
      peer.socket.wait(this.site.environment.now() + this.site.limits.lingerTime, peer.expire)
      peer.socket.close()
    } else this.serve(peer, lapse)
  }

  /** One request, from its first byte to the last of its answer; or what else is to be done with a connection. */
  private serve(peer: Peer, program = turn): void {
    peer.state = 'busy'
    this.served.add(peer)
    peer.running = start(
      program(peer.connection, this.site),
      this.calls,
      (fate) => this.settle(peer, fate),
      (error) => {
        logMistake(this.site, error)
        this.settle(peer, 'abort')
      },
      this.failed,
    )
  }

  private settle(peer: Peer, fate: Fate): void {
    this.served.delete(peer)
    const { socket, connection } = peer
    const now = this.site.environment.now()
    if (fate === 'abort') {
      peer.state = 'lingering'
      socket.destroy()
    } else if (fate === 'close') {
      // RFC 9112, section 9.6: a close with unread bytes would reset the connection, and lose the answer.
      peer.state = 'lingering'
      socket.wait(now + this.site.limits.lingerTime, peer.expire)
      socket.linger()
    } else if (connection.buffered || socket.readable) this.enqueue(peer, now)
    else this.rest(peer, now)
    this.release(peer)
    this.check()
  }

  /**
   * The server is stopping, and this peer has nothing to ask. Where another server comes after us, a request that is on
   * its way now would be the only one that the restart breaks (RFC 9112, section 9.5): so there is time for one more.
   */
  private depart(peer: Peer, now: number): void {
    if (!this.lasting || peer.connection.protocol !== undefined) {
      this.lapse(peer)
      return
    }
    peer.state = 'idle'
    peer.socket.wait(now + this.site.limits.lingerTime, peer.expire)
  }

  private rest(peer: Peer, now: number): void {
    if (this.site.draining) {
      this.depart(peer, now)
      return
    }
    peer.state = 'idle'
    peer.socket.wait(now + patienceWith(peer.connection, this.site), peer.expire)
  }

  private check(): void {
    if (this.served.size + this.peers.size === 0) this.ended?.()
  }
}
