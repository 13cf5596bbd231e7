/** The cliffs: their simulations against what arithmetic and closed forms say, and what they come to in a scenario. */
import { test } from 'tap'
import type { Calibrated } from '../../bench/run/calibrate.ts'
import { beside, type Foreseen, foresee } from '../../bench/run/cliff.ts'
import { blocking2, eventLoop, eventLoopPool16 } from '../../bench/run/engines.ts'
import { serversOf } from '../../bench/run/predictions.ts'
import { type Scenario, scenarios } from '../../bench/scenarios.ts'
import { randomFrom } from '../../bench/statistics/random.ts'
import { type Disk, diskThreads, poisson, type Stalled, stalledThreads } from '../../bench/theory/cliffs.ts'
import { pollaczekKhinchine } from '../../bench/theory/mg1.ts'
import { near } from '../fixtures/near.ts'

const stalled: Stalled = {
  ...{ threads: 1, clients: 1, deadline: 0.5, again: 0.01, rate: 200, service: 50e-6, way: 100e-6 },
  ...{ seconds: 20, seed: 1 },
}

test('fewer stalled clients than threads hold nobody up', async (t) => {
  for (const threads of [1, 2, 4]) {
    const { held, latency } = stalledThreads({ ...stalled, threads, clients: threads - 1 }, [50, 99])
    t.equal(held.high, 0)
    t.ok((latency[1]?.estimate as number) < 0.001, `p99 of ${latency[1]?.estimate} s`)
  }
})

test('as many as there are threads hold them for all but the moment in which they come again', async (t) => {
  // Of a cycle of D + a, D is held. Who comes then, at any moment of it, waits for its rest.
  const { held, latency } = stalledThreads(stalled, [50, 90, 99])
  near(t, held.estimate, 0.5 / 0.51, 0.01, 'share')
  for (const [at, percent] of [50, 90, 99].entries()) {
    near(t, latency[at]?.estimate as number, (0.51 * percent) / 100 - 0.01, 0.05, `p${percent}`)
  }
  // They came together and are cut off together, so that two threads are no better than one.
  const two = stalledThreads({ ...stalled, threads: 2, clients: 2 }, [50])
  near(t, two.held.estimate, held.estimate, 0.01, 'two threads and two clients')
})

test('one more than there are threads waits in the queue, and takes the next thread that is freed', async (t) => {
  const { held, latency } = stalledThreads({ ...stalled, clients: 2 }, [50])
  // The second is behind those who came before it, and ahead of all others: no thread is free but for their service.
  t.ok(held.estimate > 0.97 && held.estimate < 1, `held for ${held.estimate}`)
  t.ok((latency[0]?.estimate as number) > 0.24)
})

const disk: Disk = { rate: 100, delay: 0.005, threads: 1, way: 0.001, seconds: 400, seed: 1 }

test('threads that wait for a disk: capacity, and the backlog beyond it', async (t) => {
  t.same(diskThreads({ ...disk, rate: 250, threads: 4, delay: 0.02 }, [99]), {
    ...{ capacity: 200, achieved: 200, growth: 50, latency: [] },
  })
  const { capacity, achieved, growth, latency } = diskThreads(disk, [50, 99])
  t.same({ capacity, achieved, growth }, { capacity: 200, achieved: 100, growth: 0 })
  t.equal(latency.length, 2)
  // M/D/1 at ρ = 1/2: half do not wait (Erlang, 1909), and so have a millisecond beyond their read.
  near(t, latency[0]?.estimate as number, 0.006, 0.05, 'p50')
  const { response } = pollaczekKhinchine(100, { mean: 0.005, second: 25e-6, third: 125e-9 })
  t.ok((latency[1]?.estimate as number) > response + 0.001, 'p99 is above the mean')
  const four = diskThreads({ ...disk, threads: 4 }, [99])
  near(t, four.latency[0]?.estimate as number, 0.006, 0.1, 'with four hardly anybody waits')
})

test('Poisson arrivals have the rate that they are to have, and there is always one', async (t) => {
  near(t, poisson(randomFrom(1), 1000, 50).length, 50_000, 0.02, 'count')
  t.equal(poisson(randomFrom(1), 1e-9, 1).length, 1)
})

const scenario = (name: string) => scenarios.find((one) => one.name === name) as Scenario

/** Of engines that take as long as they are said to for each request, and 0.1 ms for the way. Seconds. */
const calibrated = (engine: string, service: number, capacity = 1 / service): Calibrated => ({
  ...{ engine, capacity, rate: 40, requests: 100, latency: service + 0.0001, variability: 0, spoilt: [] },
  latencies: new Float64Array(100).fill(service + 0.0001),
})
const both = [calibrated('blocking', 0.0002), calibrated('event loop', 0.0003)]
const of = (name: string, rate: number, seconds = 2.5) => ({ scenario: scenario(name), rate, seconds, seed: 1 })
const said = (foreseen: readonly Foreseen[]) =>
  foreseen.map(({ engine, measure, because }) => [engine, measure, because])

