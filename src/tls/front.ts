/**
 * What stands in front of an engine where TLS is spoken: connections go in as they were accepted, and come out as
 * connections through which bytes can be sent and received that nobody else reads.
 *
 * - A connection that begins with anything but a handshake is answered in the clear, with one sentence, and ends.
 * - Each of the two has its time: until the first byte has come, and from there until the handshake is done.
 * - New credentials are for the connections that begin from then on.
 */
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { Crowd } from '../core/http/crowd.ts'
import { answerInTheClear, firstOfHandshake } from '../core/http/in-the-clear.ts'
import type { Limits } from '../core/limits.ts'
import type { Credentials } from '../core/options.ts'
import { protocol } from './protocol.ts'

function contextOf({ cert, key, ticketKeys }: Credentials) {
  return { ...protocol, cert, key, ...(ticketKeys === undefined ? {} : { ticketKeys: Buffer.from(ticketKeys) }) }
}

/**
 * End a connection that the peer has reset before its session tickets were written, once what had come before that is read.
 *
 * What OpenSSL writes by itself is no write of the socket. When it fails, Node (20) tells nobody, and lets every later write
 * wait behind it for ever; and since a reset is told once only, to read finds what looks like an orderly end.
 */
function endIfGone(socket: TLSSocket): void {
  // `remoteAddress` is kept from when it was first asked for.
  const { _handle: handle } = socket as { readonly _handle?: { getpeername(into: object): number | undefined } | null }
  // getpeername(2): ENOTCONN once the connection is not there any more. A Unix socket has no such function.
  const failed = handle?.getpeername({}) ?? 0
  if (failed >= 0) return
  if (socket.readableEnded) socket.destroy()
  else socket.once('end', () => socket.destroy())
}

export class Front {
  private readonly limits: Limits
  /** It does not listen: it is given its connections. */
  private readonly server: Server
  /**
   * Twice as many as the engine has room for, of which each may be in the middle of a handshake: who is one too many for the engine can be told
   * so only behind it.
   */
  private readonly crowd: Crowd
  /** Those that were accepted, and are not closed. */
  private readonly open = new Set<Socket>()
  /** Those of them from which nothing has come yet. */
  private readonly silent = new Set<Socket>()
  /** Handshakes in progress. */
  private shaking = 0
  private refused: (() => void) | undefined
  private emptied: (() => void) | undefined

  /** @param secured takes each connection whose handshake is done. It is paused */
  constructor(credentials: Credentials, limits: Limits, secured: (socket: TLSSocket) => void) {
    this.limits = limits
    const { connections, connectionsPerAddress } = limits
    this.crowd = new Crowd({ connections: 2 * connections, connectionsPerAddress: 2 * connectionsPerAddress })
    this.server = createServer({
      ...contextOf(credentials),
      pauseOnConnect: true,
      handshakeTimeout: limits.handshakeTime,
    })
    this.server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true
      // Session tickets are written when this function has returned.
      setImmediate(endIfGone, socket)
      secured(socket)
      this.shaken()
    })
    // Nobody is told: a handshake that fails is what a client gets that speaks another language.
    this.server.on('tlsClientError', (_error, socket) => {
      socket.destroy()
      this.shaken()
    })
  }

  /** Take a connection, which is paused, and may be half-closed. */
  accept(socket: Socket): void {
    const remote = socket.remoteAddress ?? '-'
    if (!this.crowd.enter(remote)) {
      socket.destroy()
      return
    }
    this.open.add(socket)
    this.silent.add(socket)
    socket.on('close', () => {
      this.crowd.leave(remote)
      this.forget(socket)
    })
    socket.on('error', () => {})
    const cut = () => void socket.destroy()
    socket.setTimeout(this.limits.handshakeTime, cut)
    socket.once('end', cut)
    socket.once('data', (first: Buffer) => {
      this.silent.delete(socket)
      socket.setTimeout(0, cut)
      socket.off('end', cut)
      if (first[0] === firstOfHandshake) {
        socket.pause()
        socket.unshift(first)
        // Who goes away in the middle of a handshake does not come back (RFC 8446, section 6.1): the socket made of this one ends with its peer.
        socket.allowHalfOpen = false
        this.shaking += 1
        this.server.emit('connection', socket)
      } else this.answer(socket)
    })
    socket.resume()
  }

  /** Use these from the next connection on. */
  renew(credentials: Credentials): void {
    this.server.setSecureContext(contextOf(credentials))
    if (credentials.ticketKeys !== undefined) this.server.setTicketKeys(Buffer.from(credentials.ticketKeys))
  }

  /**
   * No more connections come. Those that have begun a handshake may finish it.
   *
   * @param refused is called once nobody is handed on any more
   */
  refuse(refused: () => void): void {
    for (const socket of this.silent) socket.destroy()
    const timer = setTimeout(() => this.refused?.(), this.limits.lingerTime)
    this.refused = () => {
      this.refused = undefined
      clearTimeout(timer)
      refused()
    }
    if (this.shaking === 0) this.refused()
  }

  /** Cut every connection that is still there. */
  cut(): void {
    for (const socket of this.open) socket.destroy()
  }

  /** @param emptied is called once there is no connection any more */
  whenEmpty(emptied: () => void): void {
    this.emptied = emptied
    if (this.open.size === 0) emptied()
  }

  private shaken(): void {
    this.shaking -= 1
    if (this.shaking === 0) this.refused?.()
  }

  private forget(socket: Socket): void {
    this.silent.delete(socket)
    this.open.delete(socket)
    if (this.open.size === 0) this.emptied?.()
  }

  private answer(socket: Socket): void {
    socket.on('data', () => {})
    socket.on('end', () => socket.destroy())
    // RFC 9112, section 9.6: a close with unread bytes would reset the connection, and lose the answer.
    setTimeout(() => socket.destroy(), this.limits.lingerTime).unref()
    socket.end(answerInTheClear(Date.now()))
  }
}
