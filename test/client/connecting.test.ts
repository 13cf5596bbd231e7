/** Addresses, and servers that are none. */
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'tap'
import { endpointOf } from '../../src/client/endpoint.ts'
import { connect } from '../../src/client/index.ts'
import { clientOf, failureOf } from '../fixtures/clients.ts'
import { engines, startEngine } from '../fixtures/engines.ts'
import { answer, liar } from '../fixtures/liar.ts'
import { temporary } from '../fixtures/temporary.ts'

test('addresses', async (t) => {
  t.match(endpointOf(), { host: '127.0.0.1:8080', target: { host: '127.0.0.1', port: 8080 }, secure: false })
  t.match(endpointOf('http://files.example.org'), { target: { host: 'files.example.org', port: 80 } })
  t.match(endpointOf('https://files.example.org/'), { target: { port: 443 }, secure: true })
  t.match(endpointOf('http://[::1]:9/'), { host: '[::1]:9', target: { host: '::1', port: 9 } })
  t.match(endpointOf('http+unix://%2Frun%2Fx.sock/'), { host: 'localhost', target: { socketPath: '/run/x.sock' } })
  for (const url of ['', 'nonsense', 'ftp://a/', 'file:///a', 'http://a/docs', 'http+unix:///']) {
    t.throws(() => endpointOf(url), { code: 'bad_parameter' }, url)
  }
})

test('a Unix socket', async (t) => {
  for (const engine of engines) {
    const listen = { path: join(await temporary(t), 's') }
    const service = await startEngine(t, engine, { listen })
    const client = await clientOf(t, service.server.url)
    await client.upload(Buffer.from('x'), 'a')
    t.equal((await client.stat('a')).size, 1)
  }
})

test('nobody is there', async (t) => {
  t.match(await failureOf(connect({ url: 'http://127.0.0.1:1/' })), {
    code: 'unreachable',
    message:
      'The server at http://127.0.0.1:1/ cannot be reached: nothing listens there. Start it, or give another address.',
  })
  t.match(await failureOf(connect({ url: 'http+unix://%2Fno%2Fsuch/' })), {
    code: 'unreachable',
    message: /no such socket/,
  })
  t.equal((await failureOf(connect({ url: 'http://127.0.0.1:1/', signal: AbortSignal.abort() }))).code, 'cancelled')
})

test('somebody is there who says nothing', async (t) => {
  const server = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const failure = await failureOf(connect({ url, timeout: 200 }))
  t.match(failure, { code: 'unreachable', message: /cannot be reached: it does not answer\./ })
})

test('something else is there', async (t) => {
  const session = 'GET /.twinserve/session'
  const refusal = '{"error":{"code":"wrong_host","status":421,"message":"Not for this host."}}'
  const rows = [
    [
      answer('404 Not Found', 'nothing here'),
      'unreachable',
      /is no twinserve.*\(status 404\)\. Give another address\.$/,
    ],
    [
      answer('403 Forbidden', 'by a proxy'),
      'not_allowed',
      'The server refuses GET /.twinserve/session with status 403.',
    ],
    [answer('421 Misdirected Request', refusal), 'wrong_host', 'Not for this host.'],
    [answer('200 OK', 'hello'), 'unreachable', /is no twinserve.*\(status 200\)/],
  ] as const
  for (const [bytes, code, message] of rows) {
    const server = createServer((socket) => void socket.on('data', () => socket.end(bytes)).on('error', () => {}))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    t.match(await failureOf(connect({ url })), { code, message }, session)
  }
  const url = await liar(t, { session: { hello: { protocol: 7 } } })
  const client = await clientOf(t, url)
  t.equal((await failureOf(client.hello())).code, 'bad_answer')
})

test('a server that does not answer', async (t) => {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const stop = new AbortController()
  server.on('connection', () => stop.abort())
  t.equal((await failureOf(connect({ url, signal: stop.signal }))).code, 'cancelled')
})
