/** Starting the load generator in a process of its own, on a processor of its own where there is one. */
import { spawn } from 'node:child_process'
import os from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Report } from './main.ts'
import type { LoadOrder } from './order.ts'

const entry = fileURLToPath(new URL('./main.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

/** What is always given in an order, and what may be. */
export type PartialOrder = Partial<LoadOrder> & Pick<LoadOrder, 'port' | 'targets'>

/**
 * Carry out an order.
 *
 * @param processor to run on, or undefined for any
 * @throws an Error with the generator's own sentence
 */
export async function load(order: PartialOrder, processor: number | undefined): Promise<Report> {
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
  return JSON.parse(output, (_, value: unknown) => (value === 'never' ? Infinity : value)) as Report
}

/** A command line that runs on one processor, where `taskset` can see to it (Linux). */
export function pinnedTo(processor: number | undefined, words: readonly string[]): readonly string[] {
  if (processor === undefined || process.platform !== 'linux' || os.availableParallelism() < 2) return words
  return ['taskset', '-c', String(processor), ...words]
}

/** Without what a test runner adds, which would load its own code into the process. */
function clean(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NODE_OPTIONS|_?TAP)/.test(name))
  return Object.fromEntries(kept)
}
