/** The simulation behind `twinserve predict`, against closed forms and the replays; and what its options are taken for. */
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'tap'
import { answer, machinesFor } from '../../bench/predict/answer.ts'
import { costsFrom, costsOf, guessed, pointOf } from '../../bench/predict/costs.ts'
import { type Costs, type Demand, type Machine, utilizations } from '../../bench/predict/model.ts'
import { type Source, type Wanted, wantedOf } from '../../bench/predict/options.ts'
import { simulate } from '../../bench/predict/simulate.ts'
import { costLine, fleetLine, introduction, lines } from '../../bench/predict/text.ts'
import { mean, percentile, variance } from '../../bench/statistics/percentile.ts'
import { randomFrom } from '../../bench/statistics/random.ts'
import { mmk, mmkWaitPercentile } from '../../bench/theory/erlang.ts'
import { gamma } from '../../bench/theory/gamma.ts'
import { pollaczekKhinchine } from '../../bench/theory/mg1.ts'
import { sharedResponseOf } from '../../bench/theory/processor-sharing.ts'
import { Refused } from '../../bench/words.ts'
import { near } from '../fixtures/near.ts'

const costs: Costs = { perRequest: 0.001, perByte: 0, way: 0, variability: 1 }
const demand: Demand = {
  ...{ rate: 700, machines: 1, spread: 'random', sizes: [{ bytes: 0, weight: 1 }] },
  slow: { share: 0, speed: 1000, buffer: 0 },
}
const blocking: Machine = {
  ...{ mode: 'sync', seats: 1, processors: 1, connections: 'new', costs, disk: { delay: 0, threads: 4 } },
}
const loop: Machine = { ...blocking, mode: 'async' }
const effort = { draws: 5, requests: 20_000, seed: 1 }

test('gamma: mean and variability as asked for', async (t) => {
  for (const shape of [1, 2.5, 1000]) {
    const random = randomFrom(3)
    const drawn = Float64Array.from({ length: 100_000 }, () => gamma(random, shape, 0.01))
    near(t, mean(drawn), 0.01, 0.01, `mean, ${shape}`)
    near(t, variance(drawn) / 0.01 ** 2, 1 / shape, 0.04, `c², ${shape}`)
    t.ok(drawn.every((value) => value > 0))
  }
  t.throws(() => gamma(randomFrom(1), 0.5, 1), /1 at least/)
})

test('M/M/1 and M/D/1: the mean and percentiles of the closed forms, with either engine', async (t) => {
  for (const machine of [blocking, loop]) {
    const { latencies, held, growth } = simulate(demand, machine, 200_000, 7)
    near(t, mean(latencies), 1 / 300, 0.05, 'M/M/1, mean')
    near(t, percentile(latencies, 99), -Math.log(0.01) / 300, 0.07, 'M/M/1, p99')
    t.equal(held, 0)
    t.ok(Math.abs(growth) < 7)
    const even = { ...machine, costs: { ...costs, variability: 0, way: 0.002 } }
    const { response } = pollaczekKhinchine(700, { mean: 0.001, second: 1e-6, third: 1e-9 })
    near(t, mean(simulate(demand, even, 200_000, 7).latencies), response + 0.002, 0.05, 'M/D/1, mean')
  }
})

test('M/M/k: threads with processors enough are one queue with k servers, and connections that are kept are k queues', async (t) => {
  const many = { ...blocking, seats: 4, processors: 4 }
  const asked = { ...demand, rate: 3200 }
  const one = simulate(asked, many, 200_000, 7).latencies
  near(t, mean(one), mmk(3200, 0.001, 4).wait + 0.001, 0.05, 'one queue')
  t.ok(percentile(one, 99) > mmkWaitPercentile(3200, 0.001, 4, 99))
  const several = simulate(asked, { ...many, connections: 'kept' }, 200_000, 7).latencies
  near(t, mean(several), 1 / 200, 0.06, 'four M/M/1')
  // Four threads on one processor are no better than one.
  const shared = simulate(demand, { ...many, processors: 1 }, 100_000, 7).latencies
  near(t, mean(shared), 1 / 300, 0.07, 'one processor')
})

