/**
 * What joins a client, who speaks TLS, to the socket that a serving thread reads and writes.
 *
 * - Neither side is read from while the other takes nothing: so the deadlines of the serving thread are the client's.
 * - Each side may end its half, and goes on reading. What breaks on one side is cut on the other.
 * - The serving thread closes its socket when it has had enough of the client. Here that looks like the end of its half
 *   only: so the client has its time to take what is left, and to end its own.
 */
import { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Limits } from '../core/limits.ts'

/** What a client has to end its side, beyond the time that the serving thread gives it. */
const slack = 1_000

/**
 * Join the two.
 *
 * @param near our end of a pair of sockets, which will be closed here
 */
export function bridge(client: TLSSocket, near: number, limits: Limits): void {
  const inside = new Socket({ fd: near, readable: true, writable: true, allowHalfOpen: true })
  const cut = () => {
    client.destroy()
    inside.destroy()
  }
  client.on('error', cut)
  inside.on('error', cut)
  // A half that was ended in good order may still have bytes on their way to the other side.
  client.on('close', () => {
    if (!client.writableFinished) inside.destroy()
  })
  inside.on('close', () => {
    if (!inside.readableEnded) client.destroy()
  })
  inside.once('end', () => client.setTimeout(limits.sendStall, cut))
  client.once('finish', () => {
    const timer = setTimeout(cut, limits.lingerTime + slack)
    client.once('close', () => clearTimeout(timer))
  })
  client.pipe(inside)
  inside.pipe(client)
}
