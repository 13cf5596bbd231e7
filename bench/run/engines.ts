/** The engines under comparison, each started as a process of its own. */
import { once } from 'node:events'
import type { ServeOptions } from '../../src/core/options.ts'
import { quiet } from '../../test/fixtures/quiet.ts'
import { startProgram } from '../load/process.ts'

/** What is compared, by the name that results have it under. */
export interface Engine {
  readonly name: string
  readonly engine: 'sync' | 'async'
  readonly options?: Partial<ServeOptions>
  /** Threads of libuv's pool, and as many of the event loop's own for files, at most (`UV_THREADPOOL_SIZE`). 4 unless given. */
  readonly pool?: number
  /** The share of a request's service time that is added to it, as processor time: an engine that is really slower. */
  readonly slowedBy?: number
}

/** What libuv has, and the event loop's own files, too. */
export const fileThreads = ({ pool }: Engine): number => pool ?? 4

export const blocking: Engine = { name: 'blocking', engine: 'sync' }
export const blocking2: Engine = { name: 'blocking, 2 threads', engine: 'sync', options: { threads: 2 } }
export const eventLoop: Engine = { name: 'event loop', engine: 'async' }
export const eventLoop2: Engine = { name: 'event loop, 2 workers', engine: 'async', options: { workers: 2 } }
/** The same once more: whoever tells it from the other is mistaken. */
export const blockingAgain: Engine = { name: 'blocking again', engine: 'sync' }
export const eventLoopAgain: Engine = { name: 'event loop again', engine: 'async' }
export const blockingSlower: Engine = { name: 'blocking, 10 % slower', engine: 'sync', slowedBy: 0.1 }
export const eventLoopSlower: Engine = { name: 'event loop, 10 % slower', engine: 'async', slowedBy: 0.1 }
export const eventLoopPool16: Engine = { name: 'event loop, 16 file threads', engine: 'async', pool: 16 }

/** A server in a process of its own. */
export interface Contestant {
  readonly name: string
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

export interface Running extends Contestant {
  readonly engine: Engine
}

/** Comparisons say what they change: no cache, no log, no `Server-Timing`, and room for all that a generator opens. */
const fair: Omit<ServeOptions, 'root'> = { ...quiet, readOnly: false }
const roomy = { connections: 20_000, connectionsPerAddress: 20_000 }

const file = (name: string) => new URL(name, import.meta.url)

/** A disk that takes its time before the first byte of each file. */
export interface SlowDisk {
  /** Milliseconds. */
  readonly delay: number
  /** What waits meanwhile where the event loop asks: a thread of libuv's pool, as for a real read, or nobody but a timer. */
  readonly holds: 'thread' | 'nobody'
}

export interface Circumstances {
  readonly root: string
  readonly slowDisk?: SlowDisk
  /** Milliseconds of processor time that are added to each request. */
  readonly spin?: number
  readonly options?: Partial<ServeOptions>
  /** To run on, or undefined for any. */
  readonly processor: number | undefined
}

/** @throws an Error when it ends before it listens */
export async function startEngine(engine: Engine, circumstances: Circumstances): Promise<Running> {
  const { root, slowDisk, spin, options = {}, processor } = circumstances
  const limits = { ...roomy, ...options.limits, ...engine.options?.limits }
  const whole: ServeOptions = { ...fair, root, ...options, ...engine.options, limits }
  const before = [
    ...(slowDisk === undefined ? [] : [file('./slow-disk.ts')]),
    ...(spin === undefined ? [] : [file('./slower.ts')]),
  ]
  const argument = JSON.stringify({ engine: engine.engine, options: whole })
  const env = {
    ...(slowDisk === undefined ? {} : { TWINSERVE_BENCH_SLOW_DISK: JSON.stringify(slowDisk) }),
    ...(spin === undefined ? {} : { TWINSERVE_BENCH_SPIN: String(spin) }),
    ...(engine.pool === undefined ? {} : { UV_THREADPOOL_SIZE: String(engine.pool) }),
  }
  const child = startProgram(file('./server-entry.ts'), [argument], processor, { before, env })
  const ended = once(child, 'close')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!(line instanceof Buffer)) throw new Error(`${engine.name} ended with ${line} before it listened.`)
  return {
    engine,
    name: engine.name,
    port: (JSON.parse(String(line)) as { port: number }).port,
    pid: child.pid as number,
    async stop() {
      // What is held by stalled clients would be waited for.
      child.kill('SIGKILL')
      await ended
    },
  }
}
