import { test } from 'tap'
import { spoilt } from '../../bench/load/judge.ts'
import { percentilesOf, type Summary } from '../../bench/load/summary.ts'

/** A run in which so many microseconds passed before half of the requests, and before nearly all, were sent. */
function late(half: number, most: number): Summary {
  const values = Float64Array.from({ length: 10_000 }, (_, at) => (at < 9_000 ? half : most) / 1e6)
  return { lateness: percentilesOf(values) } as Summary
}

const quiet = { stolen: 0, others: 0 }

test('a run is void when the generator was late, or the host took the time', async (t) => {
  t.same(spoilt(late(99, 999), quiet), [])
  t.same(spoilt(late(99, 999), { stolen: undefined, others: undefined }), [], 'where nothing is known of the machine')
  t.same(spoilt(late(180, 200), quiet), [
    'The generator sent half of its requests 180 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 1500), { stolen: 0.009, others: 0.019 }), [
    'The generator sent one request in a hundred 1500 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 10), { stolen: 0.034, others: 0 }), [
    "The host took 3.4 % of the machine's time. Run it again when the host is quieter.",
  ])
  t.same(spoilt(late(5, 10), { stolen: 0, others: 0.25 }), [
    'Other processes took 25.0 % of a processor. End them, and run it again.',
  ])
  t.equal(spoilt(late(500, 5000), { stolen: 0.5, others: 1 }).length, 4)
})

test('where answers are counted, only what is not sent in time to be one matters', async (t) => {
  t.same(spoilt(late(180, 24_000), quiet, 2.5), [])
  t.match(spoilt(late(180, 26_000), quiet, 2.5), [/^The generator sent one request in a hundred 26000 µs late/])
  t.equal(spoilt(late(180, 200), { stolen: 0.5, others: 1 }, 2.5).length, 2, 'the machine matters all the same')
})

test('with few requests only what can be told is judged', async (t) => {
  const { 99: most, 50: half } = percentilesOf(Float64Array.from({ length: 100 }, () => 5e-6))
  t.equal(most, undefined)
  t.equal(half, 5e-6)
  t.same(spoilt({ lateness: percentilesOf(new Float64Array(3)) } as Summary, quiet), [])
})
