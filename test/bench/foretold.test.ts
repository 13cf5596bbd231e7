/** What is held against `twinserve predict`, and the slow clients that it is held against. The engines themselves: `bench/truth/predict.ts`. */
import { once } from 'node:events'
import fs from 'node:fs'
import { test } from 'tap'
import type { Demand, Machine } from '../../bench/predict/model.ts'
import { blocking, eventLoop, startEngine } from '../../bench/run/engines.ts'
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
