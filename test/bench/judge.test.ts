import { test } from 'tap'
import { spoilt, tells } from '../../bench/load/judge.ts'
import { percentilesOf, type Summary } from '../../bench/load/summary.ts'

/** A run in which so many microseconds passed before half of the requests, and before nearly all, were sent. */
function late(half: number, most: number, latency: object = {}): Summary {
  const values = Float64Array.from({ length: 10_000 }, (_, at) => (at < 9_000 ? half : most) / 1e6)
  return { lateness: percentilesOf(values), latency } as Summary
}

const quiet = { stolen: 0, others: 0 }

test('a run is void when the generator was late, or the host took the time', async (t) => {
  t.same(spoilt(late(99, 999), quiet, 99, 2), [])
  t.same(
    spoilt(late(99, 999), { stolen: undefined, others: undefined }, 99, 2),
    [],
    'where nothing is known of the machine',
  )
  t.same(spoilt(late(180, 200), quiet, 99, 2), [
    'The generator sent half of its requests 180 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 1500), { stolen: 0.009, others: 0.019 }, 99, 2), [
    'The generator sent one request in a hundred 1500 µs late or later. Give it a processor of its own, end what else runs, or ask for fewer requests per second.',
  ])
  t.same(spoilt(late(5, 10), { stolen: 0.034, others: 0 }, 99, 2), [
    "The host took 3.4 % of the machine's time. Run it again when the host is quieter.",
  ])
  t.same(spoilt(late(5, 10), { stolen: 0, others: 0.25 }, 99, 2), [
    'Other processes took 25.0 % of a processor. End them, and run it again.',
  ])
  t.equal(spoilt(late(500, 5000), { stolen: 0.5, others: 1 }, 99, 2).length, 4)
})

test('lateness is held against what is measured', async (t) => {
  const slow = { 50: 0.001, 90: 0.01, 99: 0.02 }
  t.same(spoilt(late(99, 1999, slow), quiet, 99, 2), [], 'a tenth of p99')
  t.match(spoilt(late(99, 2001, slow), quiet, 99, 2), [/^The generator sent one request in a hundred 2001 µs late/])
  t.match(spoilt(late(101, 1999, slow), quiet, 99, 2), [/^The generator sent half of its requests 101 µs late/])
  t.match(spoilt(late(5, 1500, slow), quiet, 90, 2), [/one request in a hundred 1500 µs/], 'of p90 less is the tenth')
  t.same([tells(late(5, 1500, slow), 99), tells(late(5, 1500, slow), 90)], [true, false])
})

test('what few are late by is nothing to the middle, and what many are late by is', async (t) => {
  const few = Float64Array.from({ length: 10_000 }, (_, at) => (at < 9_800 ? 5e-6 : 4e-3))
  const summary = { lateness: percentilesOf(few), latency: { 50: 200e-6, 99: 3e-3 } } as Summary
  t.same(spoilt(summary, quiet, 50, 2), [])
  t.equal(spoilt(summary, quiet, 99, 2).length, 1)
  t.match(spoilt(late(5, 150, { 50: 200e-6 }), quiet, 50, 2), [], 'the tail of this one begins beyond nine in ten')
  const many = Float64Array.from({ length: 1000 }, (_, at) => (at < 850 ? 5e-6 : 150e-6))
  const more = { lateness: percentilesOf(many), latency: { 50: 200e-6 } } as Summary
  t.match(spoilt(more, quiet, 50, 2), [/^The generator sent one request in ten 150 µs late/])
})

test('where answers are counted, only what is not sent in time to be one matters', async (t) => {
  t.same(spoilt(late(180, 24_000), quiet, 'count', 2.5), [])
  t.match(spoilt(late(180, 26_000), quiet, 'count', 2.5), [
    /^The generator sent one request in a hundred 26000 µs late/,
  ])
  t.equal(
    spoilt(late(180, 200), { stolen: 0.5, others: 1 }, 'count', 2.5).length,
    2,
    'the machine matters all the same',
  )
})

test('with few requests only what can be told is judged', async (t) => {
  const { 99: most, 50: half } = percentilesOf(Float64Array.from({ length: 100 }, () => 5e-6))
  t.equal(most, undefined)
  t.equal(half, 5e-6)
  t.same(spoilt({ lateness: percentilesOf(new Float64Array(3)) } as Summary, quiet, 99, 2), [])
})
