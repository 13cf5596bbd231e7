/**
 * Starting and stopping the blocking engine, from the process's main thread, which keeps signals, the clock
 * and the console, and never touches a connection.
 *
 * - The main thread has the listening socket, which all serving threads poll and accept from. No lock is held meanwhile:
 *   whoever is first gets the connection, and the others find none.
 * - A thread blocked in a native call can be neither terminated nor exited around. So stopping is asking: a byte in the
 *   wake-up pipe of each, and when `limits.drainTime` is over, `shutdown(2)` on the connection being served.
 */
import { readFile } from 'node:fs/promises'
import { urlOf } from '../core/address.ts'
import { mostDescriptors, withinDescriptors } from '../core/descriptors.ts'
import { limitsOf } from '../core/limits.ts'
import type { ListenAddress, RunningServer, Serve, ServeOptions } from '../core/options.ts'
import { shareOf } from '../core/shares.ts'
import type { Supervised } from '../core/supervised.ts'
import { SHUT_RDWR, supported } from '../posix/platform.ts'

/** What needs native code. */
interface Native {
  readonly listening: typeof import('../posix/listening.ts')
  readonly sockets: typeof import('./sockets.ts')
  readonly threads: typeof import('./threads.ts')
}

/** One running server: its threads, and the listener that they share. */
class BlockingServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly threads: readonly Supervised[]
  private readonly refuse: () => void
  private readonly drainTime: number
  private stopped: Promise<void> | undefined

  /** @param refuse makes the system refuse connections, where that is for us to say */
  constructor(threads: readonly Supervised[], address: ListenAddress, refuse: () => void, drainTime: number) {
    this.threads = threads
    this.address = address
    this.url = urlOf(address)
    this.refuse = refuse
    this.drainTime = drainTime
    this.closed = Promise.all(threads.map((thread) => thread.closed)).then(() => {})
  }

  stop(): Promise<void> {
    this.stopped ??= this.drain()
    return this.stopped
  }

  /** Nothing that the threads use changes while they run. */
  reload(): void {}

  abort(): void {
    for (const thread of this.threads) thread.end()
  }

  private async drain(): Promise<void> {
    this.refuse()
    for (const thread of this.threads) thread.stop()
    const timer = setTimeout(() => this.abort(), this.drainTime)
    await this.closed
    clearTimeout(timer)
  }
}

async function start(native: Native, options: ServeOptions): Promise<RunningServer> {
  const { listening, sockets } = native
  const { fd, address, lasting, forget } = await listening.listenerFor(options.listen)
  const refuse = () => {
    // Whoever handed it over goes on with it: until somebody accepts again, clients wait in the backlog.
    if (lasting) return
    forget()
    // On Linux this refuses connections from now on; elsewhere they wait for nothing until the threads have ended.
    sockets.shutdown(fd, SHUT_RDWR)
  }
  const count = options.threads ?? 1
  const share = shareOf(options, count)
  const doors = { listener: fd, several: count > 1, lasting }
  const threads = Array.from({ length: count }, () => native.threads.superviseThread(share, doors))
  const server = new BlockingServer(threads, address, refuse, limitsOf(options.limits).drainTime)
  void server.closed.then(() => {
    forget()
    listening.close(fd)
  })
  const failed = (await Promise.allSettled(threads.map((thread) => thread.start()))).find(isFailure)
  if (failed === undefined) return server
  await server.stop()
  throw failed.reason
}

const isFailure = (result: PromiseSettledResult<void>): result is PromiseRejectedResult => result.status === 'rejected'

/** Starts the blocking engine, on threads of its own. */
export const serve: Serve = async (options) => {
  if (!supported) {
    throw new Error('--mode sync needs POSIX sockets, which this system does not have. Use --mode async.')
  }
  if ((options.workers ?? 1) !== 1) throw new Error('Workers are for the event loop. The blocking engine has threads.')
  // Loaded only here: where the mode is not used, native code is not needed either.
  const [listening, sockets, threads] = await Promise.all([
    import('../posix/listening.ts'),
    import('./sockets.ts'),
    import('./threads.ts'),
  ])
  const descriptors = mostDescriptors(await readFile('/proc/self/limits', 'latin1').catch(() => ''))
  return start({ listening, sockets, threads }, withinDescriptors(options, descriptors))
}
