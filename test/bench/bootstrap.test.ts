/** Intervals and verdicts, by simulation: how often they are right where the truth is known. */
import { test } from 'tap'
import { meanInterval } from '../../bench/statistics/bootstrap.ts'
import { type Random, randomFrom } from '../../bench/statistics/random.ts'
import { compare } from '../../bench/statistics/verdict.ts'

/** How many simulated experiments: `SIMULATIONS=20000` for a close look. */
const simulations = Number(process.env.SIMULATIONS ?? 400)

/** A normally distributed number (Box and Muller). */
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** Mean 0, one round in ten far off to either side: a machine on which something else happens now and then. */
const disturbed = (random: Random) => normal(random) + (random() < 0.1 ? (random() < 0.5 ? -8 : 8) : 0)

/** The share of simulated experiments whose interval holds the truth, which is 0. */
function coverage(rounds: number, draw: (random: Random) => number): number {
  const random = randomFrom(20_000 + rounds)
  let held = 0
  for (let at = 0; at < simulations; at += 1) {
    const values = Array.from({ length: rounds }, () => draw(random))
    const { low, high } = meanInterval(values, { seed: at, resamples: 1000 })
    if (low <= 0 && high >= 0) held += 1
  }
  return held / simulations
}

/** Four standard errors of a share of 0.95: chance alone leaves it once in 30,000 times. */
const slack = 4 * Math.sqrt((0.95 * 0.05) / simulations)

for (const [name, draw] of [
  ['normal', normal],
  ['disturbed', disturbed],
] as const) {
  for (const rounds of [5, 8, 20]) {
    test(`an interval over ${rounds} ${name} rounds holds the truth 95 times in 100`, async (t) => {
      const share = coverage(rounds, draw)
      t.ok(share >= 0.95 - slack, `${share}`)
    })
  }
}

/** Mostly the very same number. */
const counted = (random: Random) => Math.round(0.5 * normal(random))

for (const rounds of [6, 8, 20]) {
  test(`an interval over ${rounds} rounds of which many are alike holds the truth, and has an end`, async (t) => {
    const share = coverage(rounds, counted)
    t.ok(share >= 0.95 - slack, `${share}`)
    const values = Array.from({ length: rounds }, (_, at) => (at < 2 ? 0.001 : 0))
    const { low, high } = meanInterval(values)
    t.ok(low <= 0 && low > -0.001 && high <= 0.001, `${low} to ${high}`)
  })
}

/** Six rounds, and six more where the interval is wide, whichever side it lies on: what the bench does. */
function coverageInTwo(draw: (random: Random) => number): { readonly held: number; readonly again: number } {
  const random = randomFrom(77)
  let [held, again] = [0, 0]
  for (let at = 0; at < simulations; at += 1) {
    const confidence = { seed: at, resamples: 1000 }
    const values = Array.from({ length: 12 }, () => draw(random))
    let interval = meanInterval(values.slice(0, 6), confidence)
    if (interval.high - interval.low > Math.log(2)) {
      interval = meanInterval(values, confidence)
      again += 1
    }
    if (interval.low <= 0 && interval.high >= 0) held += 1
  }
  return { held: held / simulations, again: again / simulations }
}

for (const [name, draw, scale] of [
  ['normal', normal, 0.2],
  ['normal', normal, 0.35],
  ['normal', normal, 0.7],
  ['disturbed', disturbed, 0.25],
] as const) {
  test(`as many rounds again where ${scale} times ${name} rounds leave it wide: the truth is held as often`, async (t) => {
    const { held, again } = coverageInTwo((random) => scale * draw(random))
    t.ok(held >= 0.95 - slack, `${held}`)
    t.ok(again > 0.01, `${again} had more rounds`)
  })
}

test('an interval is not wide for nothing: with many rounds it comes to that of the normal distribution', async (t) => {
  const random = randomFrom(5)
  const values = Array.from({ length: 400 }, () => normal(random))
  const { low, high } = meanInterval(values)
  t.ok(Math.abs((high - low) / ((2 * 1.96) / 20) - 1) < 0.15, `${high - low}`)
})

/** Rounds of two engines: what a round has in common for both, and what falls on each by itself. */
function pairsOf(random: Random, rounds: number, factor: number) {
  return Array.from({ length: rounds }, () => {
    const machine = Math.exp(0.2 * normal(random))
    const one = () => machine * Math.exp(0.03 * normal(random))
    return { a: one(), b: one() * factor }
  })
}

