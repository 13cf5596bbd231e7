/**
 * The serving threads, as the main thread sees them: each is started, and told to stop. What one that ends by mistake has
 * left open is closed here.
 */
import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { notice } from '../core/log.ts'
import type { ServeOptions } from '../core/options.ts'
import { type Child, Supervised } from '../core/supervised.ts'
import { close } from '../posix/listening.ts'
import { SHUT_RDWR } from '../posix/platform.ts'
import { environment } from './environment.ts'
import type { Doors } from './loop.ts'
import type { Counts } from './measure.ts'
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
    thread.once('exit', (code) => reject(new Error(`The serving thread ended before it served (status ${code}).`)))
  })
}

/** One serving thread. */
class ServingThread implements Child {
  readonly ready: Promise<void>
  readonly ended: Promise<string | undefined>
  private readonly shared = new Shared()
  private readonly wakeEnd: number

  constructor(options: ServeOptions, doors: Omit<Doors, 'wake'>, counts: Counts | undefined) {
    const [wake, wakeEnd] = pipe()
    this.wakeEnd = wakeEnd
    const thread = startThread({ options, doors: { ...doors, wake }, shared: this.shared.memory, counts })
    this.ready = started(thread)
    this.ended = new Promise((resolve) => {
      let failure: string | undefined
      thread.once('error', (error: Error) => {
        failure = error.message
      })
      thread.once('exit', () => {
        this.stop = this.end = () => {}
        for (const fd of [...this.shared.left(), wake, wakeEnd]) close(fd)
        resolve(failure)
      })
    })
  }

  stop = (): void => {
    this.shared.stop()
    fs.writeSync(this.wakeEnd, 'x')
  }

  end = (): void => {
    this.shared.end((fd) => shutdown(fd, SHUT_RDWR))
  }
}

/**
 * A serving thread that is started again when it ends by mistake.
 *
 * @param doors without the wake-up, which each thread has for itself
 * @param counts where it counts, where that was asked for
 */
export function superviseThread(
  options: ServeOptions,
  doors: Omit<Doors, 'wake'>,
  counts: Counts | undefined,
): Supervised {
  return new Supervised({
    kind: 'serving thread',
    launch: () => new ServingThread(options, doors, counts),
    now: environment.now,
    later: (delay, action) => {
      const timer = setTimeout(action, delay)
      return () => clearTimeout(timer)
    },
    // Not waited for: a log that takes nothing must not hold up the main thread.
    tell: (sentence) => fs.write(options.logFile, `${notice(sentence)}\n`, () => {}),
  })
}
