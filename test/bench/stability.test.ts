/** Whether a server kept up, on simulated ones: Poisson arrivals, exponential service, one server. */
import { test } from 'tap'
import { exponential, randomFrom } from '../../bench/statistics/random.ts'
import { backlogs, fellBehind, growthOf, leastBacklogs, stabilityOf } from '../../bench/statistics/stability.ts'

const simulations = Number(process.env.SIMULATIONS ?? 200)
const offered = { rate: 500, seconds: 2.5 }

/** A server that stands still from one moment to another, now and then, and never counts who comes meanwhile as served. */
type Stops = (now: number) => number

/** How fast the backlog grew in one run of a queue that begins empty. @param load arrivals per service time @param resumed when a service that would begin now does */
function run(seed: number, load: number, { rate, seconds } = offered, resumed: Stops = (now) => now): number {
  const random = randomFrom(seed)
  const [due, done]: [number[], number[]] = [[], []]
  let free = 0
  for (let now = exponential(random, 1 / rate); now < seconds; now += exponential(random, 1 / rate)) {
    free = resumed(Math.max(free, now)) + exponential(random, load / rate)
    due.push(now)
    done.push(free)
  }
  return growthOf(leastBacklogs(due, done, seconds), seconds)
}

const rounds = (seed: number, of: (seed: number) => number) => Array.from({ length: 6 }, (_, at) => of(seed * 6 + at))

test('the backlog is what was due and is not done', async (t) => {
  const due = [0.5, 1.5, 2.5, 3.5]
  const done = [Infinity, 1.6, 3.9, 3.6]
  t.same(backlogs(due, done, 4, 4), [0, 1, 1, 2, 1])
  t.same(backlogs([], [], 4, 2), [0, 0, 0])
})

test('how short it became is looked at between the ends of parts, too', async (t) => {
  // Twenty parts of a tenth of a second: in the third it is empty for a moment, and full before and after.
  const due = [0.15, 0.26]
  const done = [0.25, 1.95]
  t.same(leastBacklogs(due, done, 2), [0, 0, 0, ...Array.from({ length: 16 }, () => 1), 0])
})

test('a backlog that grows steadily grows as fast as it does', async (t) => {
  const due = Array.from({ length: 2000 }, (_, at) => at / 1000)
  const half = due.map((_, at) => (at % 2 === 0 ? Infinity : (due[at] as number)))
  const growth = growthOf(leastBacklogs(due, half, 2), 2)
  t.ok(Math.abs(growth - 500) < 5, String(growth))
  t.ok(fellBehind(growth, { rate: 1000, seconds: 2 }))
})

for (const load of [0.3, 0.7, 0.9]) {
  test(`a server at ${load} of its capacity is rarely called unstable`, async (t) => {
    let [wrong, behind] = [0, 0]
    for (let seed = 0; seed < simulations; seed += 1) {
      const found = stabilityOf(
        rounds(seed, (each) => run(each, load)),
        offered,
      )
      if (!found.stable) wrong += 1
      behind += found.behind ?? 0
    }
    t.ok(wrong <= simulations * 0.02, `${wrong} of ${simulations}`)
    t.ok(behind <= 6 * simulations * 0.01, `${behind} of ${6 * simulations} rounds`)
  })
}

test('a server at 1.2 of its capacity is called unstable, and the interval holds the true growth', async (t) => {
  let [found, held, behind] = [0, 0, 0]
  const truth = 500 - 500 / 1.2
  for (let seed = 0; seed < simulations; seed += 1) {
    const stability = stabilityOf(
      rounds(seed, (each) => run(each, 1.2)),
      offered,
    )
    if (!stability.stable) found += 1
    if (stability.growth.low <= truth && truth <= stability.growth.high) held += 1
    behind += stability.behind ?? 0
  }
  t.ok(found >= simulations * 0.85, `found ${found} of ${simulations}`)
  t.ok(held >= simulations * (0.95 - 4 * Math.sqrt(0.0475 / simulations)), `held ${held} of ${simulations}`)
  t.ok(behind >= 6 * simulations * 0.9, `${behind} of ${6 * simulations} rounds`)
})

test('a server that stands still and comes back from it has not fallen behind', async (t) => {
  // Half of its capacity is left over: what came in 0.4 s is done in as long again.
  const once = (from: number) => (now: number) => (now > from && now < from + 0.4 ? from + 0.4 : now)
  for (const from of [0, 0.5, 1, 1.4]) t.notOk(fellBehind(run(1, 0.5, offered, once(from)), offered), `at ${from}`)
  t.notOk(fellBehind(run(1, 0.5, offered, once(2.2)), offered), 'nor one that stands still at the end of a run')
  // Held for 0.4 s, then free for a moment in which all are served: as by a client that has sent half a request.
  const held = (now: number) => (now % 0.41 < 0.4 ? now - (now % 0.41) + 0.4 : now)
  const growths = rounds(3, (seed) => run(seed, 0.01, offered, held))
  t.match(stabilityOf(growths, offered), { stable: true, behind: 0, sentence: 'stable' })
})

test('it says so in a sentence', async (t) => {
  const { sentence } = stabilityOf([99, 100, 101, 98, 102], offered)
  t.match(sentence, /^unstable: backlog \+100\/s \[9\d, 10\d\], with 500\/s offered$/)
  t.equal(stabilityOf([-1, 0, 1, 2, -2], offered).sentence, 'stable')
  t.match(stabilityOf([0, 0, 1, 0, 200, 100], offered), {
    ...{ stable: true, behind: 2, rounds: 6, sentence: 'fell behind in 2 of 6 rounds' },
  })
  t.match(
    stabilityOf([100, 600, 300, 0, 250, 500, 150, 400, 200, 350], offered).sentence,
    /^unstable: .*, in 9 of 10 rounds, with 500/,
  )
  t.throws(() => stabilityOf([1, 2], offered), /needs 5 rounds, and there are 2/)
})
