/** The server whose truth is known, and what is computed of it. What is measured of it: `bench/truth/validate.ts`. */
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'tap'
import { load } from '../../bench/load/process.ts'
import { readRaw } from '../../bench/load/raw.ts'
import { percentile } from '../../bench/statistics/percentile.ts'
import { compareAt, loadOf, overheadOf, replayed, replayedWithFreezes } from '../../bench/truth/compare.ts'
import { serviceTimes } from '../../bench/truth/service.ts'
import { withTruth } from '../../bench/truth/start.ts'
import { near } from '../fixtures/near.ts'

test('it serves one after the other, none for less than its time', async (t) => {
  const raw = path.join(t.testdir({}), 'raw.jsonl')
  const [mean, seed, count] = [0.002, 5, 1000]
  const services = serviceTimes('exponential', mean, seed, count)
  const targets = [{ method: 'GET', path: '/{n}', status: 200, weight: 1 }]
  const more = { rate: 300, seconds: 0.5, spin: false, raw }
  const { summary } = await withTruth({ shape: 'exponential', mean, seed, count }, undefined, (port, pid) =>
    load({ port, targets, ...more }, undefined, pid),
  )
  const samples = readRaw(raw)
  t.equal(summary.outcomes.answered, samples.length)
  // However busy the machine is: the last answer comes no sooner than all services together take.
  const work = samples.reduce((sum, { request }) => sum + (services[request] as number), 0)
  t.ok(Math.max(...samples.map(({ last }) => last)) >= work)
  // A service may begin up to 0.1 ms before its request, where the one before it ended then.
  const soon = samples.filter(({ request, begun, last }) => last - begun < (services[request] as number) - 1e-4)
  t.same(soon, [])
})

test('service times come by their seed', async (t) => {
  t.same(serviceTimes('exponential', 1, 3, 10), serviceTimes('exponential', 1, 3, 20).subarray(0, 10))
  t.same([...serviceTimes('fixed', 2, 3, 2)], [2, 2])
})

/** Requests as a perfect generator would have recorded them. @param sends seconds */
const perfect = (sends: readonly number[], latencies: readonly number[]) =>
  sends.map((due, request) => ({ request, due, begun: due, last: due + (latencies[request] as number) }))

test('a replay of perfect samples finds nothing to complain of, and one of slower ones does', async (t) => {
  const services = [3, 3, 1, 1]
  const samples = perfect([0, 1, 2, 10], [3.5, 5.5, 5.5, 1.5])
  t.equal(overheadOf(samples.slice(3), services), 0.5)
  t.same([...replayed(samples, services, 0.5)], [3.5, 5.5, 5.5, 1.5])
  t.equal(loadOf(samples, services, 10), 0.8)
  const [half] = compareAt([50], [4, 4, 4], [2])
  t.same(half, { percent: 50, measured: 4, computed: 2, residual: 1 })
})

test('what was sent late is replayed as it was sent, and its lateness counts', async (t) => {
  const samples = [
    { request: 0, due: 0, begun: 2, last: 3 },
    { request: 1, due: 1, begun: 1, last: 2 },
  ]
  t.same([...replayed(samples, [1, 1], 0)], [1, 3], 'in the order of sends')
})

test('a server that stands still: the percentiles that arithmetic gives', async (t) => {
  const sends = Array.from({ length: 40_000 }, (_, at) => at / 200)
  const samples = perfect(sends, sends)
  const services = new Float64Array(sends.length).fill(1e-6)
  const found = replayedWithFreezes(samples, services, 0, { every: 2, for: 0.2 }, [50, 95, 99])
  // Who comes during a stop waits for its rest: one in ten comes then, one in twenty waits for 100 ms, one in a hundred for 180.
  t.ok((found[0] as number) < 0.001)
  near(t, found[1] as number, 0.1, 0.06, 'p95')
  near(t, found[2] as number, 0.18, 0.04, 'p99')
  t.ok(percentile([0, 1], 100) === 1)
})

test('a raw file is read as it was written', async (t) => {
  const file = path.join(t.testdir({}), 'raw.jsonl')
  const line = {
    ...{ request: 7, target: 0, connection: 2, due: 1.5, begun: 2, sent: null, first: null, last: null },
    ...{ outcome: 'broken', bytes: 0 },
  }
  const older = { ...line, last: 4, outcome: 'answered' }
  fs.writeFileSync(file, `{"order":{}}\n${JSON.stringify({ ...line, ended: 3 })}\n${JSON.stringify(older)}\n`)
  const read = {
    ...{ request: 7, target: 0, connection: 2, due: 1.5e-6, begun: 2e-6 },
    ...{ sent: Number.NaN, first: Number.NaN, last: Number.NaN, ended: 3e-6, outcome: 'broken', bytes: 0 },
  }
  t.same(readRaw(file), [read, { ...read, last: 4e-6, ended: 4e-6, outcome: 'answered' }])
})