test('a disk: blocking threads wait for it themselves, an event loop has file threads', async (t) => {
  const disk = { delay: 0.005, threads: 4 }
  const free = { ...costs, perRequest: 0, variability: 0 }
  const { response } = pollaczekKhinchine(100, { mean: 0.005, second: 25e-6, third: 125e-9 })
  const asked = { ...demand, rate: 100 }
  near(t, mean(simulate(asked, { ...blocking, costs: free, disk }, 100_000, 2).latencies), response, 0.03, 'M/D/1')
  near(
    t,
    mean(simulate(asked, { ...loop, costs: free, disk }, 50_000, 2).latencies),
    0.005,
    0.02,
    'four: hardly a wait',
  )
  t.match(utilizations({ ...asked, rate: 1000 }, { ...loop, disk }), { 'file threads': 1.25, workers: 1 })
  t.match(utilizations(asked, { ...blocking, disk }), { threads: 0.6, processors: 0.1 })
})

test('slow clients hold threads, and cost an event loop nothing', async (t) => {
  // One in a hundred of 100/s, for 0.5 s each: a thread is held for half of its time, as long as nobody else is (M/G/1).
  const slowly = {
    ...demand,
    rate: 100,
    sizes: [{ bytes: 500, weight: 1 }],
    slow: { share: 0.01, speed: 1000, buffer: 0 },
  }
  const quick = { ...blocking, costs: { ...costs, perRequest: 1e-6, variability: 0 } }
  const { held, latencies } = simulate(slowly, quick, 400_000, 3)
  near(t, held, 0.5, 0.06, 'held')
  const moments = { mean: 0.005, second: 0.0025, third: 0.00125 }
  near(t, mean(latencies), pollaczekKhinchine(100, moments).wait, 0.15, 'the wait of all others')
  t.equal(latencies.length < 400_000, true, 'slow ones are not counted')
  const four = simulate(slowly, { ...quick, seats: 4, processors: 4 }, 100_000, 3)
  t.ok(four.held < 0.01 && percentile(four.latencies, 50) < 1e-4, 'four threads')
  const beside = simulate(slowly, { ...quick, mode: 'async' }, 20_000, 3)
  t.same([beside.held, percentile(beside.latencies, 50) < 1e-4], [0, true])
  const buffered = { ...slowly, slow: { ...slowly.slow, buffer: 500 } }
  t.equal(simulate(buffered, quick, 20_000, 3).held, 0, 'what the kernel takes holds nobody')
})

test('an event loop takes turns: a small request does not wait for all of a large one', async (t) => {
  const mixed = {
    ...{ ...demand, rate: 50 },
    sizes: [
      { bytes: 0, weight: 99 },
      { bytes: 64 * 2 ** 20, weight: 1 },
    ],
  }
  const by = { ...costs, perRequest: 1e-5, perByte: 0.5 / (64 * 2 ** 20), variability: 0 }
  const p90 = (machine: Machine) => percentile(simulate(mixed, { ...machine, costs: by }, 100_000, 3).latencies, 90)
  t.ok(p90(blocking) > 10 * p90(loop), `${p90(blocking)} and ${p90(loop)}`)
  // Sharing: a request for next to nothing takes its own time over 1 - ρ, and at most a turn of each who is there.
  t.ok(p90(loop) < 0.01 + 10 * sharedResponseOf(0.5 / 128, 50, 0.005))
})

test('machines: random spreading is a Poisson process at each, and taking turns is better than that', async (t) => {
  const fleet = { ...demand, rate: 700_000, machines: 1000 }
  near(t, mean(simulate(fleet, blocking, 100_000, 7).latencies), 1 / 300, 0.07, 'random')
  const even = { ...blocking, costs: { ...costs, variability: 0 } }
  const inTurn = simulate({ ...fleet, spread: 'round-robin' }, even, 20_000, 7).latencies
  near(t, mean(inTurn), 0.001, 0.01, 'a thousand in turn: nobody waits where all are alike')
})

test('an answer has its intervals, and none where the backlog grows', async (t) => {
  const steady = answer(demand, blocking, effort)
  const { estimate, low, high } = steady.percentiles['99'] as { estimate: number; low: number; high: number }
  t.ok(low < estimate && estimate < high && low < 0.0154 && high > 0.0153, `${low} to ${high}`)
  t.same(Object.keys(steady.percentiles), ['50', '90', '99', '99.9'])
  t.same(answer(demand, blocking, effort), steady, 'the same seed, the same answer')
  const beyond = answer({ ...demand, rate: 2000 }, blocking, effort)
  t.match(beyond, { percentiles: {}, growth: 1000 })
  // Each station has room, and both together have not: a thread that waits for the processor is held as well.
  const tight = { ...blocking, seats: 2, processors: 1, disk: { delay: 0.001, threads: 4 } }
  t.ok(answer({ ...demand, rate: 970 }, tight, effort).growth > 0)
})

