/**
 * Several event loops, a process each, behind one listening socket: the parent's half, which serves nobody itself.
 *
 * - The parent makes the socket, and each worker inherits its descriptor and accepts for itself. So connections wait in one
 *   backlog until somebody takes them, also while a worker is being started again. docs/engines.md has what other ways cost.
 * - A worker does what it is told over its channel, and ends when that is closed: it never outlives the parent.
 */
import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { urlOf } from '../core/address.ts'
import { limitsOf } from '../core/limits.ts'
import { notice } from '../core/log.ts'
import type { Measured } from '../core/metrics/exposition.ts'
import type { Credentials, InheritedSocket, ListenAddress, RunningServer, ServeOptions } from '../core/options.ts'
import { shareOf } from '../core/shares.ts'
import { type Child, Supervised } from '../core/supervised.ts'
import { together, Witness, type WorkerMessage } from './colleagues.ts'
import { environment } from './environment.ts'
import { processStatus } from './measure.ts'
import { listenerFd, logFd, type Order, traceFd, type WorkerAnswer } from './worker.ts'

/** How long a worker that has cut everything may take to end: it may hang in a call on a file. */
const endTime = 1000

/** What one worker is to serve, with the descriptors as the parent has them. */
type Share = ServeOptions & { readonly listen: InheritedSocket; tls?: Credentials }

/** How a process ended, by what `close` tells. */
const endOf = (code: number | null, signal: string | null) => (signal === null ? `status ${code}` : `signal ${signal}`)

/**
 * One worker. It has ended at `close`, not at `exit`: that may come while what the worker has said last is still in the channel
 * (`node:child_process`), such as why it does not serve.
 */
class WorkerChild implements Child {
  readonly ready: Promise<void>
  readonly ended: Promise<string | undefined>
  private readonly process: ChildProcess
  private readonly patience: number
  private readonly witness = new Witness((message) => this.tell(message))
  private timer: NodeJS.Timeout | undefined

  /** @param all asks every worker what it has counted */
  constructor(options: Share, all: () => Promise<Measured>) {
    this.patience = limitsOf(options.limits).drainTime + endTime
    const entry = new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
    // In the order of the numbers that worker.ts gives them.
    const { traceFile } = options
    const inherited = [options.listen.fd, options.logFile, ...(traceFile === undefined ? [] : [traceFile])]
    const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc', ...inherited]
    this.process = fork(fileURLToPath(entry), [], { stdio, serialization: 'advanced' })
    this.ready = new Promise((resolve, reject) => {
      this.process.once('message', (answer: WorkerAnswer) => {
        if (answer.ready) resolve()
        else reject(Object.assign(answer.error, { code: answer.code, path: answer.path }))
      })
      this.process.once('error', reject)
      this.process.once('close', (code, signal) =>
        reject(new Error(`The worker ended before it served (${endOf(code, signal)}).`)),
      )
    })
    this.process.on('message', (message: WorkerAnswer | WorkerMessage) => {
      if ('kind' in message) void this.witness.hear(message, all)
    })
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(error.message))
      this.process.once('close', (code, signal) => {
        clearTimeout(this.timer)
        resolve(endOf(code, signal))
      })
    })
    this.tell({
      kind: 'serve',
      options: {
        ...options,
        listen: { ...options.listen, fd: listenerFd },
        logFile: logFd,
        ...(traceFile === undefined ? {} : { traceFile: traceFd }),
      },
    })
  }

  stop = (): void => {
    this.tell({ kind: 'stop' })
    this.timer = setTimeout(this.end, this.patience)
  }

  end = (): void => {
    this.process.kill('SIGKILL')
  }

  /** What it has counted; undefined when it does not say in time. */
  measured(): Promise<Measured | undefined> {
    return this.witness.testify()
  }

  tell(order: Order): void {
    // Where it has ended, its end says so.
    this.process.send(order, () => {})
  }
}

/** A worker that is started again when it ends by mistake. */
function supervise(options: Share, all: () => Promise<Measured>): Supervised<WorkerChild> {
  return new Supervised({
    kind: 'worker',
    launch: () => new WorkerChild(options, all),
    now: environment.now,
    later: (delay, action) => {
      const timer = setTimeout(action, delay)
      return () => clearTimeout(timer)
    },
    tell: (sentence) => fs.write(options.logFile, `${notice(sentence)}\n`, () => {}),
  })
}

const isFailure = (result: PromiseSettledResult<void>): result is PromiseRejectedResult => result.status === 'rejected'

/** One running server: its workers, and the listener that they share. */
class WorkersServer implements RunningServer {
  readonly address: ListenAddress
  readonly url: string
  readonly closed: Promise<void>
  private readonly workers: readonly Supervised<WorkerChild>[]
  private readonly share: Share
  private readonly refuse: () => void

  /**
   * @param share what each of them is started with, and started again
   * @param refuse takes the socket out of the file system, where that is for us to do
   */
  constructor(workers: readonly Supervised<WorkerChild>[], share: Share, refuse: () => void) {
    const { address } = share.listen
    this.workers = workers
    this.share = share
    this.address = address
    this.url = urlOf(address, share.tls !== undefined)
    this.refuse = refuse
    this.closed = Promise.all(workers.map((worker) => worker.closed)).then(refuse)
  }

  stop(): Promise<void> {
    this.refuse()
    for (const worker of this.workers) worker.stop()
    return this.closed
  }

  renew(credentials: Credentials): void {
    this.share.tls = credentials
    for (const worker of this.workers) worker.child?.tell({ kind: 'renew', credentials })
  }

  abort(): void {
    for (const worker of this.workers) worker.end()
  }
}

/** Starts several event loops. @throws what kept one of them from serving */
export async function serveWithWorkers(options: ServeOptions, count: number): Promise<RunningServer> {
  const { close, listenerFor } = await import('../posix/listening.ts')
  const { fd, address, lasting, forget } = await listenerFor(options.listen)
  let open = true
  const refuse = () => {
    forget()
    if (open) close(fd)
    open = false
  }
  const share: Share = { ...shareOf(options, count), listen: { fd, address, lasting } }
  const all = async (): Promise<Measured> => {
    const answers = workers.map((worker) => worker.child?.measured())
    return together([...(await Promise.all(answers)), { loops: [], processes: [await processStatus()] }])
  }
  const workers: readonly Supervised<WorkerChild>[] = Array.from({ length: count }, () => supervise(share, all))
  const server = new WorkersServer(workers, share, refuse)
  const failed = (await Promise.allSettled(workers.map((worker) => worker.start()))).find(isFailure)
  if (failed === undefined) return server
  await server.stop()
  throw failed.reason
}
