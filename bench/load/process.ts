/** Starting the load generator in a process of its own, on a processor of its own where there is one. */
import { spawn } from 'node:child_process'
import os from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { type Disturbance, spoilt } from './judge.ts'
import { machineTime, othersBetween, processSeconds, stolenBetween } from './machine.ts'
import type { Outcome } from './main.ts'
import type { LoadOrder } from './order.ts'

const entry = fileURLToPath(new URL('./main.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

/** What is always given in an order, and what may be. */
export type PartialOrder = Partial<LoadOrder> & Pick<LoadOrder, 'port' | 'targets'>

export interface Report extends Outcome, Disturbance {
  /** Seconds that the server has spent on a processor, for the warm-up too; undefined where it cannot be known. */
  readonly serverCpu: number | undefined
  /** Why the run is void: nothing when it is not. */
  readonly spoilt: readonly string[]
}

/**
 * Carry out an order, and look at what the machine does meanwhile.
 *
 * @param processor to run on, or undefined for any
 * @param server its process, if there is one to be looked at
 * @throws an Error with the generator's own sentence
 */
export async function load(order: PartialOrder, processor: number | undefined, server?: number): Promise<Report> {
  const [machine, used, self, began] = [machineTime(), cpuOf(server), process.cpuUsage(), performance.now()]
  const outcome = await generateApart(order, processor)
  const seconds = (performance.now() - began) / 1000
  const now = cpuOf(server)
  const serverCpu = used === undefined || now === undefined ? undefined : now - used
  const { user, system } = process.cpuUsage(self)
  const own = outcome.cpu + (serverCpu ?? 0) + (user + system) / 1e6
  const after = machineTime()
  const disturbance = {
    stolen: stolenBetween(machine, after),
    others: serverCpu === undefined ? undefined : othersBetween(machine, after, own, seconds),
  }
  // In the closed loop a request is due when it is sent, but what else takes the machine spoils it as well.
  const reasons = spoilt(outcome.summary, disturbance)
  return { ...outcome, ...disturbance, serverCpu, spoilt: reasons }
}

const cpuOf = (pid: number | undefined) => (pid === undefined ? undefined : processSeconds(pid))

async function generateApart(order: PartialOrder, processor: number | undefined): Promise<Outcome> {
  // Objects that live for one request die young: with more room for the young, they are looked at more seldom.
  const words = ['--expose-gc', '--max-semi-space-size=64', `--import=${loader}`, entry]
  const [command, ...rest] = pinnedTo(processor, [process.execPath, ...words])
  const child = spawn(command as string, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: clean() })
  child.stdin.end(JSON.stringify(order))
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [status, output, said] = await Promise.all([exited, text(child.stdout), text(child.stderr)])
  if (status !== 0) throw new Error(said.trim() || `The load generator ended with status ${status}.`)
  return JSON.parse(output, (_, value: unknown) => (value === 'never' ? Infinity : value)) as Outcome
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