test('how many machines a target takes', async (t) => {
  const { machines, p99 } = machinesFor(0.05, { ...demand, rate: 10_000 }, blocking, effort) ?? { machines: 0 }
  // M/M/1: -ln(0.01)/(1000 - 10000/m) <= 0.05 where m >= 11.01.
  t.equal(machines, 12)
  t.ok((p99?.high as number) <= 0.05)
  t.equal(machinesFor(0.001, demand, blocking, { ...effort, requests: 2000 }), undefined, 'service alone takes longer')
})

test('costs: a line through what was calibrated', async (t) => {
  const of = (capacity: number, latency: number, variability = 0.01) => ({ capacity, latency, variability, spoilt: [] })
  const small = pointOf(10_000, of(10_000, 0.00025, 0.04))
  near(t, small.service, 0.0001, 1e-9, 'service')
  near(t, small.way, 0.00015, 1e-9, 'way')
  near(t, small.variability, 0.25, 1e-9, 'the spread is that of the service')
  t.equal(pointOf(1, of(10_000, 0.001, 5)).variability, 1, 'not more')
  t.equal(pointOf(1, of(10, 0.001)).service, 0.001, 'service is no longer than all of it')
  const { costs: line, sizes } = costsOf([pointOf(1_010_000, of(100, 0.02)), small])
  near(t, line.perByte, 0.0099 / 1e6, 1e-9, 'per byte')
  near(t, line.perRequest, 0.0001 - 10_000 * line.perByte, 1e-9, 'per request')
  t.same(sizes, [10_000, 1_010_000])
  t.equal(costsOf([small]).costs.perByte, 0)
  t.throws(() => costsOf([]), /Nothing was calibrated/)
  const sized = (bytes: number) => [{ bytes, weight: 1 }]
  t.same(guessed(sized(100), [10_000]), [100])
  t.same(guessed(sized(100), [10_000, 1_000_000]), [])
  t.same(guessed(sized(5_000_000), [10_000, 1_000_000]), [5_000_000])
})

test('costs from results of the bench', async (t) => {
  const calibrations = ['blocking', 'event loop'].map((engine, at) => {
    return { engine, capacity: 10_000 / (at + 1), latency: 0.0004, variability: 0, spoilt: [] }
  })
  const scenarios = ['small-50', 'mixed-sizes', 'nothing'].map((name) => ({ name, calibrations }))
  const directory = t.testdir({ 'results.json': JSON.stringify({ scenarios }) })
  near(t, costsFrom(directory, 'sync').costs.perRequest, 0.0001, 1e-9, 'blocking')
  near(t, costsFrom(directory, 'async').costs.perRequest, 0.0002, 1e-9, 'event loop')
  t.throws(
    () => costsFrom(path.join(directory, 'none'), 'sync'),
    /cannot be read \(ENOENT\): name a directory that npm run/,
  )
  fs.writeFileSync(path.join(directory, 'results.json'), '{"scenarios":[]}')
  t.throws(() => costsFrom(directory, 'async'), /no calibration of the event loop with files: run npm run bench/)
  fs.writeFileSync(path.join(directory, 'results.json'), 'x')
  t.throws(() => costsFrom(directory, 'async'), /it is no JSON/)
})

test('words are taken for what they mean', async (t) => {
  const words = [
    '--rate',
    '100',
    '--rate',
    '2e3',
    '--slow',
    '1%',
    '--size',
    '10K:99,8M:1',
    '--service',
    'sync=45us,async=0.08ms',
  ]
  const wanted = wantedOf([...words, '--threads=8', '--disk', '5ms', '--target', '50ms', '--speed', '256K'])
  t.match(wanted, {
    rates: [100, 2000],
    demand: {
      ...{ machines: 1, spread: 'random', slow: { share: 0.01, speed: 262144, buffer: 0 } },
      sizes: [
        { bytes: 10240, weight: 99 },
        { bytes: 8388608, weight: 1 },
      ],
    },
    machines: [
      { mode: 'sync', seats: 8, connections: 'new', disk: { delay: 0.005, threads: 4 } },
      { mode: 'async', seats: 1 },
    ],
    source: { kind: 'given', way: { sync: 0 }, variability: 0 },
    ...{ target: 0.05, json: false, effort: { seed: 1 } },
  })
  const { service } = (wanted as Wanted).source as Extract<Source, { kind: 'given' }>
  near(t, service.sync, 45e-6, 1e-9, 'microseconds')
  near(t, service.async, 80e-6, 1e-9, 'a fraction of a millisecond')
  t.equal(wantedOf(['--help']), undefined)
  t.match(wantedOf(['--rate', '1', '--calibrate', '--mode', 'async'])?.machines, [{ mode: 'async' }])
})

