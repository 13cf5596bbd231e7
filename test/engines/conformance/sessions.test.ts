/** Sessions on both engines, from the handshake to the end. */
import fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { close, fragments, ping, pong, text } from '../../fixtures/frames.ts'
import { message } from '../../fixtures/raw-client.ts'
import { handshake, handshakeFields, rpc } from '../../fixtures/session.ts'
import { SessionClient } from '../../fixtures/session-client.ts'

/** What depends on the time. */
const timeless = (line: string | undefined) =>
  line?.replace(/"modified":"[^"]*"/g, '"modified":"…"').replace(/"etag":"[^,}]*"/g, '"etag":"…"')

forEachEngine(async (t, engine) => {
  await t.test('the examples of docs/session.md, however they are cut', async (t) => {
    const page = await readFile(new URL('../../../docs/session.md', import.meta.url), 'utf8')
    const conversations = [...page.matchAll(/^```session(.*)\n([\s\S]*?)^```$/gm)]
    t.ok(conversations.length > 4)
    const service = await startEngine(t, engine)
    for (const size of [100_000, 11]) {
      for (const [, details = '', body = ''] of conversations) {
        for (const name of fs.readdirSync(service.root)) fs.rmSync(service.path(name), { recursive: true })
        for (const name of details.replace(/^ files /, '').split(' ')) {
          if (name !== '') fs.writeFileSync(service.path(name), 'hello')
        }
        const client = await SessionClient.open(service.server.address)
        const lines = body.trimEnd().split('\n')
        const bytes = Buffer.concat(lines.filter((line) => line.startsWith('> ')).map((line) => text(line.slice(2))))
        const pieces: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
        await client.send(...pieces)
        for (const line of lines.filter((each) => each.startsWith('< '))) {
          t.equal(timeless(await client.said()), timeless(line.slice(2)))
        }
        client.destroy()
      }
    }
  })

  await t.test('a session and what it does, beside HTTP', async (t) => {
    const service = await startEngine(t, engine)
    const client = await SessionClient.open(service.server.address)
    t.equal((await service.ask('PUT', '/a', {}, 'hello')).status, 201)
    t.match(await client.call('stat', { path: 'a' }), { kind: 'file', size: 5 })
    t.match(await client.call('mkdir', { path: 'docs' }), { path: '/docs' })
    t.match(await client.call('move', { from: 'a', to: 'docs' }), { to: '/docs/a' })
    t.equal((await service.ask('GET', '/docs/a')).text, 'hello')
    const { etag } = (await client.call('stat', { path: 'docs/a' })) as { etag: string }
    t.equal((await service.ask('PUT', '/docs/a', { 'If-Match': etag }, 'new')).status, 204)
    t.match(await client.call('cd', { path: 'docs' }), { path: '/docs' })
    t.match(await client.call('copy', { from: 'a', to: '/b' }), { replaced: false })
    t.equal(await client.call('rmdir', { path: '.' }), 'not_empty')
    t.match(await client.call('remove', { path: '/docs', recursive: true }), { path: '/docs' })
    t.equal(await client.call('list'), 'not_found', 'the current directory has vanished')
    t.match(await client.call('list', { path: '/' }), { entries: [{ name: 'b', size: 3 }], total: 1 })
    t.same(service.tree(), { b: 'file new' })
    await client.send(close(1000))
    t.equal(await client.said(), 'close 1000')
    t.equal(await client.said(), undefined, 'the server ends its side')
    client.destroy()
  })

  await t.test('paths that lead out', async (t) => {
    const service = await startEngine(t, engine)
    fs.symlinkSync('..', service.path('out'))
    const client = await SessionClient.open(service.server.address)
    for (const [path, code] of [
      ['..', 'bad_name'],
      ['/../x', 'bad_name'],
      ['out', 'link_refused'],
      ['out/share', 'link_refused'],
      ['.twinserve', 'reserved'],
      ['a\\b', 'bad_name'],
    ] as const) {
      t.equal(await client.call('cd', { path }), code, path)
      t.equal(await client.call('list', { path }), code, path)
    }
    t.equal(await client.call('mkdir', { path: 'out/x' }), 'link_refused')
    t.match(await client.call('stat', { path: 'out' }), { kind: 'link', reachable: false })
    client.destroy()
  })

  await t.test('a large directory, page by page', async (t) => {
    const service = await startEngine(t, engine, { limits: { pageEntries: 500 } })
    const names = Array.from({ length: 1203 }, (_, i) => `file ${i}`)
    for (const name of names) fs.writeFileSync(service.path(name), '')
    const client = await SessionClient.open(service.server.address)
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = (await client.call('list', { after })) as {
        entries: { name: string }[]
        total: number
        next?: string
      }
      t.equal(page.total, 1203)
      seen.push(...page.entries.map((entry) => entry.name))
      after = page.next
    } while (after !== undefined)
    t.same(seen, names.sort())
    client.destroy()
  })

  await t.test('a read-only server', async (t) => {
    const service = await startEngine(t, engine, { readOnly: true })
    const client = await SessionClient.open(service.server.address)
    t.equal(await client.call('mkdir', { path: 'x' }), 'read_only')
    t.match(await client.call('list'), { total: 0 })
    client.destroy()
  })

  await t.test('handshakes that are refused', async (t) => {
    const service = await startEngine(t, engine, { limits: { sessions: 1 } })
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
      const answer = await service.ask('GET', '/.twinserve/session', {
        Connection: 'Upgrade',
        ...handshakeFields(changes),
      })
      t.equal(answer.status, status)
    }
    const client = await SessionClient.open(service.server.address)
    t.equal((await service.ask('GET', '/.twinserve/session', handshakeFields())).status, 503, 'as many as may be')
    await client.send(close())
    t.equal(await client.said(), 'close')
    client.destroy()
    await client.ended
    // The server may see the end of that connection after it sees the next handshake.
    for (;;) {
      const raw = await service.connect()
      await raw.send(handshake())
      const { status } = await raw.answer()
      raw.destroy()
      if (status === 101) break
      t.equal(status, 503)
    }
  })

  await t.test('one message is one request: others have their turn between two', async (t) => {
    const service = await startEngine(t, engine)
    fs.writeFileSync(service.path('a'), 'aaa')
    const [client, other] = [await SessionClient.open(service.server.address), await service.connect()]
    const calls = 1500
    const answered = other.answer()
    const flood = client.send(Buffer.concat(Array.from({ length: calls }, (_, i) => rpc(i, 'list'))))
    await other.send(message('GET', '/a'))
    let before = 0
    let done = false
    void answered.then(() => {
      done = true
    })
    for (let i = 0; i < calls; i += 1) {
      t.equal(JSON.parse((await client.said()) ?? '').id, i)
      if (!done) before += 1
    }
    await flood
    t.equal((await answered).text, 'aaa')
    t.ok(before < calls, `${before} of ${calls} calls were answered before`)
    for (const each of [client, other]) each.destroy()
  })

  await t.test('pings: the client’s are answered, and the server’s must be', async (t) => {
    const service = await startEngine(t, engine, { limits: { pingInterval: 60 } })
    const live = await SessionClient.open(service.server.address)
    const dead = await SessionClient.open(service.server.address)
    await live.send(ping('hello'))
    t.equal(await live.said(), 'pong hello')
    for (let i = 0; i < 4; i += 1) {
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
    const service = await startEngine(t, engine, { limits: { messageTime: 100 } })
    const client = await SessionClient.open(service.server.address)
    await client.send(rpc(1, 'pwd').subarray(0, 10))
    t.equal(await client.said(), 'close 1008 the message did not arrive in time')
    client.destroy()
    t.equal((await service.ask('GET', '/')).status, 200)
  })

  await t.test('a message in fragments, with a ping between', async (t) => {
    const service = await startEngine(t, engine)
    const client = await SessionClient.open(service.server.address)
    await client.send(fragments('{"jsonrpc":"2.0","id":1,', '"method":', '"pwd"}'))
    t.equal(await client.said(), '{"jsonrpc":"2.0","id":1,"result":{"path":"/"}}')
    client.destroy()
  })

  await t.test('clients that go without a word', async (t) => {
    const service = await startEngine(t, engine, { limits: { sessions: 3 } })
    for (let i = 0; i < 12; i += 1) {
      // Each place is free again, or soon: a handshake before that is refused, and tried again.
      let client: SessionClient | undefined
      while (client === undefined) client = await SessionClient.open(service.server.address).catch(() => undefined)
      if (i % 3 === 1) await client.send(rpc(1, 'list').subarray(0, 5))
      if (i % 3 === 2) await client.send(rpc(1, 'list'))
      client.destroy(i % 2 === 0 ? 'end' : 'reset')
    }
    t.equal((await service.ask('GET', '/')).status, 200)
  })

  await t.test('a client that closes and does not end its side is cut off', async (t) => {
    const service = await startEngine(t, engine, { limits: { lingerTime: 100 } })
    const client = await SessionClient.open(service.server.address)
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
    const clients = await Promise.all(Array.from({ length: 5 }, () => SessionClient.open(service.server.address)))
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

  await t.test('stopping with clients that do not answer', async (t) => {
    const service = await startEngine(t, engine, { limits: { lingerTime: 100 } })
    const client = await SessionClient.open(service.server.address)
    await service.server.stop()
    t.equal(await client.said(), 'close 1001 the server is stopping')
    client.destroy()
  })
})
