/** The load generator in a process of its own, on a processor of its own where there is one. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type About, type Disturbance, spoilt } from './judge.ts'
import {
  family,
  machineTime,
  othersBetween,
  processesBetween,
  processSeconds,
  processTimes,
  stolenBetween,
} from './machine.ts'
import type { Outcome, Told } from './main.ts'
import { defaultOrder, type LoadOrder } from './order.ts'

const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

/** What is always given in an order, and what may be. */
export type PartialOrder = Partial<LoadOrder> & Pick<LoadOrder, 'port' | 'targets'>

export interface Report extends Outcome, Disturbance {
  /** Seconds that the server has spent on a processor, for the warm-up too; undefined where it cannot be known. */
  readonly serverCpu: number | undefined
  /** Why the run is void: nothing when it is not. */
  readonly spoilt: readonly string[]
  /** Why not even how many were answered may be believed: nothing where only latencies are void. */
  readonly miscounted: readonly string[]
}

/** A generator that takes one order after the other: it need not warm up again for each. */
export interface GeneratorProcess {
  /**
   * Carry out an order, and look at what the machine does meanwhile.
   *
   * @param server its process, if there is one to be looked at
   * @param company another process that belongs to the run
   * @throws an Error with the generator's own sentence
   */
  load(order: PartialOrder, server?: number, company?: number): Promise<Report>
  end(): Promise<void>
}

/** @param processor to run on, or undefined for any */
export function startGenerator(processor: number | undefined): GeneratorProcess {
  // Objects that live for one request die young: with so much room for the young, none of them is looked at during a run.
  const node = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64']
  const child = startProgram(new URL('./main.ts', import.meta.url), [], processor, { node })
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (order: PartialOrder): Promise<Outcome> => {
    child.stdin.write(`${JSON.stringify(order)}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error('The load generator ended before it had answered.')
    const told = JSON.parse(value, (_, part: unknown) => (part === 'never' ? Infinity : part)) as Told
    if ('failed' in told) throw new Error(told.failed)
    return told
  }
  return {
    load(partial, server, company) {
      const order = { ...defaultOrder, ...partial }
      return watched(() => ask(order), order, child.pid as number, server, company)
    },
    async end() {
      child.stdin.end()
      await ended
    },
  }
}

/** One order, and no more. See `GeneratorProcess.load`. */
export async function load(order: PartialOrder, processor: number | undefined, server?: number): Promise<Report> {
  const generator = startGenerator(processor)
  try {
    return await generator.load(order, server)
  } finally {
    await generator.end()
  }
}

async function watched(
  run: () => Promise<Outcome>,
  { about, seconds: lasted }: LoadOrder,
  generator: number,
  server?: number,
  company?: number,
): Promise<Report> {
  const [machine, used, self, began] = [machineTime(), cpuOf(server), process.cpuUsage(), performance.now()]
  const [beside, times] = [cpuOf(company) ?? 0, processTimes()]
  const outcome = await run()
  const seconds = (performance.now() - began) / 1000
  const now = cpuOf(server)
  const serverCpu = used === undefined || now === undefined ? undefined : now - used
  const { user, system } = process.cpuUsage(self)
  const [after, timesAfter] = [machineTime(), processTimes()]
  const kernel = (timesAfter?.kernel ?? 0) - (times?.kernel ?? 0)
  const own = outcome.cpu + (serverCpu ?? 0) + ((cpuOf(company) ?? 0) - beside) + (user + system) / 1e6 + kernel
  const involved = new Set([process.pid, generator, ...[server, company].flatMap(familyOf)])
  const seen = processesBetween(times?.processes, timesAfter?.processes, involved, seconds) ?? 0
  const others = serverCpu === undefined ? undefined : othersBetween(machine, after, own, seconds)
  const disturbance = {
    stolen: stolenBetween(machine, after),
    others: others === undefined ? undefined : Math.max(seen, others),
  }
  // In the closed loop a request is due when it is sent, but what else takes the machine spoils it as well.
  const reasons = (what: About) => spoilt(outcome.summary, disturbance, what, lasted)
  return { ...outcome, ...disturbance, serverCpu, spoilt: reasons(about), miscounted: reasons('count') }
}

/** Nobody where it cannot be known. */
function familyOf(pid: number | undefined): number[] {
  try {
    return pid === undefined ? [] : family(pid)
  } catch {
    return []
  }
}

const cpuOf = (pid: number | undefined) => (pid === undefined ? undefined : processSeconds(pid))

/** What a program is started with besides: options of Node, variables, modules that are loaded before it. */
interface Started {
  readonly node?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly before?: readonly URL[]
}

/** A program of the bench as a process of its own, which says and is told things by lines. @param processor to run on, or undefined for any */
export function startProgram(
  entry: URL,
  words: readonly string[],
  processor: number | undefined,
  { node = [], env = {}, before = [] }: Started = {},
): ChildProcessByStdio<Writable, Readable, null> {
  const imports = [loader, ...before.map((module) => fileURLToPath(module))].map((module) => `--import=${module}`)
  const whole = [process.execPath, ...node, ...imports, fileURLToPath(entry), ...words]
  const [command, ...rest] = pinnedTo(processor, whole)
  return spawn(command as string, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...clean(), ...env } })
}

/** A command line that runs on one processor, where `taskset` can see to it (Linux). */
export function pinnedTo(processor: number | undefined, words: readonly string[]): readonly string[] {
  if (processor === undefined || process.platform !== 'linux' || os.availableParallelism() < 2) return words
  return ['taskset', '-c', String(processor), ...words]
}

/** Without what a test runner adds, which would load its own code into the process. */
export function clean(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|_?TAP)/.test(name))
  return Object.fromEntries(kept)
}
