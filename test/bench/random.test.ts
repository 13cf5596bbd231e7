import { test } from 'tap'
import { mean, sorted, variance } from '../../bench/statistics/percentile.ts'
import { below, exponential, randomFrom, shuffled } from '../../bench/statistics/random.ts'
import { near } from '../fixtures/near.ts'

test('the first numbers of many seeds are as random as those of one', async (t) => {
  for (const nth of [0, 1, 5]) {
    const values = Array.from({ length: 4000 }, (_, seed) => {
      const random = randomFrom(seed)
      for (let skipped = 0; skipped < nth; skipped += 1) random()
      return random()
    })
    const ordered = sorted(values)
    const distance = Math.max(...ordered.map((value, at) => Math.abs(value - (at + 0.5) / ordered.length)))
    t.ok(distance < 1.95 / Math.sqrt(ordered.length), `uniform: ${distance}`)
    // What one seed gives says nothing about what the next gives.
    const products = values.slice(1).map((value, at) => (value - 0.5) * ((values[at] as number) - 0.5) * 12)
    t.ok(Math.abs(mean(products)) < 4 / Math.sqrt(products.length), `correlation: ${mean(products)}`)
  }
})

test('the same seed, the same numbers', async (t) => {
  const [one, two] = [randomFrom(9), randomFrom(9)]
  t.same(Array.from({ length: 5 }, one), Array.from({ length: 5 }, two))
})

test('exponential numbers, whole numbers, and order', async (t) => {
  const random = randomFrom(4)
  const times = Float64Array.from({ length: 100_000 }, () => exponential(random, 3))
  near(t, mean(times), 3, 0.02, 'mean')
  near(t, Math.sqrt(variance(times)), 3, 0.03, 'deviation')
  const counts = [0, 0, 0]
  for (let at = 0; at < 30_000; at += 1) {
    const number = below(random, 3)
    counts[number] = (counts[number] as number) + 1
  }
  for (const count of counts) near(t, count, 10_000, 0.05, 'each as often')
  const firsts = Array.from({ length: 6000 }, () => shuffled(random, ['a', 'b', 'c']).join(''))
  for (const order of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) {
    near(t, firsts.filter((one) => one === order).length, 1000, 0.15, order)
  }
})
