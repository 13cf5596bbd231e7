/**
 * The entry of a worker: a process that serves with its event loop and does what its parent (`workers.ts`) tells it.
 *
 * - It ends when it is told to, or when the channel to its parent is closed, because then there is none any more.
 * - Signals are the parent's: Ctrl-C in a terminal, and the end of a systemd unit, reach every process of the group.
 */
import type { Credentials, RunningServer, ServeOptions } from '../core/options.ts'
import { Colleagues, type ParentMessage, type WorkerMessage } from './colleagues.ts'
import { serveHere } from './server.ts'

/** The descriptors that a worker inherits: those behind standard input, output and error, and the channel. */
export const listenerFd = 4
export const logFd = 5
/** Where there is a trace. */
export const traceFd = 6

/** What a worker is told. The first is what to serve. */
export type Order =
  | { readonly kind: 'serve'; readonly options: ServeOptions }
  | { readonly kind: 'stop' }
  | { readonly kind: 'renew'; readonly credentials: Credentials }
  | ParentMessage

/** What it answers, first: that it serves, or why not. */
export type WorkerAnswer =
  | { readonly ready: true }
  | { readonly ready: false; readonly error: Error; readonly code?: unknown; readonly path?: unknown }

/** Nobody to answer is no failure: then the channel is closed, too. */
const answer = (message: WorkerAnswer | WorkerMessage) => void process.send?.(message, () => {})

const colleagues = new Colleagues(answer)

let server: RunningServer | undefined
let leaving = false

async function serve(options: ServeOptions): Promise<void> {
  try {
    server = await serveHere(options, colleagues)
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    // Only the standard parts of an error survive the way between processes.
    answer({ ready: false, error: error as Error, code, path })
    if (process.connected) process.disconnect()
    return
  }
  answer({ ready: true })
  if (leaving) leave()
  await server.closed
  // Nothing else keeps the process from its end.
  if (process.connected) process.disconnect()
}

function leave(): void {
  leaving = true
  // A failure to stop is reported by `closed`.
  server?.stop().catch(() => {})
}

function obey(order: Order): void {
  if (order.kind === 'serve') void serve(order.options)
  else if (order.kind === 'stop') leave()
  else if (order.kind === 'renew') server?.renew(order.credentials)
  else if (order.kind === 'tell') void colleagues.tell(order.id)
  else colleagues.answered(order.id, order.measured)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('message', obey)
process.on('disconnect', leave)
