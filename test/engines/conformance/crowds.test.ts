/** Connections beyond what there is room for: answered with 503, and ended; whoever has a place keeps it. */
import fs from 'node:fs'
import { forEachEngine, type Service, startEngine } from '../../fixtures/engines.ts'
import { type Answer, message, RawClient, type Where } from '../../fixtures/raw-client.ts'

/** A client that comes from another address of loopback. */
function from(service: Service, localAddress: string): Promise<RawClient> {
  const where: Where & { readonly localAddress: string } = { ...(service.server.address as Where), localAddress }
  return RawClient.connect(where)
}

async function ask(client: RawClient): Promise<Answer> {
  await client.send(message('GET', '/a'))
  return await client.answer()
}

/** Until there is a place: whoever has left it is gone for the server only when the server has seen that. */
async function accepted(connect: () => Promise<RawClient>): Promise<RawClient> {
  for (;;) {
    const client = await connect()
    if ((await ask(client)).status === 200) return client
    client.destroy()
  }
}

forEachEngine(async (t, engine) => {
  await t.test('in all', async (t) => {
    const service = await startEngine(t, engine, { limits: { connections: 2, lingerTime: 20_000 } })
    fs.writeFileSync(service.path('a'), 'content')
    const inside = [await service.connect(), await service.connect()] as const
    for (const client of inside) t.equal((await ask(client)).text, 'content')
    const outside = await service.connect()
    const refused = await outside.answer()
    t.match(refused, { status: 503, text: 'overloaded: The server has no room for the request now. Try again soon.\n' })
    t.equal(refused.field('retry-after'), '1')
    t.equal(refused.field('connection'), 'close')
    t.equal(await outside.ended, 'end', 'and not by a reset, which could overtake the answer')
    outside.destroy()
    const late = await service.connect()
    await late.send(message('GET', '/a'))
    t.equal((await late.answer()).status, 503, 'a request that came meanwhile is not what is answered')
    t.equal((await late.rest()).length, 0)
    late.destroy()
    for (const client of inside) t.equal((await ask(client)).text, 'content')
    inside[0].destroy()
    const next = await accepted(() => service.connect())
    t.equal((await ask(next)).text, 'content')
    for (const client of [inside[1], next]) client.destroy()
  })

  await t.test('more than can be told at a time', async (t) => {
    const service = await startEngine(t, engine, { limits: { connections: 8 } })
    fs.writeFileSync(service.path('a'), 'content')
    const inside = await service.connect()
    t.equal((await ask(inside)).text, 'content')
    const outside = await Promise.all(Array.from({ length: 40 }, () => service.connect()))
    await Promise.all(outside.slice(7).map((client) => client.ended))
    const told = outside.filter((client) => client.unread.includes('HTTP/1.1 503 ')).length
    t.equal(told, 33, 'all but those that have a place')
    t.equal((await ask(inside)).text, 'content')
    for (const client of [inside, ...outside]) client.destroy()
  })

  if (process.platform !== 'linux') return
  await t.test('from one address', async (t) => {
    const service = await startEngine(t, engine, { limits: { connectionsPerAddress: 2 } })
    fs.writeFileSync(service.path('a'), 'content')
    const one = [await from(service, '127.0.0.2'), await from(service, '127.0.0.2')] as const
    for (const client of one) t.equal((await ask(client)).status, 200)
    const third = await from(service, '127.0.0.2')
    t.equal((await third.answer()).status, 503)
    const other = await from(service, '127.0.0.3')
    t.equal((await ask(other)).status, 200, 'another address has places of its own')
    one[0].destroy()
    const again = await accepted(() => from(service, '127.0.0.2'))
    for (const client of [one[1], third, other, again]) client.destroy()
  })
})
