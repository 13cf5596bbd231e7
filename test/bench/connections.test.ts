/** Over how many connections the scenarios ask. */
import t from 'tap'
import { connectionsOf } from '../../bench/run/connections.ts'
import { keptConnections, type Scenario, scenarios } from '../../bench/scenarios.ts'

const of = (name: string) => connectionsOf(scenarios.find((scenario) => scenario.name === name) as Scenario)

t.test('connections that are kept are all there, and used, before the run, and no more are opened', async (t) => {
  for (const scenario of scenarios) {
    if (scenario.newConnections || scenario.mostConnections !== undefined) continue
    const { connections, mostConnections, warmup } = connectionsOf(scenario)
    t.strictSame([connections, mostConnections, warmup], Array(3).fill(keptConnections), scenario.name)
  }
})

t.test('as many as it takes', async (t) => {
  t.strictSame(of('crowd-50'), { connections: 32, mostConnections: 2000, warmup: 32 })
})

t.test('each request its own', async (t) => {
  t.equal(of('new-50').newConnections, true)
  t.equal(of('new-50').mostConnections, undefined, 'as many as a generator opens')
})
