/** Sessions as other people's WebSocket clients see them. */
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { WebSocket as UndiciSocket } from 'undici'
import { WebSocket } from 'ws'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'

const addressOf = (service: Service) => `${service.server.url.replace('http', 'ws')}.twinserve/session`
const call = (id: number, method: string, params?: object) => JSON.stringify({ jsonrpc: '2.0', id, method, params })

/** Debian's python3-websockets, where it is installed: it brings its own framing and its own handshake. */
const python = `
import asyncio, json, sys, websockets
async def main(url):
    async with websockets.connect(url, subprotocols=['twinserve.v1']) as ws:
        for id, method, params in ((1, 'mkdir', {'path': 'snake'}), (2, 'list', {}), (3, 'pwd', {})):
            await ws.send(json.dumps({'jsonrpc': '2.0', 'id': id, 'method': method, 'params': params}))
            print(json.dumps(json.loads(await ws.recv()).get('result')))
        await (await ws.ping())
        await ws.send(['{"jsonrpc":"2.0","id":4,', '"method":"pwd"}'])
        print(json.dumps(json.loads(await ws.recv())['id']))
        await ws.close(1000, 'done')
        print(ws.close_code, ws.subprotocol)
asyncio.run(main(sys.argv[1]))
`

/** The interpreters that have it. */
async function snakes(): Promise<string[]> {
  const found: string[] = []
  for (const each of ['python3', '/usr/bin/python3']) {
    const has = promisify(execFile)(each, ['-c', 'import websockets']).then(
      () => true,
      () => false,
    )
    if (await has) found.push(each)
  }
  return found.slice(0, 1)
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  fs.writeFileSync(service.path('a'), 'hello')

  await t.test('ws', async (t) => {
    const socket = new WebSocket(addressOf(service), 'twinserve.v1')
    await new Promise((resolve) => socket.once('open', resolve))
    t.equal(socket.protocol, 'twinserve.v1')
    t.equal(socket.extensions, '', 'it offers compression, and gets none')
    const answers: { id: number; result?: unknown }[] = []
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data, binary) => {
        t.notOk(binary)
        if (answers.push(JSON.parse(String(data))) === 300) resolve()
      })
    })
    for (let id = 0; id < 299; id += 1)
      socket.send(call(id, id % 2 === 0 ? 'stat' : 'pwd', id % 2 === 0 ? { path: 'a' } : {}))
    socket.send('{"jsonrpc":"2.0",', { fin: false })
    socket.send('"id":299,"method":"pwd"}', { fin: true })
    await all
    t.same(
      answers.map((answer) => answer.id),
      Array.from({ length: 300 }, (_, id) => id),
      'in order',
    )
    t.match(answers[0], { result: { size: 5 } })
    const pong = new Promise<Buffer>((resolve) => socket.once('pong', resolve))
    socket.ping('are you there')
    t.equal(String(await pong), 'are you there')
    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])))
    socket.close(1000, 'done')
    t.same(await closed, [1000, ''])
  })

  await t.test('ws, from a page elsewhere, and with a message that is too big', async (t) => {
    const foreign = new WebSocket(addressOf(service), 'twinserve.v1', { origin: 'http://evil.example' })
    const error = await new Promise<Error>((resolve) => foreign.once('error', resolve))
    t.match(error.message, '403')
    const loud = new WebSocket(addressOf(service), 'twinserve.v1')
    await new Promise((resolve) => loud.once('open', resolve))
    const closed = new Promise((resolve) => loud.once('close', (code, reason) => resolve([code, String(reason)])))
    loud.send('x'.repeat(70_000))
    t.same(await closed, [1009, 'a message has more than 65536 bytes'])
  })

  await t.test('undici, which is the client in Node and is made as browsers’ are', async (t) => {
    const socket = new UndiciSocket(addressOf(service), 'twinserve.v1')
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
    t.equal(socket.protocol, 'twinserve.v1')
    const answer = new Promise<string>((resolve) => {
      socket.addEventListener('message', (event) => resolve(String(event.data)), { once: true })
    })
    socket.send(call(1, 'list'))
    t.match(JSON.parse(await answer), { id: 1, result: { entries: [{ name: 'a' }], total: 1 } })
    const closed = new Promise<{ code: number; wasClean: boolean }>((resolve) => {
      socket.addEventListener('close', (event) => resolve(event), { once: true })
    })
    socket.close(3000, 'done')
    t.match(await closed, { code: 3000, wasClean: true })
  })

  await t.test('python3-websockets, where there is one', async (t) => {
    for (const interpreter of await snakes()) {
      const { stdout } = await promisify(execFile)(interpreter, ['-c', python, addressOf(service)])
      const lines = stdout.trim().split('\n')
      t.match(JSON.parse(lines[1] ?? ''), { path: '/', total: 2 })
      t.same([lines[0], ...lines.slice(2)], ['{"path": "/snake"}', '{"path": "/"}', '4', '1000 twinserve.v1'])
    }
    t.match(await service.ask('GET', '/a'), { status: 200 }, 'and the server goes on')
  })

  await t.test('stopping closes them cleanly', async (t) => {
    const socket = new WebSocket(addressOf(service), 'twinserve.v1')
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])))
    await service.server.stop()
    t.same(await closed, [1001, 'the server is stopping'])
  })
})
