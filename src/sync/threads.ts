/**
 * The serving threads, as the main thread sees them: each is started, told to stop, and started again when it ends by
 * mistake. What such a thread had is lost with it, and the others go on.
 */
import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { notice } from '../core/log.ts'
import type { ServeOptions } from '../core/options.ts'
import { Restarts } from '../core/restarts.ts'
import { close } from '../posix/listening.ts'
import { SHUT_RDWR } from '../posix/platform.ts'
import { environment } from './environment.ts'
import type { Doors } from './loop.ts'
import { Shared } from './shared.ts'
import { pipe, shutdown } from './sockets.ts'
import type { ThreadAnswer, ThreadData } from './thread.ts'

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

/** One serving thread after the other, at most one at a time. */
export class ServingThread {
  /** Resolves once there is none, and there will be none. */
  readonly closed: Promise<void>
  private readonly options: ServeOptions
  private readonly doors: Doors
  private readonly wakeEnd: number
  private readonly restarts = new Restarts()
  private shared = new Shared()
  private running = false
  private serving = false
  private stopping = false
  private finished = false
  private failure: unknown
  private timer: NodeJS.Timeout | undefined
  private close = () => {}

  /** @param doors without the wake-up, which each thread has for itself */
  constructor(options: ServeOptions, doors: Omit<Doors, 'wake'>) {
    this.options = options
    const [wake, wakeEnd] = pipe()
    this.doors = { ...doors, wake }
    this.wakeEnd = wakeEnd
    this.closed = new Promise((resolve) => {
      this.close = resolve
    })
  }

  /** Resolves when it serves. From then on it is started again if need be. @throws what kept it from that; then it is closed */
  async start(): Promise<void> {
    await this.launch()
    this.serving = true
  }

  /** Ask it to end. */
  stop(): void {
    if (this.stopping) return
    this.stopping = true
    clearTimeout(this.timer)
    if (!this.running) {
      this.finish()
      return
    }
    this.shared.stop()
    fs.writeSync(this.wakeEnd, 'x')
  }

  /** Cut what it is doing, and let it end. */
  end(): void {
    this.stop()
    this.shared.end((fd) => shutdown(fd, SHUT_RDWR))
  }

  private launch(): Promise<void> {
    const shared = new Shared()
    this.shared = shared
    this.failure = undefined
    this.running = true
    this.restarts.started(environment.now())
    const thread = startThread({ options: this.options, doors: this.doors, shared: shared.memory })
    thread.once('error', (error) => {
      this.failure = error
    })
    thread.once('exit', () => this.left(shared))
    return started(thread)
  }

  private left(shared: Shared): void {
    this.running = false
    for (const fd of shared.left()) close(fd)
    if (!this.serving || this.stopping) {
      this.finish()
      return
    }
    const delay = this.restarts.ended(environment.now())
    const why = this.failure instanceof Error ? this.failure.message : 'It does not say why'
    this.tell(
      `a serving thread has ended by mistake, and its connections with it: ${why}. Another starts in ${delay} ms.`,
    )
    this.timer = setTimeout(() => {
      this.launch().catch((error) => {
        this.failure = error
      })
    }, delay)
  }

  /** Not waited for: a log that takes nothing must not hold up the main thread. */
  private tell(sentence: string): void {
    fs.write(this.options.logFile, `${notice(sentence)}\n`, () => {})
  }

  private finish(): void {
    if (this.finished) return
    this.finished = true
    close(this.doors.wake)
    close(this.wakeEnd)
    this.close()
  }
}
