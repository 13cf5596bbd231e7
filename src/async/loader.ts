/**
 * Loading small files on threads of the engine's own.
 *
 * libuv's pool takes one call at a time: a small file is four trips (`open`, `fstat`, `read`, `close`), each with a
 * thread to wake and an answer to be woken by. Here a file is one trip, and all the files that are asked for in one turn
 * of the event loop go together: under load, a trip for dozens of files. docs/engines.md has what that was measured to save.
 *
 * - A thread is given more while it works, so that it need not wait for the next turn, but never more than `mostJobs`.
 * - A thread that meets a slow disk gives back what it has not begun. For a while then each file goes to a thread that has
 *   nothing else to do, up to as many threads as libuv's pool has, and that one does it.
 */
import { getSystemErrorName } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Loaded } from '../core/calls.ts'
import type { SmallFile, SmallStored } from '../core/files/small.ts'
import type { Batch, Told } from './file-thread.ts'
import { type Finding, Slots, slotCount } from './slots.ts'
import { systemError } from './sockets.ts'

/** As libuv has it: 4 unless the environment says otherwise. */
const mostThreads = Math.max(1, Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '4', 10) || 1)
const mostJobs = 32
/**
 * Milliseconds of silence after which a thread may be held up. It counts as held up when, beyond those, the loop had nothing to do for as long
 * again: as long as it has, the thread may wait for no more than the processor.
 */
const heldUp = 5
/** Milliseconds of silence after which it counts as held up whatever the loop had to do. */
const heldUpBusy = 100
/** Milliseconds for which a disk counts as slow. */
const slowTime = 1000

interface Job {
  /** The path of a file to be loaded, or where one goes that is to be stored. */
  readonly what: string | SmallFile
  /** Room for the first, the content of the second. */
  readonly bytes: Uint8Array
  /** @param room what the thread has read */
  readonly resolve: (finding: Finding, room: Buffer) => void
  readonly reject: (error: Error) => void
}

/** Milliseconds: of any monotonic clock, and of those for which this loop had nothing to do. */
export interface LoopClocks {
  now(): number
  idle(): number
}

const ownClocks: LoopClocks = {
  now: () => performance.now(),
  idle: () => performance.eventLoopUtilization().idle,
}

/** The part of a `Worker` that is used here. */
export type FileWorker = Pick<Worker, 'postMessage' | 'on' | 'once' | 'ref' | 'unref'>

/** A thread and what it has been given. */
interface Thread {
  readonly worker: FileWorker
  readonly jobs: Set<number>
  /** When it was last given something while idle, or told of something. Infinity until it is ready for its first file. */
  heard: number
  /** The loop's idle time when it was first seen to have been silent for `heldUp` since. */
  doubted: number | undefined
}

