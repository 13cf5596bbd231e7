/** Connections (RFC 9112, section 9): kept, pipelined, HTTP/1.0, ended; and the addresses that a server listens on. */
import fs from 'node:fs'
import path from 'node:path'
import { overEachTransport, startEngine, startOn } from '../../fixtures/engines.ts'
import { quiet } from '../../fixtures/quiet.ts'
import { message, RawClient } from '../../fixtures/raw-client.ts'
import { temporary } from '../../fixtures/temporary.ts'

const get = (target: string, fields = {}) => message('GET', target, fields)
const old = (target: string, fields = '') => `GET ${target} HTTP/1.0\r\n${fields}\r\n`

overEachTransport(async (t, engine) => {
  const service = await startEngine(t, engine, {
    limits: { requestsPerConnection: 50, drainBytes: 1000, lingerTime: 200 },
  })
  for (const name of ['a', 'b', 'c']) fs.writeFileSync(service.path(name), name.repeat(3))
  fs.writeFileSync(service.path('large'), 'x'.repeat(500_000))

  await t.test('a connection is kept, and serves one request after another', async (t) => {
    const client = await service.connect()
    for (const [target, status] of [
      ['/a', 200],
      ['/none', 404],
      ['/', 200],
      ['/large', 200],
      ['/b', 200],
    ] as const) {
      await client.send(get(target))
      const answer = await client.answer()
      t.equal(answer.status, status, target)
      t.equal(answer.field('connection'), undefined)
    }
    await client.send(message('HEAD', '/large'), get('/c'))
    t.equal((await client.answer('HEAD')).field('content-length'), '500000')
    t.equal((await client.answer()).text, 'ccc')
    t.notOk(client.isEnded)
    client.destroy()
  })

  await t.test('Connection: close is taken at its word, and the server says it too', async (t) => {
    const client = await service.connect()
    await client.send(get('/a', { Connection: 'close' }))
    const answer = await client.answer()
    t.equal(answer.field('connection'), 'close')
    t.equal(await client.ended, 'end')
    t.equal(client.unread.length, 0)
    client.destroy()
  })

  await t.test('pipelined requests are answered in their order, however they are cut', async (t) => {
    const requests = Buffer.concat([
      get('/a'),
      message('PUT', '/piped', { 'Transfer-Encoding': 'chunked' }, '3\r\none\r\n0\r\n\r\n'),
      get('/piped'),
      message('PUT', '/piped?overwrite', {}, 'GET /secret HTTP/1.1\r\n\r\n'),
      get('/large'),
      message('HEAD', '/large'),
      get('/piped'),
      message('DELETE', '/piped'),
      get('/none'),
    ])
    for (const size of [requests.length, 1, 13]) {
      const client = await service.connect()
      const pieces: Uint8Array[] = []
      for (let at = 0; at < requests.length; at += size) pieces.push(requests.subarray(at, at + size))
      await client.send(...pieces)
      const seen: unknown[] = []
      for (const method of ['GET', 'PUT', 'GET', 'PUT', 'GET', 'HEAD', 'GET', 'DELETE', 'GET']) {
        const { status, body } = await client.answer(method)
        seen.push([status, body.length])
      }
      const created = seen[1] as [number, number]
      t.same(seen, [[200, 3], created, [200, 3], [204, 0], [200, 500_000], [200, 0], [200, 24], [204, 0], seen[8]])
      t.equal(created[0], 201)
      t.equal((seen[8] as [number, number])[0], 404)
      client.destroy()
    }
  })

  await t.test('many pipelined requests, of which the last is the connection’s last', async (t) => {
    const client = await service.connect()
    await client.send(Buffer.concat(Array.from({ length: 60 }, (_, i) => get(i % 2 === 0 ? '/a' : '/b'))))
    for (let i = 0; i < 50; i += 1) {
      const answer = await client.answer()
      t.equal(answer.text, i % 2 === 0 ? 'aaa' : 'bbb')
      t.equal(answer.field('connection'), i === 49 ? 'close' : undefined)
    }
    t.same((await client.rest()).length, 0)
    client.destroy()
  })

  await t.test('a client that ends its side still gets its answers', async (t) => {
    const client = await service.connect()
    await client.send(Buffer.concat([get('/a'), get('/large'), get('/b')]))
    client.end()
    t.same(
      [(await client.answer()).text, (await client.answer()).body.length, (await client.answer()).text],
      ['aaa', 500_000, 'bbb'],
    )
    t.equal(await client.ended, 'end')
    client.destroy()
  })

  await t.test('a connection that ends without a request gets no answer', async (t) => {
    const client = await service.connect()
    client.end()
    t.equal((await client.rest()).length, 0)
    client.destroy()
  })

  await t.test('HTTP/1.0', async (t) => {
    const plain = await service.exchange(old('/a'))
    t.equal(plain.text, 'aaa')
    t.equal(plain.field('connection'), 'close')
    const streamed = await service.exchange(old('/', 'Accept: application/json\r\n'))
    t.equal(streamed.field('transfer-encoding'), undefined, 'it has no chunks')
    t.match(streamed.json(), { path: '/' })
    const client = await service.connect()
    for (const target of ['/a', '/b']) {
      await client.send(old(target, 'Connection: keep-alive\r\n'))
      const answer = await client.answer()
      t.equal(answer.text, target.slice(1).repeat(3))
      t.equal(answer.field('connection'), 'keep-alive')
    }
    await client.send(old('/', 'Connection: keep-alive\r\n'))
    t.equal((await client.answer()).field('connection'), 'close', 'its end is the end of the content')
    client.destroy()
    t.equal((await service.exchange(old('/a', 'Host: evil.example\r\n'))).status, 421)
    const put = await service.exchange('PUT /old HTTP/1.0\r\nContent-Length: 2\r\n\r\nok')
    t.equal(put.status, 201)
  })

  await t.test('what is left of a body is read if it is little, and else costs the connection', async (t) => {
    const small = await service.connect()
    await small.send(message('PUT', '/a', {}, 'x'.repeat(500)), get('/b'))
    t.same([(await small.answer()).status, (await small.answer()).text], [409, 'bbb'])
    small.destroy()
    const large = await service.connect()
    await large.send(message('PUT', '/a', { 'Content-Length': '500000' }, 'x'.repeat(100)))
    const answer = await large.answer()
    t.same([answer.status, answer.field('connection')], [409, 'close'])
    t.equal(await large.ended, 'end')
    large.destroy()
    const reading = await service.connect()
    await reading.send(message('GET', '/a', {}, 'a body that GET does not need'), get('/c'))
    t.same([(await reading.answer()).text, (await reading.answer()).text], ['aaa', 'ccc'])
    reading.destroy()
  })

  await t.test('an answer is whole even if the client has not read it when the server ends its side', async (t) => {
    const client = await service.connect()
    client.pause()
    await client.send(message('PUT', '/a', { Connection: 'close' }, 'x'.repeat(200_000)))
    client.resume()
    t.equal((await client.answer()).status, 409)
    t.equal(await client.ended, 'end')
    client.destroy()
  })

  await t.test('bytes before and between requests', async (t) => {
    const client = await service.connect()
    await client.send('\r\n', get('/a'), '\r\n', get('/b'))
    t.same([(await client.answer()).text, (await client.answer()).text], ['aaa', 'bbb'], 'RFC 9112, section 2.2')
    client.destroy()
  })
})

