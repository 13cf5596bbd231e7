/** Whether a server kept up, on simulated ones: Poisson arrivals, exponential service, one server. */
import { test } from 'tap'
import { exponential, randomFrom } from '../../bench/statistics/random.ts'
import { backlogs, growths, stabilityOf } from '../../bench/statistics/stability.ts'

const simulations = Number(process.env.SIMULATIONS ?? 200)

/** One run of a queue that begins empty. @param load arrivals per service time */
function run(seed: number, load: number, rate: number, seconds: number) {
  const random = randomFrom(seed)
  const [due, done]: number[][] = [[], []]
  let free = 0
  for (let now = exponential(random, 1 / rate); now < seconds; now += exponential(random, 1 / rate)) {
    free = Math.max(free, now) + exponential(random, load / rate)
    due?.push(now)
    done?.push(free)
  }
  return growths(backlogs(due as number[], done as number[], seconds, 20), seconds)
}

test('the backlog is what was due and is not done', async (t) => {
  const due = [0.5, 1.5, 2.5, 3.5]
  const done = [Infinity, 1.6, 3.9, 3.6]
  t.same(backlogs(due, done, 4, 4), [0, 1, 1, 2, 1])
  t.same(growths([0, 1, 1, 2, 1], 4), [0, 1, -1])
})

for (const load of [0.3, 0.7, 0.9]) {
  test(`a server at ${load} of its capacity is rarely called unstable`, async (t) => {
    let wrong = 0
    for (let seed = 0; seed < simulations; seed += 1) if (!stabilityOf(run(seed, load, 500, 10), 500).stable) wrong += 1
    t.ok(wrong <= simulations * 0.02, `${wrong} of ${simulations}`)
  })
}

test('a server at 1.2 of its capacity is called unstable, and the interval holds the true growth', async (t) => {
  let [found, held] = [0, 0]
  const truth = 500 - 500 / 1.2
  for (let seed = 0; seed < simulations; seed += 1) {
    const { stable, growth } = stabilityOf(run(seed, 1.2, 500, 10), 500)
    if (!stable) found += 1
    if (growth.low <= truth && truth <= growth.high) held += 1
  }
  t.ok(found >= simulations * 0.95, `found ${found} of ${simulations}`)
  t.ok(held >= simulations * (0.95 - 4 * Math.sqrt(0.0475 / simulations)), `held ${held} of ${simulations}`)
})

test('it says so in a sentence', async (t) => {
  const { sentence } = stabilityOf([99, 100, 101, 98, 102], 500)
  t.match(sentence, /^unstable: backlog \+100\/s \[9\d, 10\d\], with 500\/s offered$/)
  t.equal(stabilityOf([-1, 0, 1, 2, -2], 500).sentence, 'stable')
  t.throws(() => stabilityOf([1, 2], 500), /needs 5 rounds or blocks, and there are 2/)
})
