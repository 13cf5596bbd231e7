/**
 * The load generator as a process of its own: an order comes in on standard input as JSON, its summary goes out on standard output.
 *
 *     node --expose-gc --import=./scripts/typescript.js bench/load/main.ts < order.json
 *
 * An order needs `port` and `targets`; `order.ts` says what else it may have. Use `process.ts` from a program.
 */
import { text } from 'node:stream/consumers'
import { generate } from './generator.ts'
import { defaultOrder, type LoadOrder } from './order.ts'
import { type Summary, summarize } from './summary.ts'

/** What a run came to. Infinity is written as `"never"`: JSON has no other word for it. */
export interface Outcome {
  readonly order: LoadOrder
  readonly summary: Summary
  /** Seconds that this process has spent on a processor. */
  readonly cpu: number
}

const order = { ...defaultOrder, ...(JSON.parse(await text(process.stdin)) as LoadOrder) }
try {
  const run = generate(order)
  const summary = summarize(order, run)
  if (order.raw !== undefined) run.recording.write(order.raw, order)
  const { user, system } = process.cpuUsage()
  const outcome: Outcome = { order, summary, cpu: (user + system) / 1e6 }
  process.stdout.write(JSON.stringify(outcome, (_, value) => (value === Infinity ? 'never' : value)))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
