/** Verdicts where a server fell behind: what they say, and how often they say it where there is no difference. */
import { test } from 'tap'
import { verdictOf } from '../../bench/run/conclude.ts'
import { blocking, eventLoop } from '../../bench/run/engines.ts'
import type { Ran } from '../../bench/run/rounds.ts'
import type { Scenario } from '../../bench/scenarios.ts'
import { signTest } from '../../bench/statistics/keeping-up.ts'
import { exponential, type Random, randomFrom } from '../../bench/statistics/random.ts'

const simulations = Number(process.env.SIMULATIONS ?? 100)
const scenario = { engines: [blocking, eventLoop], measure: { name: 'p99', better: 'less' } } as unknown as Scenario
const offered = { rate: 1000, seconds: 2.5 }

const runs = (growths: readonly (number | undefined)[], values: readonly (number | undefined)[] = []): Ran[] =>
  growths.map((growth, round) => ({ round, growth, value: values.length === 0 ? 0.01 : values[round] }))
const calm = [0, 1, -1, 0, 1, -1]
const growing = [190, 200, 210, 205, 195, 200]
const of = (a: readonly Ran[], b: readonly Ran[]) => verdictOf(scenario, { a, b }, offered)

test('who keeps up wins over who does not', async (t) => {
  const { verdict, sentence, pairs, wide } = of(runs(calm), runs(growing))
  t.match(verdict, { by: 'backlog', winner: 'a', brief: 'keeps up', ratio: undefined })
  t.match(
    sentence,
    /^blocking keeps up with 1000\/s, event loop does not: its backlog grows by 200\/s \[1\d\d, 2\d\d\]$/,
  )
  t.same([pairs, wide], [6, false], 'and needs no more rounds')
  t.match(of(runs(growing), runs(calm)).verdict, { winner: 'b' })
})

test('in how many rounds is said, and asks for more of them', async (t) => {
  const { sentence, wide } = of(
    runs([...calm, ...calm]),
    runs([100, 600, 300, 0, 250, 500, 150, 400, 200, 350, 450, 120]),
  )
  t.match(sentence, /^blocking keeps up with 1000\/s, event loop does not: .*\], in 11 of 12 rounds$/)
  t.ok(wide)
  t.match(
    of(runs([0, 0, 0, 0, 0, 90]), runs([600, 610, 590, 600, 580, 620])).sentence,
    /^event loop falls behind with 1000\/s, its backlog grows by 600.*; blocking falls behind in 1 of 6 rounds only$/,
  )
})

test('where both fall behind, it is who does so more slowly', async (t) => {
  t.match(
    of(runs(growing), runs(growing.map((one) => one + 100))).sentence,
    /^both fall behind with 1000\/s: the backlog of blocking grows by 200\/s \[.*\], and that of event loop by 100\/s \[100, 100\] more$/,
  )
  t.match(of(runs(growing), runs([...growing].reverse())), {
    verdict: { winner: undefined },
    sentence: /^no difference shown in how they keep up with 1000\/s: blocking is unstable: .*; event loop is unstable/,
  })
})

test('one round in which a server stood still shows nothing', async (t) => {
  t.match(of(runs(calm), runs([0, 0, 900, 0, 0, 0], [0.02, 0.005, 0.02, 0.005, 0.005, 0.02])), {
    verdict: { by: 'rounds', winner: undefined },
    sentence:
      'no difference shown in p99: blocking is faster in p99 in 3 of 6 rounds; event loop fell behind in 1 of 6 rounds',
  })
})

test('where one fell behind in some rounds, who was better in nearly all is better', async (t) => {
  const twice = runs([0, 400, 0, 0, 500, 0], [0.02, 0.001, 0.03, 0.02, 0.001, 0.02])
  t.match(of(runs(calm), twice), {
    verdict: { by: 'rounds', winner: 'a', rounds: 6, brief: 'in 6 of 6 rounds', ratio: undefined },
    sentence: 'blocking is faster in p99 in 6 of 6 rounds; event loop fell behind in 2 of 6 rounds',
    wide: true,
  })
  t.match(
    of(runs(calm, [0.03, 0.01, 0.01, 0.01, 0.01, 0.01]), twice).verdict,
    { winner: undefined },
    'five of six may be chance',
  )
  t.match(
    of(runs(calm.slice(1)), twice).sentence,
    /^no verdict: blocking is stable, event loop fell behind in 2 of 6 rounds, and it takes 6 rounds in which one/,
  )
})

/** The shares of requests that failed in each round. */
const failing = (own: readonly Ran[], shares: readonly number[]): Ran[] =>
  own.map((run, at) => ({ ...run, failed: shares[at] as number }))
const none = [0, 0, 0, 0, 0, 0]