test('the same engine twice: no difference at least 19 times in 20', async (t) => {
  const random = randomFrom(11)
  let none = 0
  for (let at = 0; at < simulations; at += 1) {
    const { winner } = compare(pairsOf(random, 8, 1), { a: 'A', b: 'A again' }, { name: 'p50', better: 'less' })
    if (winner === undefined) none += 1
  }
  t.ok(none / simulations >= 0.95 - slack, `${none} of ${simulations}`)
})

test('an engine slowed by a tenth is told apart, whatever the machine does to both', async (t) => {
  const random = randomFrom(12)
  let told = 0
  for (let at = 0; at < simulations; at += 1) {
    const { winner } = compare(pairsOf(random, 10, 1.1), { a: 'A', b: 'slowed' }, { name: 'p50', better: 'less' })
    if (winner === 'a') told += 1
    if (winner === 'b') t.fail('the slower one was called faster')
  }
  t.ok(told / simulations >= 0.95, `${told} of ${simulations}`)
})

const names = { a: 'blocking', b: 'event loop' }
/** Five rounds with such ratios on the average, all alike. */
const alike = (a: number, b: number) => Array.from({ length: 5 }, () => ({ a, b }))

test('verdicts are sentences', async (t) => {
  const p99 = { name: 'p99', better: 'less' } as const
  t.equal(compare(alike(88, 100), names, p99).sentence, 'blocking is faster by 12 % [12, 12] in p99')
  t.equal(compare(alike(100, 88), names, p99).sentence, 'event loop is faster by 12 % [12, 12] in p99')
  t.equal(compare(alike(100, 5), names, p99).sentence, 'event loop is 20 [20, 20] times as fast in p99')
  const achieved = { name: 'achieved', better: 'more', word: 'ahead' } as const
  t.equal(compare(alike(100, 5), names, achieved).sentence, 'blocking is 20 [20, 20] times as far in achieved')
  t.equal(
    compare(alike(110, 100), names, { name: 'throughput', better: 'more' }).sentence,
    'blocking is faster by 10 % [10, 10] in throughput',
  )
  const random = randomFrom(3)
  const none = compare(pairsOf(random, 6, 1), names, p99)
  t.equal(none.winner, undefined)
  t.match(none.sentence, /^no difference shown in p99: blocking has 0\.9\d+ to 1\.0\d+ times what event loop has$/)
  const wild = [1, 10, 0.1, 5, 0.2].map((a) => ({ a, b: 1 }))
  const { sentence, ratio } = compare(wild, names, p99)
  const needed = Number(Math.ceil(5 * Math.log2(ratio.high / ratio.low) ** 2).toPrecision(2))
  t.ok(needed > 100, `${needed} rounds`)
  t.equal(
    sentence,
    `no difference shown in p99: the rounds differ too much among themselves; at most ${needed} like these would do`,
  )
  const some = compare(pairsOf(random, 10, 1.1), names, p99)
  t.match(some.sentence, /^blocking is faster by \d(\.\d)? % \[\d(\.\d)?, 1?\d(\.\d)?\] in p99$/)
})

test('what cannot be compared is said', async (t) => {
  const p99 = { name: 'p99', better: 'less' } as const
  t.throws(() => compare(alike(1, 2).slice(1), names, p99), /needs 5 rounds, and there are 4: run more/)
  t.throws(() => compare(alike(0, 2), names, p99), /p99 of blocking was 0 and of event loop 2/)
  t.throws(() => compare(alike(1, Infinity), names, p99), /no ratio/)
  t.throws(() => meanInterval([1, 2, 3, 4, Number.NaN]), /leave it out, or run it again/)
})

test('the same seed gives the same interval, and another one nearly the same', async (t) => {
  const values = [1, 2, 3, 5, 8, 13]
  t.same(meanInterval(values, { seed: 4 }), meanInterval(values, { seed: 4 }))
  const [one, two] = [meanInterval(values, { seed: 4, resamples: 20_000 }), meanInterval(values, { resamples: 20_000 })]
  t.not(one.low, two.low)
  t.ok(Math.abs(one.low - two.low) < 0.1 * (one.high - one.low))
})

test('a lower level makes a narrower interval', async (t) => {
  const values = [1, 2, 3, 5, 8, 13, 21, 34]
  const [wide, narrow] = [meanInterval(values), meanInterval(values, { level: 0.5 })]
  t.ok(narrow.low > wide.low && narrow.high < wide.high)
})
