/** What is held against `twinserve predict`, and the slow clients that it is held against. The engines themselves: `bench/truth/predict.ts`. */
import { once } from 'node:events'
import fs from 'node:fs'
import { test } from 'tap'
import type { Demand, Machine } from '../../bench/predict/model.ts'
import { blocking, eventLoop, startEngine } from '../../bench/run/engines.ts'
import { agreementOf } from '../../bench/truth/agreement.ts'
import type { Case, Ran } from '../../bench/truth/case.ts'
import { foretold, heldAgainst } from '../../bench/truth/foretold.ts'
import { inviteSlow } from '../../bench/truth/slowness.ts'
import { near } from '../fixtures/near.ts'

const costs = { perRequest: 0.001, perByte: 0, way: 0.0002, variability: 1 }
const machine: Machine = {
  ...{ mode: 'sync', seats: 1, processors: 1, connections: 'kept', costs },
  disk: { delay: 0, threads: 4 },
}
const demand = (rate: number): Demand => ({
  ...{ rate, machines: 1, spread: 'random', sizes: [{ bytes: 1, weight: 1 }] },
  slow: { share: 0, speed: 1, buffer: 0 },
})
const effort = { draws: 6, requests: 10_000, seed: 1 }

test('a prediction has bounds for a calibration that is a little off', async (t) => {
  const [half, most] = foretold(demand(500), machine, effort)
  // M/M/1: the response is exponential with 1/(1000 - 500) s.
  near(t, half?.predicted as number, 0.002 * Math.log(2) + 0.0002, 0.05, 'p50')
  near(t, most?.predicted as number, 0.002 * Math.log(100) + 0.0002, 0.1, 'p99')
  // 5 % more service is a load of 0.525: 1/(952 - 500) s.
  t.ok((half?.most as number) >= 0.0022 * Math.log(2) && (half?.least as number) <= 0.0018 * Math.log(2) + 0.0002)
  const [near1] = foretold(demand(960), machine, { ...effort, requests: 50_000 })
  t.equal(near1?.most ?? Infinity, Infinity, 'a little more service, and there is no bound')
  t.same(foretold(demand(1100), machine, effort), [])
})

test('what was measured is held against the bounds, by its interval over rounds', async (t) => {
  const prediction = { percent: 50, predicted: 0.01, least: 0.009, most: 0.011 }
  t.match(heldAgainst(prediction, [0.01, 0.0101, 0.0102, 0.0099, 0.01]), { agrees: true })
  const off = heldAgainst(prediction, [0.02, 0.0201, 0.0202, 0.0199, 0.02])
  t.match(off, { agrees: false })
  near(t, off.residual, 1, 0.02, 'twice as much')
  t.match(heldAgainst(prediction, [0.0118, 0.0112, 0.0102, 0.0119, 0.011]), { agrees: true }, 'they need only meet')
  t.match(heldAgainst(prediction, [0.001, 0.1, 0.005, 0.02, 0.05]), { agrees: undefined }, 'anything agrees with that')
  t.match(heldAgainst(prediction, [0.01, 0.01, Infinity, 0.01, 0.01]), { agrees: false, residual: Infinity })
})

/** Rounds at half of what the machine can do, each with these percentiles. */
function ran(latency: { readonly 50: number; readonly 99: number }, more: object = {}, hold?: number): Ran[] {
  const summary = { growth: 0, latency, achieved: 500, outcomes: { answered: 1000 } }
  const slowly = hold === undefined ? undefined : { came: 8, served: 8, refused: 0, hold }
  return Array.from(
    { length: 6 },
    () => ({ report: { summary, spoilt: [], ...more }, raw: '', slowly }) as unknown as Ran,
  )
}

test('a case agrees, does not and says why, or cannot be told', async (t) => {
  const half = { load: 0.5, slow: false, machine, calibrated: { capacity: 1000 } } as unknown as Case
  const [middle, tail] = foretold(demand(500), machine, effort).map(({ predicted }) => predicted) as [number, number]
  const right = { 50: middle, 99: tail }
  const wrong = { 50: 2 * middle, 99: 2 * tail }
  t.match(agreementOf(half, ran(right), 2, effort), {
    ...{ agrees: true, rounds: 6, failed: undefined, answered: 500 },
    sentence: /^p50 predicted .*; p99 predicted .* 0 %; answered 500\/s; stable; agrees$/,
  })
  t.match(agreementOf(half, ran(wrong, { serverCpu: 2 }), 2, effort), {
    agrees: false,
    sentence: /DOES NOT AGREE: it does not hold that service is the same at every load: a request took 2\.00 times/,
  })
  const slow = { ...half, slow: true }
  t.match(agreementOf(slow, ran(wrong, {}, 0.08), 2, effort), {
    agrees: false,
    failed: /^a slow client holds a thread for 40 ms: it was 80 ms/,
  })
  t.match(agreementOf(slow, ran(wrong, {}, 0.04), 2, effort).sentence, /DOES NOT AGREE, and why is not known$/)
  const growing = ran(right).map(({ report, ...rest }) => ({
    ...rest,
    report: { ...report, serverCpu: 2, summary: { ...report.summary, growth: 100 } },
  }))
  t.match(
    agreementOf(half, growing, 2, effort).agrees,
    false,
    'who falls behind does not agree, whatever the percentiles',
  )
  t.match(agreementOf(half, ran(right, { spoilt: ['The host took it.'] }), 2, effort), {
    ...{ agrees: undefined, rounds: 0, held: [] },
    sentence: 'void: 0 of 6 rounds may be believed. The host took it.',
  })
})

for (const engine of [blocking, eventLoop]) {
  test(`slow clients hold the server as long as they are to: ${engine.name}`, async (t) => {
    const root = t.testdir({})
    const server = await startEngine(engine, { root, processor: undefined })
    t.teardown(() => server.stop())
    const clients = { rate: 50, hold: 0.05, bytes: 10 * 1024, seed: 1 }
    const invited = await inviteSlow(clients, server.port, undefined)
    // As many as it takes for one to have come and gone.
    const watcher = fs.watch(root)
    while (!fs.readdirSync(root).some((entry) => entry.startsWith('slow-'))) await once(watcher, 'change')
    watcher.close()
    const { came, served, refused, hold } = await invited.leave()
    t.ok(came >= served && served >= 0 && refused === 0, `${came} came, ${served} were served, ${refused} refused`)
    t.ok(served === 0 || (hold as number) >= 0.049, `${hold} s`)
    for (const entry of fs.readdirSync(root).filter((entry) => entry.startsWith('slow-'))) {
      t.equal(fs.statSync(`${root}/${entry}`).size, 10 * 1024)
    }
  })
}
