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
import { errnoOf } from '../core/errors.ts'
import { letGo } from '../core/files/temporary.ts'
import { limitsOf } from '../core/limits.ts'
import { Recorder } from '../core/metrics/recorder.ts'
import type { Credentials, ListenAddress, RunningServer, ServeOptions } from '../core/options.ts'
import type { Site } from '../core/site.ts'
import { openSite } from '../core/start.ts'
import { TraceEvents, traceWriting } from '../core/trace-events.ts'
import type { Front } from '../tls/front.ts'
import { fileCalls, loadCall, openRoot, storeCall } from './calls.ts'
import type { Colleagues } from './colleagues.ts'
import { commonCalls } from './common.ts'
import { type Entrance, entranceOf } from './entrance.ts'
import { environment } from './environment.ts'
import { Loader } from './loader.ts'
import { Log } from './log.ts'
import { Loop } from './loop.ts'
import { noteBusy, processStatus, watchLag } from './measure.ts'
import { type LaterCalls, run } from './run.ts'
import { servingLoop } from './trace.ts'
import { socketCalls } from './transfers.ts'

/** One running server. */
class LoopServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly entrance: Entrance
  private readonly loop: Loop
  /** Where TLS is spoken. */
  private readonly front: Front | undefined
  private readonly drainTime: number
  private readonly release: () => Promise<void>
  private readonly settled: { resolve: () => void; reject: (error: unknown) => void }
  private stopped: Promise<void> | undefined

  constructor(
    entrance: Entrance,
    loop: Loop,
    front: Front | undefined,
    release: () => Promise<void>,
    drainTime: number,
  ) {
    this.entrance = entrance
    this.loop = loop
    this.front = front
    this.address = entrance.address
    this.url = urlOf(entrance.address, front !== undefined)
    this.release = release
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
    const closed = new Promise<void>((resolve) => this.entrance.close(resolve))
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

/** No descriptor was left, of the process or of the system (open(2)). */
function isExhaustion(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'EMFILE' || code === 'ENFILE'
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
  const trace = options.traceFile === undefined ? undefined : new Log(options.traceFile, traceWriting(log.line))
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
    let entrance: Entrance | undefined
    const failed = (error: unknown) => {
      if (isExhaustion(error)) entrance?.look()
    }
    const loop = new Loop(site, calls, 'fd' in options.listen && options.listen.lasting, failed)
    serving = loop
    const server = net.createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    const front = await frontOf(options, loop)
    server.on('connection', (socket) => (front === undefined ? loop.accept(socket) : front.accept(socket)))
    await loader.ready
    entrance = await entranceOf(server, options.listen)
    // What goes wrong with one connection, or with accepting one, is no reason to take no others.
    server.on('error', () => {})
    return new LoopServer(entrance, loop, front, release, limits.drainTime)
  } catch (error) {
    await release()
    throw error
  }
}
