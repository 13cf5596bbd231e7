/**
 * The entry of a serving thread: opens the site, says so, and serves until it is told to stop.
 *
 * The thread never waits for a message: what it is to know is in `workerData`, and afterwards in shared memory.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Calls } from '../core/calls.ts'
import { letGo } from '../core/files/temporary.ts'
import { blockingLimits, limitsOf } from '../core/limits.ts'
import { Recorder } from '../core/metrics/recorder.ts'
import type { ServeOptions } from '../core/options.ts'
import { openSite } from '../core/start.ts'
import { TraceEvents, traceWriting } from '../core/trace-events.ts'
import { fileCalls, openRoot } from './calls.ts'
import { commonCalls } from './common.ts'
import { environment } from './environment.ts'
import { Log } from './log.ts'
import { type Doors, Loop } from './loop.ts'
import { type Counts, measureCall } from './measure.ts'
import { run } from './run.ts'
import { Shared } from './shared.ts'
import { servingLoop } from './trace.ts'
import { socketCalls } from './transfers.ts'

/** What a serving thread is started with. */
export interface ThreadData {
  readonly options: ServeOptions
  readonly doors: Doors
  readonly shared: SharedArrayBuffer
  /** Where it counts, where that was asked for. */
  readonly counts: Counts | undefined
}

/** What it answers, once: that it serves, or why not. */
export type ThreadAnswer =
  | { readonly ready: true }
  | { readonly ready: false; readonly error: Error; readonly code?: unknown; readonly path?: unknown }

function main(data: ThreadData): void {
  const { doors, counts } = data
  const options = { ...data.options, limits: { ...blockingLimits, ...data.options.limits } }
  const answer = (message: ThreadAnswer) => parentPort?.postMessage(message)
  const log = new Log(options.logFile)
  const trace = options.traceFile === undefined ? undefined : new Log(options.traceFile, traceWriting(log.line))
  const limits = limitsOf(options.limits)
  const shared = new Shared(data.shared)
  const common = commonCalls(shared)
  const calls: Calls = { ...fileCalls, ...common, ...socketCalls(environment, limits), ...measureCall(counts) }
  let loop: Loop
  let close = () => {}
  try {
    const root = openRoot(options.root)
    close = () => {
      common.leave()
      calls.close(root.fd)
    }
    const metrics = counts === undefined ? undefined : new Recorder(counts.all[counts.own])
    const events = trace && new TraceEvents(servingLoop(), environment, trace.line)
    const site = run(openSite(options, root, environment, log.line, { metrics, events }), calls)
    close = () => {
      run(letGo(site), calls)
      common.leave()
      calls.close(root.fd)
    }
    loop = new Loop(site, calls, trace === undefined ? [log] : [trace, log], shared, doors)
  } catch (error) {
    close()
    const { code, path } = error as NodeJS.ErrnoException
    answer({ ready: false, error: error as Error, code, path })
    return
  }
  answer({ ready: true })
  try {
    loop.run()
  } finally {
    close()
  }
}

main(workerData as ThreadData)
