/** Sessions on both engines: how they begin and how they end. */
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { close, ping, pong } from '../../fixtures/frames.ts'
import { handshake, handshakeFields, rpc } from '../../fixtures/session.ts'
import { SessionClient } from '../../fixtures/session-client.ts'

forEachEngine(async (t, engine) => {
  const few = await startEngine(t, engine, { limits: { sessions: 1 } })

  await t.test('handshakes that are refused', async (t) => {
    const refusals: readonly (readonly [status: number, changes: Readonly<Record<string, string | undefined>>])[] = [
      [403, { Origin: 'http://evil.example' }],
      [403, { 'Sec-Fetch-Site': 'cross-site' }],
      [421, { Host: 'evil.example' }],
      [426, { Upgrade: undefined }],
      [426, { 'Sec-WebSocket-Version': '8' }],
      [400, { 'Sec-WebSocket-Key': 'short' }],
      [400, { 'Sec-WebSocket-Protocol': 'chat' }],
    ]
    for (const [status, changes] of refusals) {
      const answer = await few.ask('GET', '/.twinserve/session', {
        Connection: 'Upgrade',
        ...handshakeFields(changes),
      })
      t.equal(answer.status, status)
    }
    const client = await SessionClient.open(few.where)
    t.equal((await few.ask('GET', '/.twinserve/session', handshakeFields())).status, 503, 'as many as may be')
    await client.send(close())
    t.equal(await client.said(), 'close')
    client.destroy()
    await client.ended
    // The server may see the end of that connection after it sees the next handshake.
    for (;;) {
      const raw = await few.connect()
      await raw.send(handshake())
      const { status } = await raw.answer()
      raw.destroy()
      if (status === 101) break
      t.equal(status, 503)
    }
  })

  await t.test('clients that go without a word', async (t) => {
    for (let i = 0; i < 12; i += 1) {
      // Each place is free again, or soon: a handshake before that is refused, and tried again.
      let client: SessionClient | undefined
      while (client === undefined) client = await SessionClient.open(few.where).catch(() => undefined)
      if (i % 3 === 1) await client.send(rpc(1, 'list').subarray(0, 5))
      if (i % 3 === 2) await client.send(rpc(1, 'list'))
      client.destroy(i % 2 === 0 ? 'end' : 'reset')
    }
    t.equal((await few.ask('GET', '/')).status, 200)
  })

  // Long enough for a busy machine to answer a ping in.
  const hasty = await startEngine(t, engine, { limits: { pingInterval: 2000, messageTime: 100 } })

  await t.test('pings: the client’s are answered, and the server’s must be', async (t) => {
    const live = await SessionClient.open(hasty.where)
    const dead = await SessionClient.open(hasty.where)
    await live.send(ping('hello'))
    t.equal(await live.said(), 'pong hello')
    for (let i = 0; i < 2; i += 1) {
      t.equal(await live.said(), 'ping')
      await live.send(pong())
    }
    t.match(await live.call('pwd'), { path: '/' })
    t.equal(await dead.said(), 'ping')
    t.equal(await dead.said(), 'close 1001 a ping was not answered')
    t.equal(await dead.said(), undefined)
    for (const client of [live, dead]) client.destroy()
  })

  await t.test('a message that stops half way', async (t) => {
    const client = await SessionClient.open(hasty.where)
    await client.send(rpc(1, 'pwd').subarray(0, 10))
    t.equal(await client.said(), 'close 1008 the message did not arrive in time')
    client.destroy()
    t.equal((await hasty.ask('GET', '/')).status, 200)
  })

  await t.test('a client that closes and does not end its side is cut off', async (t) => {
    const service = await startEngine(t, engine, { limits: { lingerTime: 100 } })
    const client = await SessionClient.open(service.where)
    await client.send(close(1000))
    t.equal(await client.said(), 'close 1000')
    t.equal(await client.said(), undefined)
    await client.send(rpc(1, 'mkdir', { path: 'never' }))
    await service.server.stop()
    t.same(service.tree(), {}, 'what comes behind a close is not done')
    client.destroy()
  })

  await t.test('stopping: sessions are told, and calls in progress are answered', async (t) => {
    const service = await startEngine(t, engine)
    const clients = await Promise.all(Array.from({ length: 5 }, () => SessionClient.open(service.where)))
    for (const client of clients) t.match(await client.call('pwd'), { path: '/' })
    const stopped = service.server.stop()
    for (const client of clients) {
      t.equal(await client.said(), 'close 1001 the server is stopping')
      await client.send(close(1001))
      t.equal(await client.said(), undefined)
      client.destroy()
    }
    await stopped
  })

  await t.test('stopping while pings are due', async (t) => {
    for (let round = 0; round < 3; round += 1) {
      const service = await startEngine(t, engine, { limits: { pingInterval: 1, lingerTime: 100 } })
      const clients = await Promise.all(Array.from({ length: 20 }, () => SessionClient.open(service.where)))
      const endings = clients.map(async (client) => {
        const said: (string | undefined)[] = []
        do said.push(await client.said())
        while (said.at(-1) !== undefined)
        client.destroy()
        return said
      })
      await service.server.stop()
      for (const said of await Promise.all(endings)) {
        t.match(said.at(-2), /^close 1001 /)
        t.equal(said.filter((each) => each?.startsWith('close')).length, 1)
      }
    }
  })

  await t.test('stopping with clients that do not answer', async (t) => {
    const service = await startEngine(t, engine, { limits: { lingerTime: 100 } })
    const client = await SessionClient.open(service.where)
    await service.server.stop()
    t.equal(await client.said(), 'close 1001 the server is stopping')
    client.destroy()
  })
})
