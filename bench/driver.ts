/**
 * What it costs to yield a call to a driver rather than to make it: with tinybench, in random order, several rounds.
 *
 *     node --import=./scripts/typescript.js bench/driver.ts
 *
 * The call does nothing, so what is measured is the driver and the generator. "deep" yields through eight generators, as
 * a request does.
 */
import { Bench } from 'tinybench'
import { type LaterCalls, run as runLater } from '../src/async/run.ts'
import type { Calls } from '../src/core/calls.ts'
import { call, type Program } from '../src/core/program.ts'
import { run as runNow } from '../src/sync/run.ts'

const calls = 100
const into = new Uint8Array(1)
const answers = { read: () => 1 }

function* flat(): Program<number> {
  let sum = 0
  for (let n = 0; n < calls; n += 1) sum += yield* call('read', 3, into, n)
  return sum
}

function* deep(levels: number): Program<number> {
  return levels === 0 ? yield* flat() : yield* deep(levels - 1)
}

const tasks: Record<string, () => unknown> = {
  direct: () => {
    let sum = 0
    for (let n = 0; n < calls; n += 1) sum += answers.read()
    return sum
  },
  'blocking driver': () => runNow(flat(), answers as unknown as Calls),
  'blocking driver, deep': () => runNow(deep(8), answers as unknown as Calls),
  'event-loop driver, answered at once': () => runLater(flat(), answers as unknown as LaterCalls),
  'event-loop driver, answered later': () =>
    runLater(flat(), { read: () => Promise.resolve(1) } as unknown as LaterCalls),
}

const best = new Map<string, number>()
for (let round = 0; round < 5; round += 1) {
  const bench = new Bench({ time: 200, warmupTime: 50 })
  for (const name of Object.keys(tasks).sort(() => Math.random() - 0.5)) {
    const task = tasks[name] as () => unknown
    bench.add(name, async () => {
      await task()
    })
  }
  await bench.run()
  for (const { name, result } of bench.tasks) {
    if (!('latency' in result)) throw new Error(`${name} was not measured`)
    const nanoseconds = (result.latency.min * 1e6) / calls
    best.set(name, Math.min(best.get(name) ?? Infinity, nanoseconds))
  }
}
console.log('ns for each call, the best of five rounds:')
for (const name of Object.keys(tasks))
  console.log(`  ${name.padEnd(38)} ${(best.get(name) as number).toFixed(0).padStart(5)}`)