test('stalled clients hold blocking threads, and no event loop', async (t) => {
  const foreseen = foresee(of('stalled-1', 200), both)
  t.match(said(foreseen), [
    ['blocking', 'p50', /^1 against 1, for 100 ms each: all threads are held 9\d % of the time$/],
    ['event loop', 'p50', 'half a request holds nothing'],
  ])
  near(t, foreseen[0]?.predicted.estimate as number, 0.05, 0.15, 'half of the deadline')
  near(t, foreseen[1]?.predicted.estimate as number, 0.0004, 0.05, 'service and way')
  const two = (stalled: number) =>
    foresee(of(`stalled-${stalled}-of-2`, 200), [calibrated('blocking, 2 threads', 0.0002)])[0]?.predicted
  near(t, two(1)?.estimate as number, 0.0003, 0.05, 'one thread is left')
  t.ok((two(2)?.low as number) > 0.1, 'none is left')
  t.ok((two(3)?.low as number) > 0.1, 'k + 1')
})

test('a slow disk has a cliff where all who read are asleep', async (t) => {
  t.match(said(foresee(of('slow-disk', 100), [calibrated('blocking', 0.005), calibrated('event loop', 0.005)])), [
    ['blocking', 'p90', '1 at a time with 5 ms each can do 200/s'],
    ['event loop', 'p90', '4 at a time with 5 ms each can do 800/s'],
  ])
  t.equal(foresee(of('slow-disk', 100, 0.6), [calibrated('blocking', 0.005)])[0]?.measure, 'p50', 'in few requests')
  const pools = [calibrated('event loop', 0.02, 200), calibrated('event loop, 16 file threads', 0.02, 800)]
  const foreseen = foresee(of('pool-4-or-16', 250), pools)
  t.match(
    foreseen.map(({ measure, predicted }) => [measure, predicted.estimate]),
    [
      ['achieved', 200],
      ['growth', 50],
      ['p90', Number],
    ],
  )
  near(t, foreseen[2]?.predicted.estimate as number, 0.0201, 0.1, 'sixteen keep up')
  const timer = foresee(of('slow-disk-timer', 100), [calibrated('blocking', 0.005), calibrated('event loop', 0.005)])
  t.same(
    timer.map(({ engine }) => engine),
    ['blocking'],
    'a timer holds nobody, and has no cliff',
  )
})

test('near its capacity the wait is many times as long, and beyond it grows', async (t) => {
  t.same(foresee(of('small-50', 1700), both), [], 'no cliff is near')
  const [fast, slow] = foresee(of('small-90', 3000), both)
  t.match([fast?.because, slow?.because], [/^ρ = 0\.60, 1\.\d+ times/, /^ρ = 0\.90, [2-9]\.?\d* times/])
  const { estimate, low, high } = (slow as Foreseen).predicted
  t.ok(low < estimate && estimate < high, `${low} < ${estimate} < ${high}`)
  // In M/D/1 at 0.9, whose waits are shorter than those in M/M/1: -ln(0.01) times 1/(μ - λ).
  t.ok(estimate > 0.0004 && estimate < 0.0001 + (Math.log(100) * 0.0003) / 0.1, `${estimate}`)
  t.same(
    foresee(of('saturated', 4000), both)
      .map(({ engine, measure, predicted }) => [engine, measure, Math.round(predicted.estimate * 10) / 10])
      .slice(1),
    [
      ['event loop', 'achieved', 3333.3],
      ['event loop', 'growth', 666.7],
    ],
  )
})

test('what was measured stands beside what was foreseen', async (t) => {
  const span = { estimate: 0.25, low: 0.2, high: 0.3 }
  const foreseen: Foreseen[] = [
    { engine: 'a', measure: 'p50', predicted: span, because: 'why' },
    { engine: 'b', measure: 'p99', predicted: span, because: 'why' },
    { engine: 'a', measure: 'achieved', predicted: { estimate: 200, low: 200, high: 200 }, because: 'why' },
    { engine: 'a', measure: 'growth', predicted: { estimate: 50, low: 50, high: 50 }, because: 'why' },
    { engine: 'a', measure: 'p90', predicted: span, because: 'why' },
  ]
  const cliff = beside(foreseen, (engine) => ({
    ...{ percentiles: engine === 'a' ? { 50: 0.26, 90: undefined } : undefined, achieved: 193.21, growth: undefined },
  }))
  t.same(
    cliff.map(({ sentence }) => sentence),
    [
      'p50 of a predicted 250 ms [200 ms, 300 ms], measured 260 ms (why)',
      'p99 of b predicted 250 ms [200 ms, 300 ms], and it fell behind (why)',
      'throughput of a predicted 200/s, measured 193/s (why)',
      'growth of the backlog of a predicted 50/s, not measured (why)',
      'p90 of a predicted 250 ms [200 ms, 300 ms], not measured (why)',
    ],
  )
  t.same(
    cliff.map(({ measured }) => measured),
    [0.26, undefined, 193.21, undefined, undefined],
  )
})

test('a server is as many as wait for a slow disk', async (t) => {
  const slow = { delay: 5, holds: 'thread' } as const
  t.equal(serversOf(blocking2, undefined, true), 1, 'they share one processor')
  t.equal(serversOf(blocking2, undefined, false), 2)
  t.equal(serversOf(blocking2, slow, true), 2, 'one may work while the other sleeps')
  t.equal(serversOf(eventLoop, undefined, true), 1)
  t.equal(serversOf(eventLoop, slow, true), 4)
  t.equal(serversOf(eventLoopPool16, slow, true), 16)
  t.equal(serversOf(eventLoop, { ...slow, holds: 'nobody' }, true), 1)
})
