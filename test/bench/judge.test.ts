import { test } from 'tap'
import { spoilt } from '../../bench/load/judge.ts'
import { percentilesOf, type Summary } from '../../bench/load/summary.ts'

/** A run in which so many microseconds passed before half of the requests, and before nearly all, were sent. */
function late(half: number, most: number): Summary {
  const values = Float64Array.from({ length: 10_000 }, (_, at) => (at < 9_000 ? half : most) / 1e6)
  return { lateness: percentilesOf(values) } as Summary
}

test('a run is void when the generator was late, or the host took the time', async (t) => {
  t.same(spoilt(late(99, 999), 0), [])
  t.same(spoilt(late(99, 999), undefined), [], 'where nothing is known of the host')
  t.same(spoilt(late(180, 200), 0), [
    'The generator sent half of its requests 180 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 1500), 0.009), [
    'The generator sent one request in a hundred 1500 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 10), 0.034), [
    "The host took 3.4 % of the machine's time. Run it again when the host is quieter.",
  ])
  t.equal(spoilt(late(500, 5000), 0.5).length, 3)
})

test('with few requests only what can be told is judged', async (t) => {
  const { 99: most, 50: half } = percentilesOf(Float64Array.from({ length: 100 }, () => 5e-6))
  t.equal(most, undefined)
  t.equal(half, 5e-6)
  t.same(spoilt({ lateness: percentilesOf(new Float64Array(3)) } as Summary, 0), [])
})
