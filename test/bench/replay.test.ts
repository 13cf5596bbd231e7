/** Replays of queues, by hand, against distributions that are known, and against one another. */
import { test } from 'tap'
import { mean, percentile, sorted } from '../../bench/statistics/percentile.ts'
import { exponential, type Random, randomFrom } from '../../bench/statistics/random.ts'
import { predictCurve } from '../../bench/theory/curve.ts'
import { pollaczekKhinchine } from '../../bench/theory/mg1.ts'
import { momentsOf } from '../../bench/theory/moments.ts'
import { sharedResponse, sharedResponseOf } from '../../bench/theory/processor-sharing.ts'
import { kieferWolfowitz, lindley, processorSharing } from '../../bench/theory/replay.ts'
import { near } from '../fixtures/near.ts'

test('by hand', async (t) => {
  const arrivals = [0, 1, 2, 10]
  const services = [3, 3, 1, 1]
  t.same([...lindley(arrivals, services)], [3, 5, 5, 1])
  t.same([...kieferWolfowitz(arrivals, services, 2)], [3, 3, 2, 1])
  t.same([...kieferWolfowitz(arrivals, services, 3)], [3, 3, 1, 1])
  // Shared: the first alone for 1 s, then two for 1 s, three for 3 s, two for 1 s, and the second alone for 1 s.
  t.same([...processorSharing([0, 1, 2], [3, 3, 1])], [6, 6, 3])
  t.same([...processorSharing([0, 0, 5], [1, 1, 1])], [2, 2, 1], 'who comes later meets nobody')
  t.same([...lindley([], [])], [])
})

test('what does not fit is said', async (t) => {
  t.throws(() => lindley([1], []), /1 arrivals and 0 service times: give one for each/)
  t.throws(() => kieferWolfowitz([1], [1], 0), /it takes one/)
  t.throws(() => predictCurve({ ...model, services: [] }, [50]), /calibrate first/)
})

/** Poisson arrivals, and service times drawn one by one. */
function queue(seed: number, rate: number, count: number, service: (random: Random) => number) {
  const random = randomFrom(seed)
  let now = 0
  const arrivals = Float64Array.from({ length: count }, () => {
    now += exponential(random, 1 / rate)
    return now
  })
  return { arrivals, services: Float64Array.from({ length: count }, () => service(random)) }
}

const memoryless = (random: Random) => exponential(random, 0.01)
const long = (random: Random) => (random() < 0.1 ? 0.055 : 0.005)

test('one server: the whole distribution of M/M/1', async (t) => {
  const { arrivals, services } = queue(1, 70, 400_000, memoryless)
  const responses = lindley(arrivals, services).sort()
  // Exponential, with mean 1/(μ - λ) = 1/30 s.
  for (const percent of [10, 50, 90, 99]) {
    near(t, percentile(responses, percent), -Math.log(1 - percent / 100) / 30, 0.05, `p${percent}`)
  }
})

/** P(W ≤ t) in M/D/1, after Erlang (1909), for service times of 1. Good for short waits: the terms alternate. */
function waitOfFixed(share: number, t: number): number {
  let [sum, factorial] = [0, 1]
  for (let n = 0; n <= Math.floor(t); n += 1) {
    if (n > 0) factorial *= n
    sum += ((share * (n - t)) ** n / factorial) * Math.exp(-share * (n - t))
  }
  return (1 - share) * sum
}

test('one server: the whole distribution of M/D/1', async (t) => {
  const { arrivals, services } = queue(2, 0.8, 400_000, () => 1)
  const waits = lindley(arrivals, services).map((response) => response - 1)
  for (const time of [0, 0.5, 1, 2, 5, 8]) {
    const share = waits.filter((wait) => wait <= time + 1e-9).length / waits.length
    near(t, share, waitOfFixed(0.8, time), 0.02, `P(W <= ${time})`)
  }
})

test('one server: Pollaczek and Khinchine hold for what is drawn', async (t) => {
  for (const service of [memoryless, long]) {
    const { arrivals, services } = queue(3, 60, 400_000, service)
    const { response } = pollaczekKhinchine(60, momentsOf(services))
    near(t, mean(lindley(arrivals, services)), response, 0.04, 'mean response')
  }
})

test('several servers: one is Lindley, many are no queue, and in between is Erlang C', async (t) => {
  const { arrivals, services } = queue(4, 150, 300_000, memoryless)
  const few = { arrivals: arrivals.subarray(0, 2000), services: services.subarray(0, 2000) }
  t.same(kieferWolfowitz(few.arrivals, few.services, 1), lindley(few.arrivals, few.services))
  const alone = kieferWolfowitz(few.arrivals, few.services, 100)
  t.ok(alone.every((response, at) => Math.abs(response - (few.services[at] as number)) < 1e-9))
  const waits = kieferWolfowitz(arrivals, services, 2).map((response, at) => response - (services[at] as number))
  // C(2, 1.5) = 9/14, and then exponential at kμ - λ = 50/s.
  near(t, waits.filter((wait) => wait > 1e-9).length / waits.length, 9 / 14, 0.02, 'share that waits')
  near(t, percentile(sorted(waits), 99), Math.log(9 / 14 / 0.01) / 50, 0.06, 'p99 of the wait')
})

test('sharing: insensitive, and each pays for its own length', async (t) => {
  for (const service of [memoryless, long, () => 0.01]) {
    const { arrivals, services } = queue(5, 70, 300_000, service)
    near(t, mean(processorSharing(arrivals, services)), sharedResponse(70, 0.01), 0.04, 'mean response')
  }
  const { arrivals, services } = queue(6, 70, 300_000, long)
  const responses = processorSharing(arrivals, services)
  for (const own of [0.005, 0.055]) {
    const those = responses.filter((_, at) => services[at] === own)
    near(t, mean(those), sharedResponseOf(own, 70, 0.01), 0.04, `requests of ${own} s`)
  }
})

test('sharing and waiting do the same work: both are busy at the same times', async (t) => {
  const { arrivals, services } = queue(7, 90, 5000, long)
  const last = (responses: Float64Array) => Math.max(...responses.map((time, at) => time + (arrivals[at] as number)))
  near(t, last(processorSharing(arrivals, services)), last(lindley(arrivals, services)), 1e-9, 'the end of all work')
})

const { arrivals: sends } = queue(8, 70, 20_000, () => 0)
const { services: measured } = queue(9, 1, 5_000, memoryless)
const model = {
  sends,
  services: measured,
  servers: 1,
  discipline: 'first come first served',
  seed: 1,
  draws: 20,
} as const

test('a predicted curve lies about the true one', async (t) => {
  const share = 70 * mean(measured)
  for (const { percent, latency, low, high } of predictCurve(model, [50, 90, 99])) {
    const truth = (-Math.log(1 - percent / 100) * mean(measured)) / (1 - share)
    near(t, latency, truth, 0.15, `p${percent}`)
    t.ok(low <= latency && latency <= high && low < high)
  }
})

test('a predicted curve with sharing, and with two servers', async (t) => {
  const [point] = predictCurve({ ...model, discipline: 'processor sharing' }, [50])
  const [shared, queued] = [point?.latency as number, predictCurve(model, [50])[0]?.latency as number]
  t.ok(shared < queued, 'sharing makes most requests faster, and the long ones pay')
  const [two] = predictCurve({ ...model, servers: 2 }, [99])
  t.ok((two?.latency as number) < (predictCurve(model, [99])[0]?.latency as number))
  t.same(predictCurve(model, [50]), predictCurve(model, [50]), 'the same seed, the same curve')
})
