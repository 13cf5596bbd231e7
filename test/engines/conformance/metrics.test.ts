/** Health and metrics, as whoever watches over a server sees them. */
import fs from 'node:fs'
import type { Test } from 'tap'
import { type Engine, forEachEngine, type Service, startEngine } from '../../fixtures/engines.ts'
import { readExposition, sample } from '../../fixtures/exposition.ts'
import { LogLines } from '../../fixtures/log-lines.ts'
import { message } from '../../fixtures/raw-client.ts'
import { SessionClient } from '../../fixtures/session-client.ts'

const get = (target: string) => message('GET', target)

async function scrape(service: Service, query = ''): Promise<ReturnType<typeof readExposition>> {
  const answer = await service.ask('GET', `/.twinserve/metrics${query}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return readExposition(answer.text)
}

/** What a server that does each of these things once tells afterwards. */
async function everything(t: Test, engine: Engine, loops = 1): Promise<void> {
  const several = loops === 1 ? {} : engine.name === 'sync' ? { threads: loops } : { workers: loops }
  const log = await LogLines.open(t)
  const service = await startEngine(t, engine, { metrics: true, logFormat: 'json', logFile: log.file, ...several })
  fs.writeFileSync(service.path('small'), 'content')
  fs.writeFileSync(service.path('large'), Buffer.alloc(3_000_000, 'x'))
  const before = await scrape(service, '?before')
  const idle = await service.connect()
  await idle.send(get('/small'))
  t.equal((await idle.answer()).text, 'content')
  t.equal((await service.ask('GET', '/large')).body.length, 3_000_000)
  t.equal((await service.ask('PUT', '/stored', {}, Buffer.alloc(500_000))).status, 201)
  t.equal((await service.ask('GET', '/none')).status, 404)
  const session = await SessionClient.open(service.server.address)
  t.match(await session.call('pwd'), { path: '/' })
  // A request is counted behind its answer, and another loop may be asked sooner than that. Its line in the log comes later still.
  const targets = ['metrics?before', 'session'].map((name) => `/.twinserve/${name}`)
  for (const target of [...targets, '/small', '/large', '/stored', '/none', '/']) await log.of(target)
  const after = await scrape(service)
  const rise = (name: string, labels?: string) =>
    (sample(after, name, labels) ?? Number.NaN) - (sample(before, name, labels) ?? 0)
  const requests = (method: string, status: string) =>
    rise('twinserve_requests_total', `method="${method}",status="${status}"`)
  t.equal(requests('GET', '2xx'), 3, 'two files, and the metrics before')
  t.equal(requests('GET', '1xx'), 1, 'the handshake')
  t.equal(requests('GET', '4xx'), 1)
  t.equal(requests('PUT', '2xx'), 1)
  t.equal(requests('session', '2xx'), 1)
  t.equal(rise('twinserve_request_duration_seconds_count', 'phase="total"'), 7)
  const [sent, received] = [rise('twinserve_sent_bytes_total'), rise('twinserve_received_bytes_total')]
  t.ok(sent > 3_000_000 && sent < 3_050_000, `${sent} bytes were sent`)
  t.ok(received > 500_000 && received < 510_000, `${received} bytes were received`)
  t.equal(rise('twinserve_connections_accepted_total'), 6)
  t.equal(sample(after, 'twinserve_sessions'), 1)
  t.equal(sample(after, 'twinserve_requests_in_flight'), 1)
  t.equal(sample(after, 'twinserve_serving_loops'), loops)
  t.ok((sample(after, 'twinserve_connections') as number) >= 3)
  t.ok(rise('twinserve_busy_seconds_total') > 0)
  t.ok(rise('process_cpu_seconds_total') > 0)
  t.ok((sample(after, 'process_resident_memory_bytes') as number) > 10_000_000)
  t.ok(Math.abs((sample(after, 'process_start_time_seconds') as number) - Date.now() / 1000) < 3600)
  const lag = 'twinserve_event_loop_lag_seconds'
  if (engine.name === 'sync') t.notOk(after.has(lag), 'there is no event loop')
  else while (!(await scrape(service)).has(lag)) t.pass('it has not been looked at yet')
  for (const client of [idle, session]) client.destroy()
}

forEachEngine(async (t, engine) => {
  await t.test('health', async (t) => {
    const service = await startEngine(t, engine)
    const answer = await service.ask('GET', '/.twinserve/health')
    t.match(answer, { status: 200, text: 'ok\n' })
    t.equal((await service.ask('GET', '/.twinserve/metrics')).status, 404, 'and no metrics unless asked for')
  })

  await t.test('metrics', (t) => everything(t, engine))
  await t.test('metrics of two threads, or two workers', (t) => everything(t, engine, 2))

  await t.test('who is turned away is counted', async (t) => {
    const service = await startEngine(t, engine, { metrics: true, limits: { connections: 1 } })
    const inside = await service.connect()
    await inside.send(get('/.twinserve/health'))
    t.equal((await inside.answer()).status, 200)
    const outside = await service.connect()
    t.equal((await outside.answer()).status, 503)
    await inside.send(get('/.twinserve/metrics'))
    const told = readExposition((await inside.answer()).text)
    t.equal(sample(told, 'twinserve_connections_accepted_total'), 2)
    t.equal(sample(told, 'twinserve_connections_refused_total'), 1)
    t.equal(sample(told, 'twinserve_connections'), 1)
    for (const client of [inside, outside]) client.destroy()
  })
})
