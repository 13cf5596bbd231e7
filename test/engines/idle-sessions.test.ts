/** A thousand sessions that say nothing, while requests go on: what they cost, and that they are all still there. */
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { type Child, fromSource, startChild } from '../fixtures/serving-process.ts'
import { SessionClient } from '../fixtures/session-client.ts'
import { temporary } from '../fixtures/temporary.ts'

const count = 1000
/** Far above what was seen, far below what would hurt: 4,000 of them would be 256 MB. */
const most = 64 * 1024

async function sessions(child: Child, wanted: number): Promise<SessionClient[]> {
  const clients: SessionClient[] = []
  while (clients.length < wanted) {
    const some = Math.min(50, wanted - clients.length)
    clients.push(...(await Promise.all(Array.from({ length: some }, () => SessionClient.open(child.address)))))
  }
  return clients
}

async function answers(t: Test, client: RawClient, requests: number): Promise<void> {
  for (let i = 0; i < requests; i += 1) {
    await client.send(message('GET', '/a'))
    t.equal((await client.answer()).text, 'hello')
  }
}

for (const engine of ['sync', 'async'] as const) {
  t.test(engine, async (t) => {
    const root = await temporary(t)
    fs.writeFileSync(path.join(root, 'a'), 'hello')
    // All of them come from one address.
    const limits = { connectionsPerAddress: 2 * count }
    const child = await startChild(t, engine, root, fromSource, { limits })
    const visitor = await RawClient.connect(child.address)
    // What is made once, and what is kept for the next, is not to be counted.
    for (const client of await sessions(child, 200)) {
      t.match(await client.call('pwd'), { path: '/' })
      client.destroy()
    }
    await answers(t, visitor, 500)
    const before = child.memory()
    const clients = await sessions(child, count)
    await answers(t, visitor, 500)
    const each = (child.memory() - before) / count
    t.comment(`${engine}: ${(each / 1024).toFixed(1)} KiB for each of ${count} idle sessions`)
    t.ok(each < most, `${Math.round(each)} bytes`)
    const still = await Promise.all(clients.map((client) => client.call('list')))
    t.ok(
      still.every((answer) => (answer as { total: number }).total === 1),
      'all of them are still there',
    )
    const said = clients.map((client) => client.said())
    const stopped = child.stop()
    t.same(new Set(await Promise.all(said)), new Set(['close 1001 the server is stopping']))
    for (const client of [...clients, visitor]) client.destroy()
    await stopped
  })
}
