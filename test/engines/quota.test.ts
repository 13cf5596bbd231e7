/** A quota that two servers of different engines keep together. */
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'tap'
import { type Engine, engines, startEngine, startOn } from '../fixtures/engines.ts'
import { startChild } from '../fixtures/serving-process.ts'

const size = 10_000
const wishes = { quota: 10 * size, fsync: false, limits: { quotaRecount: 0 } }

test('all servers together store no more than that', async (t) => {
  const [first, second] = engines as [Engine, Engine]
  const one = await startEngine(t, first, wishes)
  const other = await startOn(t, second, one.root, wishes)
  const put = (service: typeof one, name: string, bytes = size) => service.ask('PUT', name, {}, 'x'.repeat(bytes))
  for (const service of [one, other]) t.equal((await put(service, `/first-${service === one}`)).status, 201)
  const attempts = Array.from({ length: 30 }, (_, at) => put(at % 2 === 0 ? one : other, `/file-${at}`))
  const statuses = (await Promise.all(attempts)).map(({ status }) => status)
  const stored = statuses.filter((status) => status === 201).length
  t.ok(stored > 0 && statuses.every((status) => status === 201 || status === 507))
  const names = readdirSync(one.root).filter((name) => !name.startsWith('.'))
  const bytes = names.reduce((sum, name) => sum + statSync(one.path(name)).size, 0)
  t.equal(bytes, (stored + 2) * size)
  t.ok(bytes <= wishes.quota)
  // What is stored while somebody counts may be counted twice, until somebody else is refused.
  for (let left = 10 - 2 - stored; left > 0; left -= 1) await until(201, () => put(other, `/more-${left}`))
  for (const service of [one, other]) t.equal((await put(service, '/last', 1)).status, 507)
  t.equal((await one.ask('DELETE', '/first-true')).status, 204)
  // What one has deleted is room for the other.
  await until(201, () => put(other, '/last'))
})

/** Ask again until it is answered in this way: a count may be too high, and on a slow machine it is not made anew at once. */
async function until(status: number, ask: () => Promise<{ status: number }>): Promise<void> {
  while ((await ask()).status !== status);
}

for (const engine of engines) {
  test(`${engine.name}: what a server that was killed had claimed is let go`, async (t) => {
    const service = await startEngine(t, engine, wishes)
    const child = await startChild(t, engine.name, service.root, undefined, { ...wishes, readOnly: false })
    const client = connect(child.address)
    client.on('error', () => {})
    client.write(
      `PUT /large HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${wishes.quota}\r\nExpect: 100-continue\r\n\r\n`,
    )
    const [answer] = await once(client, 'data')
    t.match(`${answer}`, /^HTTP\/1.1 100 /, 'it waits for the body')
    const put = () => service.ask('PUT', '/file', {}, 'x')
    t.equal((await put()).status, 507)
    process.kill(child.pid, 'SIGKILL')
    await until(201, put)
    await until(201, () => service.ask('PUT', '/all', {}, 'x'.repeat(wishes.quota - 1)))
  })
}
