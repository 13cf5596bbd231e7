/** Timing with tinybench, in rounds: in each, every task of every engine in random order. */
import { Bench } from 'tinybench'
import type { Timing } from '../run/results.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { randomFrom, shuffled } from '../statistics/random.ts'
import { compare } from '../statistics/verdict.ts'

export interface Task {
  readonly name: string
  readonly engine: string
  readonly run: () => void | Promise<void>
  /** Whether `run` gives a promise. tinybench would find out by calling it, and not wait for what it then does. */
  readonly later: boolean
}

export interface TimingSettings {
  readonly rounds: number
  /** Of each task in each round. */
  readonly milliseconds: number
  readonly seed: number
}

/** Time what two engines do for one name. */
export async function timeTasks(
  part: Timing['part'],
  name: string,
  tasks: readonly Task[],
  { rounds, milliseconds, seed }: TimingSettings,
): Promise<Timing> {
  const times = new Map<string, number[]>(tasks.map(({ engine }) => [engine, []]))
  const random = randomFrom(seed)
  for (let round = 0; round < rounds; round += 1) {
    for (const { engine, run, later } of shuffled(random, tasks)) {
      const bench = new Bench({
        time: milliseconds,
        warmupTime: milliseconds / 4,
        iterations: 3,
        warmupIterations: 1,
        throws: true,
      })
      bench.add(name, run, { async: later })
      await bench.run()
      const [task] = bench.tasks
      if (task === undefined || !('latency' in task.result)) throw new Error(`${name} was not measured.`)
      times.get(engine)?.push(task.result.latency.p50 / 1000)
    }
  }
  const [a, b] = tasks.map(({ engine }) => engine) as [string, string]
  const pairs = (times.get(a) ?? []).map((of, round) => ({ a: of, b: times.get(b)?.[round] as number }))
  const sentence =
    rounds < fewestRounds
      ? `no verdict: it takes ${fewestRounds} rounds`
      : compare(pairs, { a, b }, { name: 'median time', better: 'less' }).sentence
  return { part, name, rounds: Object.fromEntries(times), sentence }
}
