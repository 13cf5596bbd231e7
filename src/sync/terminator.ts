/**
 * The entry of the terminating thread, which has an event loop of its own: it accepts connections, does the TLS part of
 * them, and hands them to the serving threads as sockets that they can block on.
 */
import { createServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import type { Limits } from '../core/limits.ts'
import type { Credentials } from '../core/options.ts'
import { Acceptor } from '../posix/acceptor.ts'
import { close } from '../posix/listening.ts'
import { Front } from '../tls/front.ts'
import { bridge } from './bridge.ts'
import { hand } from './handover.ts'
import { socketPair } from './sockets.ts'

/** What it is started with. */
export interface TerminatorData {
  /** The listening socket, by a descriptor that is closed here. */
  readonly listener: number
  /** The writing end of the pipe of `handover.ts`. */
  readonly pipe: number
  readonly credentials: Credentials
  readonly limits: Limits
}

/** What it is told. `end`: nobody serves any more, and what is on its way to clients is all that is left. */
export type TerminatorOrder =
  | { readonly what: 'renew'; readonly credentials: Credentials }
  | { readonly what: 'refuse' | 'cut' | 'end' }

/** @returns whether it went */
function pass(client: TLSSocket, pipe: number, limits: Limits): boolean {
  let far = -1
  try {
    const [near, other] = socketPair()
    far = other
    bridge(client, near, limits)
    hand(pipe, { fd: far, remote: client.remoteAddress ?? '-' })
    return true
  } catch {
    // No descriptor is left (socketpair(2), EMFILE), or too many have been handed over and not taken.
    if (far >= 0) close(far)
    client.destroy()
    return false
  }
}

function main({ listener, pipe, credentials, limits }: TerminatorData): void {
  const front = new Front(credentials, limits, (client) => {
    if (!pass(client, pipe, limits)) acceptor.look()
  })
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
  server.on('connection', (socket) => front.accept(socket))
  // What goes wrong with accepting one connection is no reason to take no others.
  server.on('error', () => {})
  server.once('listening', () => parentPort?.postMessage('ready'))
  const acceptor = new Acceptor(server, listener)
  const end = () => {
    const timer = setTimeout(() => front.cut(), limits.lingerTime)
    front.whenEmpty(() => {
      clearTimeout(timer)
      parentPort?.close()
    })
  }
  parentPort?.on('message', (order: TerminatorOrder) => {
    if (order.what === 'renew') front.renew(order.credentials)
    else if (order.what === 'cut') front.cut()
    else if (order.what === 'end') end()
    else {
      acceptor.close()
      front.refuse(() => parentPort?.postMessage('refused'))
    }
  })
}

main(workerData as TerminatorData)