test('who fails requests is not better for being quick with the others', async (t) => {
  const quick = failing(runs(calm, [0.001, 0.001, 0.001, 0.001, 0.001, 0.001]), [0.02, 0.03, 0.02, 0.02, 0.02, 0.01])
  t.match(of(failing(runs(calm), none), quick), {
    verdict: { by: 'rounds', winner: undefined },
    sentence:
      'no difference shown in p99: blocking does better in 5 of 6 rounds; event loop failed 2 % of its requests, in 6 of 6 rounds',
    wide: true,
  })
  const always = failing(quick, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
  t.match(of(failing(runs(calm), none), always), {
    verdict: { by: 'rounds', winner: 'a', brief: 'in 6 of 6 rounds', ratio: undefined },
    sentence: 'blocking does better in 6 of 6 rounds; event loop failed 50 % of its requests, in 6 of 6 rounds',
    wide: false,
  })
  t.match(
    of(runs(growing), always).sentence,
    /^no verdict: blocking is unstable: .*, event loop is stable, and it takes 6 rounds .*; event loop failed 50 % of its/,
    'to refuse is not to keep up with what the other falls behind with',
  )
})

test('a few failures are told, and change nothing', async (t) => {
  const few = failing(runs(calm, [0.02, 0.02, 0.02, 0.02, 0.02, 0.02]), [0, 0.003, 0, 0, 0, 0])
  const said = 'blocking is 2 [2, 2] times as fast in p99; event loop failed 0.05 % of its requests, in 1 of 6 rounds'
  t.match(of(failing(runs(calm), none), few), { sentence: said, verdict: { winner: 'a', sentence: said } })
  const throughput = { ...scenario, measure: { name: 'achieved', better: 'more', word: 'ahead' } } as const
  const all = { a: runs(calm, [90, 90, 90, 90, 90, 90]), b: failing(runs(calm, Array(6).fill(60)), Array(6).fill(0.5)) }
  t.equal(
    verdictOf(throughput, all, offered).sentence,
    'blocking is ahead by 50 % [50, 50] in achieved; event loop failed 50 % of its requests, in 6 of 6 rounds',
    'failures are no part of what is answered',
  )
})

test('a run whose latencies are void counts where it fell behind', async (t) => {
  const voided = runs(growing, [undefined, undefined, undefined, 0.5, 0.5, 0.5])
  t.match(of(runs(calm), voided).verdict, { winner: 'a', rounds: 6 })
  const spoilt = growing.map((one, at) => (at < 2 ? undefined : one))
  t.match(of(runs(calm), runs(spoilt, spoilt)).sentence, /^no verdict: 4 rounds may be believed/)
})

test('the sign test is that of the binomial distribution', async (t) => {
  t.same([signTest(6, 6), signTest(5, 5), signTest(3, 6)], [2 / 64, 2 / 32, 1])
  t.equal(signTest(10, 12), (2 * (1 + 12 + 66)) / 4096)
})

/** A server that falls behind in some rounds, and in the others has latencies that differ from round to round. */
function bistable(random: Random, rounds: number, share: number): Ran[] {
  return Array.from({ length: rounds }, (_, round) => {
    const behind = random() < share
    return {
      round,
      growth: behind ? 100 + exponential(random, 300) : random() * 2,
      value: 0.01 * exponential(random, 1),
    }
  })
}

for (const share of [0, 0.1, 0.4, 0.7, 1]) {
  test(`two servers that are alike and fall behind in ${share} of the rounds are rarely told apart`, async (t) => {
    const random = randomFrom(Math.round(share * 100))
    let [wrong, kept] = [0, 0]
    for (let time = 0; time < simulations; time += 1) {
      const all = { a: bistable(random, 12, share), b: bistable(random, 12, share) }
      const first = verdictOf(scenario, { a: all.a.slice(0, 6), b: all.b.slice(0, 6) }, offered)
      // As the bench does it: as many rounds again where it is worth their time, and never for what they show.
      const { verdict } = first.wide ? verdictOf(scenario, all, offered) : first
      if (verdict?.winner !== undefined) wrong += 1
      if (verdict?.brief === 'keeps up') kept += 1
    }
    const chance = 4 * Math.sqrt(0.0475 / simulations)
    t.ok(wrong <= simulations * (0.05 + chance), `${wrong} of ${simulations}`)
    t.ok(kept <= simulations * 0.02, `${kept} of ${simulations} said that one keeps up and the other does not`)
  })
}

test('a server that falls behind in each round is told from one that does in one of 20', async (t) => {
  const random = randomFrom(7)
  let found = 0
  for (let time = 0; time < simulations; time += 1) {
    const both = { a: bistable(random, 6, 0.05), b: bistable(random, 6, 1) }
    if (verdictOf(scenario, both, offered).verdict?.winner === 'a') found += 1
  }
  t.ok(found >= simulations * 0.7, `${found} of ${simulations}`)
})
