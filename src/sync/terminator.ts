/**
 * The entry of the terminating thread, which has an event loop of its own: it accepts connections, does the TLS part of
 * them, and hands them to the serving threads as sockets that they can block on.
 */
import { createServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { parentPort, workerData } from 'node:worker_threads'
import type { Limits } from '../core/limits.ts'
import type { Credentials } from '../core/options.ts'
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

/** Connections that the kernel keeps until they are accepted. */
const backlog = 1024

function pass(client: TLSSocket, pipe: number, limits: Limits): void {
  let far = -1
  try {
    const [near, other] = socketPair()
    far = other
    bridge(client, near, limits)
    hand(pipe, { fd: far, remote: client.remoteAddress ?? '-' })
  } catch {
    // No descriptor is left (socketpair(2), EMFILE), or too many have been handed over and not taken.
    if (far >= 0) close(far)
    client.destroy()
  }
}

function main({ listener, pipe, credentials, limits }: TerminatorData): void {
  const front = new Front(credentials, limits, (client) => pass(client, pipe, limits))
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
  server.on('connection', (socket) => front.accept(socket))
  // Out of descriptors (accept(2), EMFILE): libuv has refused the connection, and will take the next.
  server.on('error', () => {})
  server.listen({ fd: listener, backlog }, () => parentPort?.postMessage('ready'))
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
      server.close()
      front.refuse(() => parentPort?.postMessage('refused'))
    }
  })
}

main(workerData as TerminatorData)
