/**
 * The load generator as a process of its own: each line of standard input is an order, as JSON, and each line of standard output what came of one.
 *
 *     node --expose-gc --import=./scripts/typescript.js bench/load/main.ts < order.json
 *
 * An order needs `port` and `targets`; `order.ts` says what else it may have. Use `process.ts` from a program.
 */
import { createInterface } from 'node:readline'
import { generate } from './generator.ts'
import { defaultOrder, type LoadOrder } from './order.ts'
import { type Summary, summarize } from './summary.ts'

/** What a run came to. Infinity is written as `"never"`: JSON has no other word for it. */
export interface Outcome {
  readonly order: LoadOrder
  readonly summary: Summary
  /** Seconds that this process has spent on a processor for it. */
  readonly cpu: number
}

/** What is told of an order: what came of it, or a sentence that says why nothing did. */
export type Told = Outcome | { readonly failed: string }

function carryOut(order: LoadOrder): Outcome {
  const before = process.cpuUsage()
  const run = generate(order)
  const summary = summarize(order, run)
  if (order.raw !== undefined) run.recording.write(order.raw, order)
  const { user, system } = process.cpuUsage(before)
  return { order, summary, cpu: (user + system) / 1e6 }
}

function attempt(line: string): Told {
  try {
    return carryOut({ ...defaultOrder, ...(JSON.parse(line) as LoadOrder) })
  } catch (error) {
    return { failed: (error as Error).message }
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line.trim() === '') return
  const told = attempt(line)
  process.stdout.write(`${JSON.stringify(told, (_, value) => (value === Infinity ? 'never' : value))}\n`)
  if ('failed' in told) process.exitCode = 1
})
