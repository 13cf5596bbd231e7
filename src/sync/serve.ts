/**
 * Starting and stopping the blocking engine, from the process's main thread, which keeps signals, the clock
 * and the console, and never touches a connection.
 *
 * - The main thread makes the listening socket and the wake-up, so that several threads could share them.
 * - A thread blocked in a native call can be neither terminated nor exited around. So stopping is asking: a byte in the
 *   wake-up pipe, and when `limits.drainTime` is over, `shutdown(2)` on the connection being served.
 */
import { lookup } from 'node:dns/promises'
import fs from 'node:fs'
import { isIP } from 'node:net'
import { Worker } from 'node:worker_threads'
import { urlOf } from '../core/address.ts'
import { limitsOf } from '../core/limits.ts'
import type { ListenAddress, RunningServer, Serve, ServeOptions } from '../core/options.ts'
import { SHUT_RDWR, supported } from '../posix/platform.ts'
import { Shared } from './shared.ts'
import type { ThreadAnswer, ThreadData } from './thread.ts'

type Sockets = typeof import('./sockets.ts')

/** The same address with a literal one in place of a name. */
async function resolve(address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address || isIP(address.host.split('%')[0] ?? '') !== 0) return address
  return { host: (await lookup(address.host)).address, port: address.port }
}

function startThread(data: ThreadData): Worker {
  const entry = new URL(`./thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
  // The thread opens and closes descriptors that are not files: Node need not keep a list of them.
  return new Worker(entry, { workerData: data, trackUnmanagedFds: false })
}

/** Resolves when the thread serves. @throws what kept it from that, with `code` and `path` */
function started(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('message', (answer: ThreadAnswer) => {
      if (answer.ready) return resolve()
      // Only the standard parts of an error survive the way between threads.
      reject(Object.assign(answer.error, { code: answer.code, path: answer.path }))
    })
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('The serving thread ended before it served.')))
  })
}

/** One running server: its thread, and the descriptors that the main thread holds for it. */
class BlockingServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly sockets: Sockets
  private readonly shared: Shared
  private readonly listener: number
  private readonly wakeEnd: number
  private readonly drainTime: number
  private ended = false
  private stopped: Promise<void> | undefined

  constructor(
    sockets: Sockets,
    shared: Shared,
    thread: Worker,
    held: { listener: number; wakeEnd: number; address: ListenAddress; release: () => void },
    drainTime: number,
  ) {
    this.sockets = sockets
    this.shared = shared
    this.listener = held.listener
    this.wakeEnd = held.wakeEnd
    this.address = held.address
    this.url = urlOf(held.address)
    this.drainTime = drainTime
    this.closed = new Promise<void>((resolve, reject) => {
      let failure: unknown
      thread.once('error', (error) => {
        failure = error
      })
      thread.once('exit', () => {
        this.ended = true
        held.release()
        if (failure !== undefined || !shared.stopping) reject(failure ?? new Error('The serving thread ended.'))
        else resolve()
      })
    })
    // Whoever does not look at `closed` is not to be ended by it.
    this.closed.catch(() => {})
  }

  stop(): Promise<void> {
    this.stopped ??= this.drain()
    return this.stopped
  }

  private async drain(): Promise<void> {
    if (this.ended) return
    const { shutdown } = this.sockets
    this.shared.stop()
    // On Linux this refuses connections from now on; elsewhere they wait for nothing until the thread has ended.
    shutdown(this.listener, SHUT_RDWR)
    fs.writeSync(this.wakeEnd, 'x')
    const timer = setTimeout(() => this.shared.end((fd) => shutdown(fd, SHUT_RDWR)), this.drainTime)
    await this.closed.catch(() => {})
    clearTimeout(timer)
  }
}

async function start(sockets: Sockets, options: ServeOptions): Promise<RunningServer> {
  const { fd: listener, address } = sockets.listen(await resolve(options.listen))
  const fds = [listener]
  const release = () => {
    for (const fd of fds.splice(0)) sockets.close(fd)
    if ('path' in address) fs.rmSync(address.path, { force: true })
  }
  try {
    const [wake, wakeEnd] = sockets.pipe()
    fds.push(wake, wakeEnd)
    const shared = new Shared()
    const { drainTime } = limitsOf(options.limits)
    const thread = startThread({ options, listener, wake, shared: shared.memory })
    await started(thread)
    return new BlockingServer(sockets, shared, thread, { listener, wakeEnd, address, release }, drainTime)
  } catch (error) {
    release()
    throw error
  }
}

/** Starts the blocking engine, on a thread of its own. */
export const serve: Serve = async (options) => {
  if (!supported) {
    throw new Error('--mode sync needs POSIX sockets, which this system does not have. Use --mode async.')
  }
  // Loaded only here: where the mode is not used, native code is not needed either.
  return start(await import('./sockets.ts'), options)
}
