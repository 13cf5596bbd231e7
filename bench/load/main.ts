/**
 * The load generator as a process of its own: an order comes in on standard input as JSON, its summary goes out on standard output.
 *
 *     node --expose-gc --import=./scripts/typescript.js bench/load/main.ts < order.json
 *
 * An order needs `port` and `targets`; `order.ts` says what else it may have. Use `process.ts` from a program.
 */
import { text } from 'node:stream/consumers'
import { generate } from './generator.ts'
import { spoilt } from './judge.ts'
import { machineTime, stolenBetween } from './machine.ts'
import { defaultOrder, type LoadOrder } from './order.ts'
import { type Summary, summarize } from './summary.ts'

/** What a run came to. Infinity is written as `"never"`: JSON has no other word for it. */
export interface Report {
  readonly order: LoadOrder
  readonly summary: Summary
  /** The share of the machine's time that its host took. */
  readonly stolen: number | undefined
  /** Why the run is void: nothing when it is not. */
  readonly spoilt: readonly string[]
}

const order = { ...defaultOrder, ...(JSON.parse(await text(process.stdin)) as LoadOrder) }
try {
  const before = machineTime()
  const run = generate(order)
  const stolen = stolenBetween(before, machineTime())
  const summary = summarize(order, run)
  if (order.raw !== undefined) run.recording.write(order.raw, order)
  const report: Report = { order, summary, stolen, spoilt: order.loop === 'open' ? spoilt(summary, stolen) : [] }
  process.stdout.write(JSON.stringify(report, (_, value) => (value === Infinity ? 'never' : value)))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
