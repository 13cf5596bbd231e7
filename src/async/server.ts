/**
 * One event loop that serves: starting and stopping it, in the thread that it is called in.
 *
 * - Stopping is closing the listener and what is idle, and waiting for the rest; when `limits.drainTime` is over,
 *   every connection is cut.
 */
import fs from 'node:fs'
import net from 'node:net'
import { urlOf } from '../core/address.ts'
import { mostDescriptors, withinDescriptors } from '../core/descriptors.ts'
import { letGo } from '../core/files/temporary.ts'
import { limitsOf } from '../core/limits.ts'
import { Recorder } from '../core/metrics/recorder.ts'
import type { Credentials, InheritedSocket, ListenAddress, RunningServer, ServeOptions } from '../core/options.ts'
import type { Site } from '../core/site.ts'
import { openSite } from '../core/start.ts'
import { TraceEvents } from '../core/trace-events.ts'
import type { Front } from '../tls/front.ts'
import { fileCalls, loadCall, openRoot, storeCall } from './calls.ts'
import type { Colleagues } from './colleagues.ts'
import { commonCalls } from './common.ts'
import { environment } from './environment.ts'
import { Loader } from './loader.ts'
import { Log } from './log.ts'
import { Loop } from './loop.ts'
import { noteBusy, processStatus, watchLag } from './measure.ts'
import { type LaterCalls, run } from './run.ts'
import { systemError } from './sockets.ts'
import { servingLoop, traceOf } from './trace.ts'
import { socketCalls } from './transfers.ts'

/** Connections that the kernel keeps until they are accepted. */
const backlog = 1024

/** What a Unix socket's path may take at most (unix(7)): libuv would cut a longer one short, and listen at another path. */
const mostPathBytes = process.platform === 'linux' ? 107 : 103

