/** The closed forms, against published values, against one another, and against simulation. */
import { test } from 'tap'
import { mean } from '../../bench/statistics/percentile.ts'
import { exponential, type Random, randomFrom } from '../../bench/statistics/random.ts'
import { erlangB, erlangC, mmk, mmkWaitPercentile } from '../../bench/theory/erlang.ts'
import { pollaczekKhinchine } from '../../bench/theory/mg1.ts'
import { leeLongton } from '../../bench/theory/mgk.ts'
import { type Moments, momentsOf, utilization, variability } from '../../bench/theory/moments.ts'
import { sharedResponse, sharedResponseOf } from '../../bench/theory/processor-sharing.ts'
import { kieferWolfowitz } from '../../bench/theory/replay.ts'
import { near } from '../fixtures/near.ts'

/** Moments of well-known distributions with mean `m`. */
const fixed = (m: number): Moments => ({ mean: m, second: m ** 2, third: m ** 3 })
const memoryless = (m: number): Moments => ({ mean: m, second: 2 * m ** 2, third: 6 * m ** 3 })

/** Erlang C as it is written in books, with whole numbers of any size: a second way to the same thing. */
function erlangCExactly(servers: number, load: number): number {
  const scale = 10n ** 40n
  const factorial = (n: number): bigint => (n < 2 ? 1n : BigInt(n) * factorial(n - 1))
  const term = (n: number) => (BigInt(load) ** BigInt(n) * scale) / factorial(n)
  const last = (term(servers) * BigInt(servers)) / BigInt(servers - load)
  let sum = 0n
  for (let n = 0; n < servers; n += 1) sum += term(n)
  return Number((last * 10n ** 15n) / (sum + last)) / 1e15
}

test('Erlang B has the values of published tables', async (t) => {
  // Erlangs that so many lines carry with 1 % of calls blocked, as tables of Erlang B give them.
  for (const [lines, load] of [
    [1, 0.0101],
    [2, 0.153],
    [5, 1.36],
    [10, 4.46],
    [15, 8.108],
    [20, 12.0],
    [30, 20.3],
  ] as const) {
    near(t, erlangB(lines, load), 0.01, 0.025, `${lines} lines`)
  }
  t.equal(erlangB(0, 3), 1)
  near(t, erlangB(1, 3), 3 / 4, 1e-12, 'one line')
})

test('Erlang C has published values, and those of its formula in whole numbers', async (t) => {
  // Gross and Harris, "Fundamentals of Queueing Theory": three servers and two erlangs, p0 = 1/9, Lq = 8/9.
  near(t, erlangC(3, 2), 4 / 9, 1e-12, 'three servers')
  near(t, mmk(2, 1, 3).wait * 2, 8 / 9, 1e-12, 'mean queue of three servers')
  near(t, erlangC(1, 0.37), 0.37, 1e-12, 'one server: the utilization')
  near(t, erlangC(2, 1), 1 / 3, 1e-12, 'two servers')
  for (const [servers, load] of [
    [4, 3],
    [11, 10],
    [20, 17],
    [64, 60],
    [150, 140],
  ] as const) {
    near(t, erlangC(servers, load), erlangCExactly(servers, load), 1e-9, `${servers} servers`)
  }
  t.ok(Number.isFinite(erlangC(5000, 4900)), 'factorials do not overflow')
})

test('M/M/k: the wait and its percentiles', async (t) => {
  // M/M/1: E[W] = ρ/(μ - λ), and P(W > t) = ρ e^{-(μ - λ)t}.
  near(t, mmk(80, 0.01, 1).wait, 0.8 / 20, 1e-12, 'mean')
  near(t, mmkWaitPercentile(80, 0.01, 1, 99), Math.log(0.8 / 0.01) / 20, 1e-12, 'p99')
  t.equal(mmkWaitPercentile(80, 0.01, 1, 20), 0, 'one in five does not wait')
  t.ok(mmk(80, 0.02, 2).wait < mmk(80, 0.01, 1).wait, 'two slow servers make fewer wait than a fast one')
})

