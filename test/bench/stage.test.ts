/** What scenarios are run on: servers with a slow disk, slower ones, those of others, and what is told of them. */
import fs from 'node:fs'
import path from 'node:path'
import { type Test, test } from 'tap'
import { startGenerator } from '../../bench/load/process.ts'
import { blocking, type Circumstances, type Engine, eventLoop, startEngine } from '../../bench/run/engines.ts'
import { findPeers, startPeer } from '../../bench/run/peers.ts'
import { thinned } from '../../bench/run/truth.ts'

const large = 128 * 1024

async function started(t: Test, engine: Engine, more: Partial<Circumstances>): Promise<string> {
  const root = t.testdir({ small: 'small', large: 'x'.repeat(large) })
  const server = await startEngine(engine, { root, processor: undefined, ...more })
  t.teardown(() => server.stop())
  return `http://127.0.0.1:${server.port}`
}

/** Milliseconds until all of so many requests at once are answered. */
async function timeOf(url: string, count: number, bytes: number): Promise<{ taken: number; right: boolean }> {
  const begun = performance.now()
  const bodies = await Promise.all(Array.from({ length: count }, async () => (await fetch(url)).arrayBuffer()))
  return { taken: performance.now() - begun, right: bodies.every(({ byteLength }) => byteLength === bytes) }
}

// Lower bounds only: no sleep ends early, however busy the machine is.
const delay = 60
for (const [engine, name, count, batches] of [
  [blocking, 'small', 3, 3],
  [blocking, 'large', 3, 3],
  [eventLoop, 'small', 5, 2],
  [eventLoop, 'large', 5, 2],
  [{ ...eventLoop, pool: 2 }, 'small', 5, 3],
  [{ ...eventLoop, pool: 2 }, 'large', 5, 3],
] as const) {
  const pool = 'pool' in engine ? `, ${engine.pool} file threads` : ''
  test(`a slow disk holds who reads: ${engine.name}${pool}, ${name} files`, async (t) => {
    const url = await started(t, engine, { slowDisk: { delay, holds: 'thread' } })
    const { taken, right } = await timeOf(`${url}/${name}`, count, name === 'small' ? 5 : large)
    t.ok(right)
    t.ok(taken >= batches * (delay - 1), `${count} at once took ${taken} ms`)
  })
}

test('a disk whose delay is a timer delays all the same', async (t) => {
  const url = await started(t, eventLoop, { slowDisk: { delay, holds: 'nobody' } })
  const { taken, right } = await timeOf(`${url}/large`, 8, large)
  t.ok(right)
  t.ok(taken >= delay - 1, `${taken} ms`)
})

for (const engine of [blocking, eventLoop]) {
  test(`a slower engine is slower at each request: ${engine.name}`, async (t) => {
    const url = await started(t, engine, { spin: 40 })
    const { taken, right } = await timeOf(`${url}/small`, 3, 5)
    t.ok(right)
    t.ok(taken >= (engine === blocking ? 3 : 1) * 40, `${taken} ms`)
  })
}

test('servers tell the phases of their time where they are asked to', async (t) => {
  const generator = startGenerator(undefined)
  t.teardown(() => generator.end())
  for (const engine of [blocking, eventLoop]) {
    const url = await started(t, engine, { options: { serverTiming: true } })
    const targets = [{ method: 'GET', path: '/small', status: 200, weight: 1 }]
    const order = { port: Number(new URL(url).port), targets, rate: 200, seconds: 0.3, warmup: 8, spin: false }
    const { summary } = await generator.load({ ...order, phases: true })
    t.same(Object.keys(summary.phases ?? {}), ['wait', 'head', 'files', 'total'])
    t.ok((summary.phases?.total?.p99 as number) > 0)
    t.equal((await generator.load(order)).summary.phases, undefined)
  }
})

test('other servers are found where they lie, started, and named where they are not', async (t) => {
  const files = {
    'package.json': '{"name":"serve","version":"1.0.0","type":"commonjs","bin":{"serve":"command.js"}}',
    'command.js': `const { port } = new URL(process.argv.find((word) => word.startsWith('tcp:')).replace('tcp', 'http'))
require('http').createServer((_, answer) => answer.end('as a command')).listen(port, '127.0.0.1')`,
  }
  const library = {
    'package.json': '{"name":"sirv","version":"1.0.0","type":"module","exports":"./index.js"}',
    'index.js': 'export default (root) => (_, answer) => answer.end("as a library of " + root)',
  }
  const scratch = t.testdir({ packages: { serve: files, sirv: library }, root: {}, home: {} })
  const before = { NODE_PATH: process.env.NODE_PATH, PATH: process.env.PATH }
  t.teardown(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  process.env.NODE_PATH = path.join(scratch, 'packages')
  // `taskset` must be found, and no program of others.
  process.env.PATH = path.join(scratch, 'home')
  const { found, missing } = findPeers()
  process.env.PATH = before.PATH
  t.ok(missing.includes('nginx'))
  t.ok(missing.includes('bun'))
  const root = path.join(scratch, 'root')
  for (const [name, text] of [
    ['serve', 'as a command'],
    ['sirv', `as a library of ${root}`],
  ] as const) {
    const peer = found.find((one) => one.name === name)
    if (peer === undefined) return t.fail(`${name} is not found`)
    const running = await startPeer(peer, root, path.join(scratch, 'home', name), undefined)
    t.teardown(() => running.stop())
    t.equal(await (await fetch(`http://127.0.0.1:${running.port}/`)).text(), text)
  }
  fs.writeFileSync(path.join(scratch, 'packages/sirv/index.js'), 'throw new Error("broken")')
  const broken = found.find(({ name }) => name === 'sirv')
  if (broken === undefined) return t.fail('sirv is not found')
  await t.rejects(startPeer(broken, root, path.join(scratch, 'home'), undefined), {
    message: 'sirv could not be started: it ended at once.',
  })
})

test('of many points the longest of each hundredth of a second are kept, as they were measured', async (t) => {
  const samples = [
    { due: 0.001, last: 0.003 },
    { due: 0.002, last: 0.022 },
    { due: 0.009, last: 0.01 },
    { due: 0.5, last: 0.6 },
  ]
  const points = thinned(samples)
  t.same(points[0]?.[0], 0.002)
  t.same(
    points.map(([at]) => at),
    [0.002, 0.5],
  )
  t.same(
    points.map(([, latency]) => Math.round(latency * 1e6)),
    [20_000, 100_000],
  )
})