/** Remove a Unix socket that no one listens on any more: whoever left it behind has gone (unix(7)). */
async function removeStale(path: string): Promise<void> {
  const found = await fs.promises.lstat(path).catch(() => undefined)
  if (!found?.isSocket()) return
  const refused = await new Promise<boolean>((resolve) => {
    const probe = net.connect({ path })
    probe.on('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  if (refused) await fs.promises.unlink(path)
}

function listening(server: net.Server, where: net.ListenOptions & { readonly fd?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** @returns where the server really listens @throws EADDRINUSE, EACCES, EADDRNOTAVAIL */
async function listen(server: net.Server, where: ListenAddress | InheritedSocket): Promise<ListenAddress> {
  if ('fd' in where) {
    await listening(server, { fd: where.fd })
    return where.address
  }
  if ('path' in where && process.platform !== 'win32') {
    if (Buffer.byteLength(where.path) > mostPathBytes) throw systemError('bind', 'ENAMETOOLONG')
    await removeStale(where.path)
  }
  await listening(server, where)
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? where : { host: bound.address, port: bound.port }
}

/** Bytes that the kernel takes for a connection beyond what it can send: a reader that goes on has them until more is there. */
const mostUnsent = 128 * 1024

/** Where there is no native code, the kernel takes for a slow reader what it will. */
async function boundUnsent(server: net.Server): Promise<void> {
  // Node does not tell a listener's descriptor otherwise.
  const fd = (server as { readonly _handle?: { readonly fd?: number } })._handle?.fd
  if (fd === undefined || process.platform === 'win32') return
  try {
    ;(await import('../posix/unsent.ts')).boundUnsent(fd, mostUnsent)
  } catch {
    // No koffi for this processor, or a Unix socket, whose send buffer does not grow.
  }
}

/** One running server. */
class LoopServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly server: net.Server
  private readonly loop: Loop
  /** Where TLS is spoken. */
  private readonly front: Front | undefined
  private readonly drainTime: number
  private readonly release: () => Promise<void>
  private readonly settled: { resolve: () => void; reject: (error: unknown) => void }
  private stopped: Promise<void> | undefined

  constructor(
    server: net.Server,
    loop: Loop,
    front: Front | undefined,
    held: { address: ListenAddress; release: () => Promise<void> },
    drainTime: number,
  ) {
    this.server = server
    this.loop = loop
    this.front = front
    this.address = held.address
    this.url = urlOf(held.address, front !== undefined)
    this.release = held.release
    this.drainTime = drainTime
    let settled = { resolve: () => {}, reject: (_: unknown) => {} }
    this.closed = new Promise<void>((resolve, reject) => {
      settled = { resolve, reject }
    })
    this.settled = settled
    // Whoever does not look at `closed` is not to be ended by it.
    this.closed.catch(() => {})
  }

  stop(): Promise<void> {
    this.stopped ??= this.drain().then(this.settled.resolve, this.settled.reject)
    return this.stopped
  }

  renew(credentials: Credentials): void {
    this.front?.renew(credentials)
  }

  abort(): void {
    this.loop.cut()
  }

  private refuse(): Promise<void> {
    return new Promise((resolve) => (this.front === undefined ? resolve() : this.front.refuse(resolve)))
  }

  private async drain(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    const timer = setTimeout(() => this.abort(), this.drainTime)
    await this.refuse()
    await this.loop.drain()
    clearTimeout(timer)
    // Those that are left have not come to their first request.
    this.front?.cut()
    await closed
    await this.release()
  }
}

async function frontOf({ tls, limits }: ServeOptions, loop: Loop): Promise<Front | undefined> {
  if (tls === undefined) return undefined
  const { Front } = await import('../tls/front.ts')
  return new Front(tls, limitsOf(limits), (socket) => loop.accept(socket))
}

/** Serves with the event loop of this thread. @param colleagues the other workers, where there are some */
export async function serveHere(wanted: ServeOptions, colleagues?: Colleagues): Promise<RunningServer> {
  const descriptors = mostDescriptors(await fs.promises.readFile('/proc/self/limits', 'latin1').catch(() => ''))
  const options = withinDescriptors(wanted, descriptors)
  const limits = limitsOf(options.limits)
  const log = new Log(options.logFile)
  const trace = options.traceFile === undefined ? undefined : traceOf(options.traceFile, log)
  const root = await openRoot(options.root)
  const loader = new Loader()
  let keeper: Loader | undefined
  const keep = () => {
    keeper ??= new Loader()
    return keeper
  }
  const common = commonCalls()
  const metrics = options.metrics ? new Recorder() : undefined
  let serving: Loop | undefined
  const own = async () => {
    if (metrics !== undefined) {
      serving?.note(metrics)
      noteBusy(metrics)
    }
    return { loops: metrics === undefined ? [] : [metrics.slots], processes: [await processStatus()] }
  }
  const calls: LaterCalls = {
    ...fileCalls,
    ...loadCall(loader),
    ...storeCall(keep),
    ...common,
    ...socketCalls(environment, limits),
    measure: () => colleagues?.all() ?? own(),
  }
  if (colleagues !== undefined) colleagues.own = own
  let site: Site | undefined
  const unwatch = metrics === undefined ? () => {} : watchLag(metrics)
  const release = async () => {
    unwatch()
    if (site !== undefined) await run(letGo(site), calls)
    await loader.end()
    await keeper?.end()
    common.leave()
    await new Promise((resolve) => fs.close(root.fd, resolve))
    await trace?.end()
    await log.end()
  }
  try {
    const events = trace && new TraceEvents(servingLoop(), environment, trace.line)
    site = await run(openSite(options, root, environment, log.line, { metrics, events }), calls)
    const loop = new Loop(site, calls, 'fd' in options.listen && options.listen.lasting)
    serving = loop
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    const front = await frontOf(options, loop)
    server.on('connection', (socket) => (front === undefined ? loop.accept(socket) : front.accept(socket)))
    await loader.ready
    const address = await listen(server, options.listen)
    await boundUnsent(server)
    // Out of descriptors (accept(2), EMFILE): libuv has refused the connection, and will take the next.
    server.on('error', () => {})
    return new LoopServer(server, loop, front, { address, release }, limits.drainTime)
  } catch (error) {
    await release()
    throw error
  }
}
