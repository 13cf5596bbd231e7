import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'tap'
import {
  othersBetween,
  parseSpent,
  parseStat,
  processesBetween,
  processMemory,
  processSeconds,
  processTimes,
  stolenBetween,
} from '../../bench/load/machine.ts'
import { poissonPlan } from '../../bench/load/plan.ts'
import { mean, variance } from '../../bench/statistics/percentile.ts'
import { near } from '../fixtures/near.ts'

test('a plan is a Poisson process', async (t) => {
  const { due } = poissonPlan(1000, 100, 7, [1])
  near(t, due.length, 100_000, 0.015, 'so many requests')
  const gaps = due.map((time, at) => time - (at === 0 ? 0 : (due[at - 1] as number)))
  t.ok(gaps.every((gap) => gap >= 0) && (due.at(-1) as number) < 100)
  // Exponential gaps: the deviation is the mean, and the largest difference of the distributions (Kolmogorov) is small.
  near(t, Math.sqrt(variance(gaps)), mean(gaps), 0.02, 'deviation of the gaps')
  const ordered = gaps.slice().sort()
  const distance = Math.max(
    ...ordered.map((gap, at) => Math.abs(1 - Math.exp(-gap * 1000) - (at + 0.5) / ordered.length)),
  )
  t.ok(distance < 1.95 / Math.sqrt(ordered.length), `${distance}`)
  // Counts in parts of the run vary as their mean does: arrivals know nothing of one another.
  const counts = new Float64Array(1000)
  for (const time of due) counts[Math.floor(time * 10)] = (counts[Math.floor(time * 10)] as number) + 1
  near(t, variance(counts) / mean(counts), 1, 0.2, 'dispersion')
})

test('the same seed is the same plan, and another is another', async (t) => {
  const plan = (seed: number) => poissonPlan(100, 5, seed, [1, 2])
  t.same(plan(1), plan(1))
  t.not(plan(1).due[0], plan(2).due[0])
})

test('targets are asked for as often as their weights say', async (t) => {
  const { target } = poissonPlan(1000, 20, 1, [99, 0, 1])
  const counts = [0, 0, 0]
  for (const index of target) counts[index] = (counts[index] as number) + 1
  near(t, (counts[2] as number) / target.length, 0.01, 0.3, 'one in a hundred')
  t.equal(counts[1], 0)
})

test('what is no plan', async (t) => {
  t.throws(() => poissonPlan(0, 5, 1, [1]), /both must be above 0/)
  t.throws(() => poissonPlan(5, 5, 1, [0]), /give at least one target a weight/)
})

test("the machine's time, and whose it was", async (t) => {
  const before = parseStat('cpu  100 0 100 700 50 0 0 50 0 0\ncpu0 1 1 1 1\n')
  t.same(before, { total: 1000, stolen: 50, busy: 200 })
  const after = parseStat('cpu  150 0 100 720 50 0 0 80 0 0\n')
  t.equal(stolenBetween(before, after), 0.3)
  t.equal(stolenBetween(undefined, after), undefined)
  t.equal(stolenBetween(before, before), undefined)
  // 50 ticks are half a second, of which 0.4 s went to the run itself; it took two seconds.
  // Of 100 ticks that is five to either side by chance alone.
  near(t, othersBetween(before, after, 0.2, 2) as number, 0.1, 1e-9, 'others')
  t.equal(othersBetween(before, after, 0.45, 2), 0, 'not told from chance')
  t.equal(othersBetween(before, after, 0.6, 2), 0, 'never below none')
})

test('what other processes took is what those took that have nothing to do with it', async (t) => {
  const before = new Map([
    [1, 5],
    [2, 7],
    [3, 1],
  ])
  // The third has ended, and its parent has its time; the fourth has just come.
  const after = new Map([
    [1, 6.5],
    [2, 9],
    [4, 0.25],
  ])
  near(t, processesBetween(before, after, new Set([2]), 2) as number, 0.365, 1e-9, 'but for a tick of each')
  const hardly = new Map([...before].map(([pid, time]) => [pid, time + 0.01]))
  t.equal(processesBetween(before, hardly, new Set(), 0.5), 0, 'a tick each is not told from none')
  t.equal(processesBetween(before, after, new Set([1, 2, 4]), 2), 0, 'never below none')
  t.equal(processesBetween(undefined, after, new Set(), 2), undefined)
})

test('threads of the kernel are told from processes', async (t) => {
  const kernel = '41 (jbd2/vda-8) S 2 0 0 0 -1 2129984 0 0 0 0 120 30 0 0 20 0 1 0 24 0 0 18446744073709551615'
  t.same(parseSpent(kernel), { ofKernel: true, time: 1.5 })
  const program = '42 (a) S 2) R 1 42 42 0 -1 4194304 0 0 0 0 10 20 30 40 20 0 1 0 24 0 0 18446744073709551615'
  t.same(parseSpent(program), { ofKernel: false, time: 1 }, 'with its children')
})

test('time and memory of a process, and of those below it', async (t) => {
  if (process.platform !== 'linux') return t.equal(processSeconds(process.pid), undefined)
  const own = processSeconds(process.pid) as number
  const memory = processMemory(process.pid) as number
  const child = spawn(process.execPath, [
    '-e',
    'for (let i = 0; i < 3e8; i++); console.log(1); setInterval(() => {}, 1e6)',
  ])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const childs = processSeconds(child.pid as number) as number
  t.ok(childs > 0.01, `${childs} s`)
  t.ok((processSeconds(process.pid) as number) >= own + childs)
  t.ok((processMemory(process.pid) as number) > memory)
  t.equal(processSeconds(2 ** 30), undefined)
  const seen = processTimes()?.processes.get(child.pid as number) as number
  t.ok((processTimes()?.kernel ?? -1) >= 0)
  t.ok(Math.abs(seen - childs) < 0.5, `${seen} s, and exactly ${childs} s a moment before`)
})
