/**
 * Loading small files on threads of the engine's own.
 *
 * libuv's pool takes one call at a time: a small file is four trips (`open`, `fstat`, `read`, `close`), each with a
 * thread to wake and an answer to be woken by. Here a file is one trip, and all the files that are asked for in one turn
 * of the event loop go together: under load, a trip for dozens of files. docs/engines.md has what that was measured to save.
 *
 * - A thread is given more while it works, so that it need not wait for the next turn, but never more than `mostJobs`.
 * - A thread that has told of nothing for a while is held up by a slow disk: then another takes what waits, up to as many
 *   as libuv's pool has.
 */
import { getSystemErrorName } from 'node:util'
import { Worker } from 'node:worker_threads'
import type { Loaded } from '../core/calls.ts'
import { Slots, slotCount } from './slots.ts'
import { systemError } from './sockets.ts'

const mostThreads = 4
const mostJobs = 32
/** Milliseconds of silence after which a thread counts as held up. */
const heldUp = 5

interface Job {
  readonly path: string
  readonly into: Uint8Array
  readonly resolve: (loaded: Loaded) => void
  readonly reject: (error: Error) => void
}

/** A thread and what it has been given. */
interface Thread {
  readonly worker: Worker
  readonly jobs: Set<number>
  /** When it was last given something while idle, or told of something. */
  heard: number
}

function entry(): URL {
  return new URL(`./file-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)
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
  private ended = false

  constructor() {
    this.start()
  }

  /** See `Calls.load`. @param path of the file, in a directory that is held */
  load(path: string, into: Uint8Array): Promise<Loaded> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ path, into, resolve, reject })
      if (this.scheduled) return
      this.scheduled = true
      // Behind whatever else has come in this turn: what it asks for goes along.
      setImmediate(this.flush)
    })
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
    if (this.waiting.length === 0) return
    const thread = this.choose()
    if (thread === undefined || this.free.length === 0) this.lookAgain()
    else this.give(thread)
  }

  /** A thread that can take more, or undefined when all have enough to do. */
  private choose(): Thread | undefined {
    const now = performance.now()
    for (const thread of this.threads) {
      const slow = thread.jobs.size > 0 && now - thread.heard > heldUp
      if (!slow && thread.jobs.size < mostJobs) return thread
    }
    return this.threads.size < mostThreads && [...this.threads].every((thread) => now - thread.heard > heldUp)
      ? this.start()
      : undefined
  }

  /** Nothing may tell when a thread has become slow, but the clock. */
  private lookAgain(): void {
    this.watch ??= setTimeout(() => {
      this.watch = undefined
      this.flush()
    }, heldUp)
  }

  private start(): Thread {
    const worker = new Worker(entry(), { workerData: this.slots.memory, trackUnmanagedFds: false })
    const thread: Thread = { worker, jobs: new Set(), heard: performance.now() }
    worker.unref()
    worker.on('message', (done: readonly number[]) => this.told(thread, done))
    worker.on('error', () => this.lost(thread))
    this.threads.add(thread)
    return thread
  }

  private give(thread: Thread): void {
    const batch: (number | string)[] = []
    let taken = 0
    for (; taken < this.waiting.length; taken += 1) {
      const slot = this.free.pop()
      if (slot === undefined) break
      const job = this.waiting[taken] as Job
      this.jobs[slot] = job
      if (thread.jobs.size === 0) thread.heard = performance.now()
      thread.jobs.add(slot)
      batch.push(slot, job.path, job.into.length)
    }
    this.waiting = taken === this.waiting.length ? [] : this.waiting.slice(taken)
    thread.worker.postMessage(batch)
  }

  private told(thread: Thread, done: readonly number[]): void {
    thread.heard = performance.now()
    for (const slot of done) {
      thread.jobs.delete(slot)
      this.settle(slot)
    }
    if (this.waiting.length > 0) this.flush()
  }

  private settle(slot: number): void {
    const { into, resolve, reject } = this.jobs[slot] as Job
    const { errno, status, fd, length } = this.slots.finding(slot)
    this.jobs[slot] = undefined
    if (errno !== 0) reject(systemError('open', getSystemErrorName(errno)))
    else if (fd >= 0) resolve({ status, fd, length: undefined })
    else {
      into.set(this.slots.room(slot).subarray(0, length))
      resolve({ status, fd: undefined, length })
    }
    this.free.push(slot)
  }

  /** A thread has died, which only a lack of memory can bring about: what it had fails, and another takes its place. */
  private lost(thread: Thread): void {
    this.threads.delete(thread)
    for (const slot of thread.jobs) {
      this.jobs[slot]?.reject(systemError('open', 'EIO'))
      this.jobs[slot] = undefined
      this.free.push(slot)
    }
    if (!this.ended) this.flush()
  }
}