overEachTransport(async (t, engine) => {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'a'), 'aaa')

  await t.test('IPv4, IPv6 and both', async (t) => {
    for (const host of ['127.0.0.1', '::1', '::', 'localhost']) {
      const service = await startOn(t, engine, root, { listen: { host, port: 0 } })
      const { address, url } = service.server
      if ('path' in address) return t.fail('a path')
      t.match(url, host === '::1' ? /^https?:\/\/\[::1\]:\d+\/$/ : /^https?:\/\//)
      const reached = host === '::' ? '127.0.0.1' : address.host
      const client = await RawClient.connect({ ...service.where, host: reached, port: address.port })
      await client.send(get('/a', { Host: reached.includes(':') ? `[${reached}]:${address.port}` : reached }))
      t.equal((await client.answer()).text, 'aaa', host)
      client.destroy()
    }
  })

  await t.test('a Unix socket, which is removed at the end', async (t) => {
    const at = path.join(await temporary(t), 'socket')
    const service = await startOn(t, engine, root, { listen: { path: at } })
    t.same(service.server.address, { path: at })
    t.match(service.server.url, /^https?\+unix:/)
    t.equal((await service.ask('GET', '/a')).text, 'aaa')
    await t.rejects(engine.serve({ ...quiet, root, listen: { path: at } }), { code: 'EADDRINUSE' })
    t.equal((await service.ask('GET', '/a')).text, 'aaa', 'the first one goes on')
    await service.server.stop()
    t.notOk(fs.existsSync(at))
  })

  await t.test('a port that is taken, and a directory that is none', async (t) => {
    const service = await startOn(t, engine, root)
    await t.rejects(engine.serve({ ...quiet, root, listen: service.server.address }), { code: 'EADDRINUSE' })
    const listen = { host: '127.0.0.1', port: 0 }
    await t.rejects(engine.serve({ ...quiet, root: path.join(root, 'none'), listen }), { code: 'ENOENT' })
    await t.rejects(engine.serve({ ...quiet, root: path.join(root, 'a'), listen }), { code: 'ENOTDIR' })
  })

  await t.test('stopping: no new connection, idle ones end, a request in progress is answered', async (t) => {
    const service = await startOn(t, engine, root)
    const [idle, used, busy] = [await service.connect(), await service.connect(), await service.connect()]
    await used.send(get('/a'))
    await used.answer()
    await busy.send(message('PUT', '/stored', { Expect: '100-continue', 'Content-Length': '4' }))
    t.equal((await busy.answer()).status, 100)
    const stopped = service.server.stop()
    await busy.send('done')
    t.equal((await busy.answer()).status, 201)
    t.equal(await busy.ended, 'end', 'it was the last one')
    busy.destroy()
    for (const client of [idle, used]) {
      t.equal((await client.rest()).length, 0)
      client.destroy()
    }
    await stopped
    await service.server.closed
    await t.rejects(service.connect(), { code: 'ECONNREFUSED' })
    t.equal(fs.readFileSync(path.join(root, 'stored'), 'utf8'), 'done')
    await service.server.stop()
  })

  await t.test('a request that does not end is cut when the time for it is over', async (t) => {
    const service = await startOn(t, engine, root, { limits: { drainTime: 50 } })
    const client = await service.connect()
    await client.send(message('PUT', '/never', { Expect: '100-continue', 'Content-Length': '4' }))
    t.equal((await client.answer()).status, 100)
    await service.server.stop()
    await client.ended
    client.destroy()
    t.notOk(fs.existsSync(path.join(root, 'never')))
    t.same(service.temporaries(), [])
  })
})