function startWorker(memory: SharedArrayBuffer): FileWorker {
  const entry = new URL(`./file-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
  // It leaves large files open, for the loop to send: Node need not keep a list of them.
  return new Worker(entry, { workerData: memory, trackUnmanagedFds: false })
}

export class Loader {
  private readonly slots = new Slots()
  private readonly free = Array.from({ length: slotCount }, (_, slot) => slot)
  /** The job in each slot. */
  private readonly jobs: (Job | undefined)[] = []
  private readonly threads = new Set<Thread>()
  private waiting: Job[] = []
  private scheduled = false
  private watch: NodeJS.Timeout | undefined
  private slowUntil = 0
  private begin: () => void = () => {}
  /** Resolves when the first thread can take files: until then they would wait for it. */
  readonly ready = new Promise<void>((resolve) => {
    this.begin = resolve
  })
  private ended = false
  private readonly make: typeof startWorker
  private readonly clocks: LoopClocks

  /** @param make starts a thread @param clocks to know silence by; tests have their own of both */
  constructor(make = startWorker, clocks = ownClocks) {
    this.make = make
    this.clocks = clocks
    this.start()
  }

  /** See `Calls.load`. @param path of the file, in a directory that is held */
  load(path: string, into: Uint8Array): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      const found = ({ status, fd, length }: Finding, room: Buffer) => {
        if (fd >= 0) return resolve({ status, fd, length: undefined })
        into.set(room.subarray(0, length))
        resolve({ status, fd: undefined, length })
      }
      this.ask({ what: path, bytes: into, resolve: found, reject })
    })
  }

  /** See `Calls.storeSmall`. */
  storeSmall(file: SmallFile, bytes: Uint8Array): Promise<SmallStored | undefined> {
    return new Promise((resolve, reject) => {
      const stored = ({ errno, status, length }: Finding) =>
        resolve(errno === 0 ? { status, confirmed: length === 1 } : undefined)
      this.ask({ what: file, bytes, resolve: stored, reject })
    })
  }

  private ask(job: Job): void {
    this.waiting.push(job)
    if (this.scheduled) return
    this.scheduled = true
    // Behind whatever else has come in this turn: what it asks for goes along.
    setImmediate(this.flush)
  }

  /** End the threads, when they have done what they were given. */
  async end(): Promise<void> {
    this.ended = true
    clearTimeout(this.watch)
    const exits = [...this.threads].map(({ worker }) => new Promise((resolve) => worker.once('exit', resolve)))
    for (const { worker } of this.threads) {
      // Whoever waits for the end is not to find that the process has ended before.
      worker.ref()
      worker.postMessage('end')
    }
    await Promise.all(exits)
  }

  private readonly flush = (): void => {
    this.scheduled = false
    while (this.waiting.length > 0) {
      const slow = this.clocks.now() < this.slowUntil
      const thread = this.free.length > 0 ? this.choose(slow) : undefined
      if (thread === undefined) {
        this.lookAgain()
        return
      }
      this.give(thread, slow)
    }
  }

  /** A thread that can take more, or undefined when all have enough to do. */
  private choose(slow: boolean): Thread | undefined {
    let stuck = 0
    for (const thread of this.threads) {
      const busy = thread.jobs.size > 0
      if (busy && this.silent(thread)) stuck += 1
      else if (!busy || (!slow && thread.jobs.size < mostJobs)) return thread
    }
    const more = slow || stuck === this.threads.size
    return more && this.threads.size < mostThreads ? this.start() : undefined
  }

  private silent(thread: Thread): boolean {
    const silence = this.clocks.now() - thread.heard
    if (silence <= heldUp) return false
    if (silence > heldUpBusy) return true
    const idle = this.clocks.idle()
    thread.doubted ??= idle
    return idle - thread.doubted > heldUp
  }

  private heardOf(thread: Thread): void {
    thread.heard = this.clocks.now()
    thread.doubted = undefined
  }

  /** Nothing may tell when a thread has become slow, but the clock. */
  private lookAgain(): void {
    this.watch ??= setTimeout(() => {
      this.watch = undefined
      this.flush()
    }, heldUp)
  }

  private start(): Thread {
    const worker = this.make(this.slots.memory)
    const thread: Thread = { worker, jobs: new Set(), heard: Infinity, doubted: undefined }
    worker.on('message', (told: Told) => this.hear(thread, told))
    worker.on('error', () => this.lost(thread))
    this.threads.add(thread)
    return thread
  }

  /** @param slow one file, which it is to keep: it has nothing else to do */
  private give(thread: Thread, slow: boolean): void {
    const batch: [boolean, ...(number | string | SmallFile)[]] = [slow]
    if (thread.jobs.size === 0 && thread.heard !== Infinity) this.heardOf(thread)
    const jobs = this.waiting.splice(0, slow ? 1 : Math.min(mostJobs - thread.jobs.size, this.free.length))
    for (const job of jobs) {
      const slot = this.free.pop() as number
      this.jobs[slot] = job
      thread.jobs.add(slot)
      if (typeof job.what !== 'string') this.slots.room(slot).set(job.bytes)
      batch.push(slot, job.what, job.bytes.length)
    }
    thread.worker.postMessage(batch satisfies Batch)
  }

  private hear(thread: Thread, { done, left, slow }: Told): void {
    // Until it is ready somebody waits for it; afterwards it is no reason for the process to go on.
    if (thread.heard === Infinity) thread.worker.unref()
    this.heardOf(thread)
    if (slow) this.slowUntil = thread.heard + slowTime
    this.begin()
    for (const slot of done) {
      thread.jobs.delete(slot)
      this.settle(slot)
    }
    if (left.length > 0) this.takeBack(thread, left)
    if (this.waiting.length > 0) this.flush()
  }

  private takeBack(thread: Thread, left: readonly number[]): void {
    this.waiting.unshift(...left.map((slot) => this.jobs[slot] as Job))
    for (const slot of left) {
      thread.jobs.delete(slot)
      this.vacate(slot)
    }
  }

  private vacate(slot: number): void {
    this.jobs[slot] = undefined
    this.free.push(slot)
  }

  private settle(slot: number): void {
    const { resolve, reject } = this.jobs[slot] as Job
    const finding = this.slots.finding(slot)
    if (finding.errno < 0) reject(systemError('open', getSystemErrorName(finding.errno)))
    else resolve(finding, this.slots.room(slot))
    this.vacate(slot)
  }

  /** A thread has died, which only a lack of memory can bring about: what it had fails, and another takes its place. */
  private lost(thread: Thread): void {
    this.begin()
    this.threads.delete(thread)
    for (const slot of thread.jobs) {
      this.jobs[slot]?.reject(systemError('open', 'EIO'))
      this.vacate(slot)
    }
    if (!this.ended) this.flush()
  }
}
