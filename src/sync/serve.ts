/**
 * Starting and stopping the blocking engine, from the process's main thread, which keeps signals, the clock
 * and the console, and never touches a connection.
 *
 * - The main thread has the listening socket, which all serving threads watch and accept from. No lock is held meanwhile:
 *   whoever is first gets the connection, and if others were woken too, they find none.
 * - A thread blocked in a native call can be neither terminated nor exited around. So stopping is asking: a byte in the
 *   wake-up pipe of each, and when `limits.drainTime` is over, `shutdown(2)` on the connection being served.
 */
import { readFile } from 'node:fs/promises'
import { urlOf } from '../core/address.ts'
import { mostDescriptors, withinDescriptors } from '../core/descriptors.ts'
import { limitsOf } from '../core/limits.ts'
import type { Credentials, ListenAddress, RunningServer, Serve, ServeOptions } from '../core/options.ts'
import { shareOf } from '../core/shares.ts'
import type { Supervised } from '../core/supervised.ts'
import { supported } from '../posix/platform.ts'
import type { Entrance } from './entrance.ts'
import { countsFor } from './measure.ts'

/** What needs native code. */
interface Native {
  readonly listening: typeof import('../posix/listening.ts')
  readonly entrance: typeof import('./entrance.ts')
  readonly threads: typeof import('./threads.ts')
}

/** One running server: its threads, and the listener that they share. */
class BlockingServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly threads: readonly Supervised[]
  private readonly entrance: Entrance
  private readonly forget: () => void
  private readonly drainTime: number
  private stopped: Promise<void> | undefined

  /** @param held the entrance, and what takes its name out of the file system: no one can connect any more */
  constructor(
    threads: readonly Supervised[],
    address: ListenAddress,
    held: { entrance: Entrance; forget: () => void },
    drainTime: number,
  ) {
    this.threads = threads
    this.address = address
    this.url = urlOf(address, held.entrance.secure)
    this.entrance = held.entrance
    this.forget = held.forget
    this.drainTime = drainTime
    this.closed = this.ended()
  }

  stop(): Promise<void> {
    this.stopped ??= this.drain()
    return this.stopped
  }

  renew(credentials: Credentials): void {
    this.entrance.renew(credentials)
  }

  abort(): void {
    for (const thread of this.threads) thread.end()
    this.entrance.cut()
  }

  private async ended(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.closed))
    this.forget()
    await this.entrance.close()
  }

  private async drain(): Promise<void> {
    const timer = setTimeout(() => this.abort(), this.drainTime)
    this.forget()
    await this.entrance.refuse()
    for (const thread of this.threads) thread.stop()
    await this.closed
    clearTimeout(timer)
  }
}

async function start(native: Native, options: ServeOptions): Promise<RunningServer> {
  const { listening, entrance: entrances, threads: serving } = native
  const { fd, address, lasting, forget } = await listening.listenerFor(options.listen)
  const entrance = entrances.entranceOf(fd, lasting, options)
  const count = options.threads ?? 1
  const share = shareOf(options, count)
  const doors = { listener: entrance.fd, several: count > 1, secure: entrance.secure, lasting }
  const all = options.metrics ? countsFor(count) : undefined
  const threads = Array.from({ length: count }, (_, own) => serving.superviseThread(share, doors, all && { all, own }))
  const server = new BlockingServer(threads, address, { entrance, forget }, limitsOf(options.limits).drainTime)
  const failed = (await Promise.allSettled(threads.map((thread) => thread.start()))).find(isFailure)
  // Nobody is let in before there is somebody to serve him.
  const failure = failed ?? (await Promise.allSettled([entrance.start()])).find(isFailure)
  if (failure === undefined) return server
  await server.stop()
  throw failure.reason
}

const isFailure = (result: PromiseSettledResult<void>): result is PromiseRejectedResult => result.status === 'rejected'

/** What a connection takes: where TLS is spoken, also the two ends of a pair of sockets between the threads. */
const descriptorsEach = ({ tls }: ServeOptions): number => (tls === undefined ? 1 : 3)

/** Starts the blocking engine, on threads of its own. */
export const serve: Serve = async (options) => {
  if (!supported) {
    throw new Error('--mode sync needs POSIX sockets, which this system does not have. Use --mode async.')
  }
  if ((options.workers ?? 1) !== 1) throw new Error('Workers are for the event loop. The blocking engine has threads.')
  // Loaded only here: where the mode is not used, native code is not needed either.
  const [listening, entrance, threads] = await Promise.all([
    import('../posix/listening.ts'),
    import('./entrance.ts'),
    import('./threads.ts'),
  ])
  const descriptors = mostDescriptors(await readFile('/proc/self/limits', 'latin1').catch(() => ''))
  return start({ listening, entrance, threads }, withinDescriptors(options, descriptors, descriptorsEach(options)))
}