test('what is wrong is told, with what to do', async (t) => {
  const enough = ['--rate', '1', '--service', '1ms']
  for (const [words, sentence] of [
    [['--calibrate'], /Say how many requests come: --rate 1000/],
    [['--rate', '1'], /in one way: --calibrate to measure it here, --from DIR/],
    [[...enough, '--calibrate'], /in one way/],
    [['--rate', '1', '--calibrate', '--way', '1ms'], /go with --service/],
    [['--rate', 'x', '--calibrate'], /--rate takes a number from 0\.001 to 1000000000, not "x"/],
    [[...enough, '--slow', '2'], /--slow takes a share .*, not "2"/],
    [[...enough, '--slow', '-1'], /argument is ambiguous/],
    [[...enough, '--size', '10K:0'], /--size takes sizes with weights/],
    [[...enough, '--speed', '0'], /--speed takes a size such as 64K, not "0"/],
    [[...enough, '--disk', '5x'], /--disk takes a time such as 45us/],
    [[...enough, '--mode', 'fast'], /--mode takes sync or async, not "fast"/],
    [[...enough, '--threads', '1.5'], /--threads takes a whole number from 1/],
    [[...enough, '--draws', '2'], /--draws takes a whole number from 5/],
    [[...enough, '--target', '0'], /--target has to be more than nothing/],
    [['--rate', '1', '--service', '0'], /--service has to be more than nothing/],
    [[...enough, '--therads', '2'], /Did you mean --threads\?/],
    [[...enough, 'more'], /twinserve predict --help shows all options/],
  ] as const) {
    t.throws(() => wantedOf(words), { name: Refused.name, message: sentence }, words.join(' '))
  }
})

test('the answer says that it is a simulation, and what it comes to', async (t) => {
  const wanted = wantedOf(['--rate', '1', '--service', '1ms', '--machines', '1000', '--slow', '0.01'])
  t.match(introduction(wanted as Wanted), [
    /^A simulation, not a measurement: 10 runs of 20,000 requests or more, seed 1/,
    /^1,000 machines with .*, spread at random; files of 10 KiB; 1 % slow clients with 64 KiB\/s\.$/,
  ])
  const exact = (estimate: number) => ({ estimate, low: estimate, high: estimate })
  const percentiles = { 50: { estimate: 0.001, low: 0.0009, high: 0.0012 }, 99: exact(0.01) }
  const told = { utilization: { processors: 0.5, threads: 0.7 }, percentiles, held: exact(0.02), growth: 0 }
  const one = { rate: 100, machine: { ...blocking, seats: 2 }, answer: told, enough: { machines: 3, p99: exact(0.04) } }
  t.same(lines(one, 0.05), [
    '100/s, blocking, 2 threads',
    '  utilization   processors 0.500, threads 0.700',
    '  latency       p50 1 ms [900 µs, 1.2 ms]  p99 10 ms',
    '  all threads of a machine are held by slow clients 2 % of the time',
    '  for a p99 of 50 ms it takes 3 machines, which have 40 ms',
  ])
  t.match(fleetLine({ machines: 1000 }, one), /about 20 of 1,000 machines answer nobody/)
  t.equal(fleetLine({ machines: 2 }, one), undefined)
  const unstable = { ...one, answer: { ...told, growth: 12 }, enough: 'never' as const }
  t.match(
    lines(unstable, 0.05).join('\n'),
    /unstable +the backlog grows by 12\/s[\s\S]*not even 1,048,576 machines have a p99 of 50 ms/,
  )
  t.match(
    costLine('--mode sync', { ...costs, perByte: 1e-9 }),
    /1 ms of a processor for a request and 1\.05 ms for each MiB/,
  )
})