test('Pollaczek and Khinchine: closed forms of M/M/1 and M/D/1', async (t) => {
  for (const share of [0.1, 0.5, 0.8, 0.95]) {
    const [rate, m] = [100 * share, 0.01]
    const one = pollaczekKhinchine(rate, memoryless(m))
    // The time in M/M/1 is exponential with mean 1/(μ - λ).
    near(t, one.response, 1 / (100 - rate), 1e-12, 'M/M/1 response')
    near(t, one.responseVariance, 1 / (100 - rate) ** 2, 1e-12, 'M/M/1 variance')
    near(t, one.wait, mmk(rate, m, 1).wait, 1e-12, 'Erlang C says the same')
    near(t, one.waitVariance, ((2 - share) * share) / (100 - rate) ** 2, 1e-12, 'M/M/1 variance of the wait')
    const d = pollaczekKhinchine(rate, fixed(m))
    near(t, d.wait, one.wait / 2, 1e-12, 'M/D/1 waits half of it')
    near(t, d.waitVariance, (m * m * share) / (3 * (1 - share)) + d.wait ** 2, 1e-12, 'M/D/1 variance of the wait')
    t.equal(one.utilization, utilization(rate, m))
  }
})

test('beyond capacity there is nothing to predict, and it is said', async (t) => {
  for (const ask of [
    () => pollaczekKhinchine(100, fixed(0.01)),
    () => mmk(300, 0.01, 3),
    () => erlangC(3, 3),
    () => sharedResponse(101, 0.01),
    () => leeLongton(300, fixed(0.01), 2),
  ]) {
    t.throws(ask, /times what \d can do: the queue grows without end/)
  }
})

test('moments of what was measured', async (t) => {
  t.same(momentsOf([1, 2, 3]), { mean: 2, second: 14 / 3, third: 12 })
  near(t, variability(momentsOf([1, 3])), 0.25, 1e-12, 'variability')
  t.equal(variability(momentsOf([0.1, 0.1, 0.1])), 0, 'never below 0')
  t.throws(() => momentsOf([]), /calibrate with at least one/)
})

test('sharing: the mean knows the mean only, and a request pays for its own length', async (t) => {
  near(t, sharedResponse(80, 0.01), 0.05, 1e-12, 'mean')
  near(t, sharedResponseOf(0.002, 80, 0.01), 0.01, 1e-12, 'a short one')
  near(t, sharedResponse(80, 0.01), pollaczekKhinchine(80, memoryless(0.01)).response, 1e-12, 'M/M/1 has the same mean')
})

/** The mean wait of a simulated M/G/k. */
function simulatedWait(rate: number, servers: number, count: number, service: (random: Random) => number): number {
  const random = randomFrom(77)
  let now = 0
  const arrivals = Float64Array.from({ length: count }, () => {
    now += exponential(random, 1 / rate)
    return now
  })
  const services = Float64Array.from({ length: count }, () => service(random))
  return mean(kieferWolfowitz(arrivals, services, servers)) - mean(services)
}

test('Lee and Longton: exact where it must be, near for fixed times, and wrong where few are very long', async (t) => {
  near(t, leeLongton(80, fixed(0.01), 1).wait, pollaczekKhinchine(80, fixed(0.01)).wait, 1e-12, 'one server')
  near(t, leeLongton(80, memoryless(0.02), 2).wait, mmk(80, 0.02, 2).wait, 1e-12, 'exponential service')
  near(
    t,
    leeLongton(160, fixed(0.02), 4).wait,
    simulatedWait(160, 4, 300_000, () => 0.02),
    0.1,
    'fixed service',
  )
  // One request in a thousand takes a thousand times as long: at half load the other servers nearly always get past it.
  const service = (random: Random) => (random() < 0.001 ? 1 : 0.001)
  const moments = { mean: 0.001999, second: 0.001 + 0.999e-6, third: 0.001 }
  const [said, is] = [leeLongton(2500, moments, 10).wait, simulatedWait(2500, 10, 300_000, service)]
  t.ok(said > 3 * is, `predicted ${said} s, simulated ${is} s`)
})
