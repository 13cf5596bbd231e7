/** The engines under comparison, each started as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ServeOptions } from '../../src/core/options.ts'
import { quiet } from '../../test/fixtures/quiet.ts'
import { clean, pinnedTo } from '../load/process.ts'

/** What is compared, by the name that results have it under. */
export interface Engine {
  readonly name: string
  readonly engine: 'sync' | 'async'
  readonly options?: Partial<ServeOptions>
}

export const blocking: Engine = { name: 'blocking', engine: 'sync' }
export const blocking2: Engine = { name: 'blocking, 2 threads', engine: 'sync', options: { threads: 2 } }
export const eventLoop: Engine = { name: 'event loop', engine: 'async' }
export const eventLoop2: Engine = { name: 'event loop, 2 workers', engine: 'async', options: { workers: 2 } }
/** The same once more: whoever tells it from the other is mistaken. */
export const blockingAgain: Engine = { name: 'blocking again', engine: 'sync' }
export const eventLoopAgain: Engine = { name: 'event loop again', engine: 'async' }

export interface Running {
  readonly engine: Engine
  readonly port: number
  readonly pid: number
  stop(): Promise<void>
}

/** Comparisons say what they change: no cache, no log, no `Server-Timing`, and room for all that a generator opens. */
const fair: Omit<ServeOptions, 'root'> = { ...quiet, readOnly: false }
const roomy = { connections: 20_000, connectionsPerAddress: 20_000 }

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export interface Circumstances {
  readonly root: string
  /** Milliseconds for each read of a file. */
  readonly readDelay?: number
  readonly options?: Partial<ServeOptions>
  /** To run on, or undefined for any. */
  readonly processor: number | undefined
}

/** @throws an Error when it ends before it listens */
export async function startEngine(engine: Engine, circumstances: Circumstances): Promise<Running> {
  const { root, readDelay, options = {}, processor } = circumstances
  const limits = { ...roomy, ...options.limits, ...engine.options?.limits }
  const whole: ServeOptions = { ...fair, root, ...options, ...engine.options, limits }
  const preload = readDelay === undefined ? [] : [`--import=${file('./slow-disk.ts')}`]
  const argument = JSON.stringify({ engine: engine.engine, options: whole })
  const words = [`--import=${file('../../scripts/typescript.js')}`, ...preload, file('./server-entry.ts'), argument]
  const [command, ...rest] = pinnedTo(processor, [process.execPath, ...words])
  const delay = readDelay === undefined ? {} : { TWINSERVE_BENCH_READ_DELAY: String(readDelay) }
  const child = spawn(command as string, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...clean(), ...delay } })
  const ended = once(child, 'close')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!(line instanceof Buffer)) throw new Error(`${engine.name} ended with ${line} before it listened.`)
  return {
    engine,
    port: (JSON.parse(String(line)) as { port: number }).port,
    pid: child.pid as number,
    async stop() {
      // What is held by stalled clients would be waited for.
      child.kill('SIGKILL')
      await ended
    },
  }
}
