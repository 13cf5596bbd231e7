/** TLS on both engines, seen from the wire: what is spoken, what is passed on, and what becomes of what breaks off. */
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { certified, credentials, fingerprintOf } from '../fixtures/credentials.ts'
import { type Engine, type Service, secureEngines, startEngine } from '../fixtures/engines.ts'
import { LogLines } from '../fixtures/log-lines.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { alert, recordsOf } from '../fixtures/tls-records.ts'

/** The address of a service, as `tls.connect` takes it. */
function portOf(service: Service): { host: string; port: number } {
  const { address } = service.server
  if ('path' in address) throw new Error('a path')
  return address
}

/** A handshake. @returns the connection, or the code of its failure */
async function shake(service: Service, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket | string> {
  const socket = tls.connect({ ...portOf(service), rejectUnauthorized: false, ...options })
  return await new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    socket.once('secureConnect', () => resolve(socket))
  })
}

async function shaken(t: Test, service: Service, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const socket = await shake(service, options)
  if (typeof socket === 'string') throw new Error(socket)
  t.teardown(() => socket.destroy())
  return socket
}

/** A client that speaks no TLS. */
const inTheClear = (service: Service) => RawClient.connect({ ...service.where, secure: false })

async function versions(t: Test, service: Service): Promise<void> {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await shaken(t, service, {
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    t.equal(socket.getProtocol(), version)
    t.equal(socket.alpnProtocol, 'http/1.1')
    t.match(socket.getCipher().name, /GCM|CHACHA20/)
  }
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    t.match(await shake(service, { ...old, maxVersion: version }), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', version)
  }
  const weak = await shake(service, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' })
  t.equal(weak, 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'nothing without authenticated encryption')
  t.equal(await shake(service, { ALPNProtocols: ['h2'] }), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
  const socket = await shaken(t, service, { maxVersion: 'TLSv1.2' })
  const [error] = await new Promise<[Error | null]>((resolve) => {
    socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve([error]))
    socket.on('error', (error) => resolve([error]))
    socket.on('close', () => resolve([new Error('closed')]))
  })
  t.ok(error, 'no renegotiation')
}

async function plain(t: Test, service: Service): Promise<void> {
  for (const bytes of [message('GET', '/a'), message('PUT', '/b', {}, 'x'.repeat(300_000)), Buffer.from('\0')]) {
    const client = await inTheClear(service)
    await client.send(bytes)
    const answer = await client.answer()
    t.equal(answer.status, 400)
    t.equal(answer.text, 'tls_required: This port speaks TLS. Use an address that begins with https://.\n')
    t.equal(await client.ended, 'end')
    client.destroy()
  }
  t.notOk(fs.existsSync(service.path('b')))
}

/** Bytes up and down, more than all buffers on the way hold. */
async function large(t: Test, service: Service): Promise<void> {
  const bytes = Buffer.alloc(24 * 1024 * 1024, 'all of them, in their order. ')
  t.equal((await service.ask('PUT', '/large', {}, bytes)).status, 201)
  t.ok(fs.readFileSync(service.path('large')).equals(bytes))
  const client = await service.connect()
  await client.send(message('GET', '/large'))
  await client.head()
  client.pause()
  // Others are not kept from their turn for longer than what the buffers on the way do not hold.
  client.resume()
  t.ok((await client.answer()).body.equals(bytes))
  // A half that is ended is no end of the other.
  await client.send(message('GET', '/large'))
  client.end()
  t.ok((await client.answer()).body.equals(bytes))
  t.equal(await client.ended, 'end')
  client.destroy()
}

async function renewed(t: Test, service: Service): Promise<void> {
  const before = await shaken(t, service)
  t.equal(before.getPeerX509Certificate()?.fingerprint256, fingerprintOf(credentials))
  const old = await service.connect()
  await old.send(message('GET', '/large'))
  await old.head()
  const other = certified(['other.example'])
  service.server.renew(other)
  // The one thread tells the other: whoever comes after a while gets the new one.
  for (;;) {
    const socket = await shaken(t, service)
    const shown = socket.getPeerX509Certificate()?.fingerprint256
    socket.destroy()
    if (shown === fingerprintOf(other)) break
    t.equal(shown, fingerprintOf(credentials))
  }
  t.equal((await old.answer()).body.length, 24 * 1024 * 1024, 'what was under way goes on')
  await old.send(message('GET', '/a'))
  t.equal((await old.answer()).text, 'content', 'and so does its connection')
  old.destroy()
  const again = await shaken(t, service)
  t.equal(again.getPeerX509Certificate()?.fingerprint256, fingerprintOf(other))
}

async function suite(t: Test, engine: Engine): Promise<void> {
  const log = await LogLines.open(t)
  const limits = { lingerTime: 300 }
  const service = await startEngine(t, engine, { logFormat: 'json', logFile: log.file, limits })
  fs.writeFileSync(service.path('a'), 'content')

  await t.test('TLS 1.2 and 1.3, and nothing weak', (t) => versions(t, service))
  await t.test('HTTP in the clear is answered with a sentence', (t) => plain(t, service))
  await t.test('large files, and half-closed connections', (t) => large(t, service))
  await t.test('another certificate, for those who come from then on', (t) => renewed(t, service))

  await t.test('the log has the address of the client', async (t) => {
    const carrier = net.connect({ ...portOf(service), localAddress: '127.0.0.77' })
    const socket = await shaken(t, service, { socket: carrier })
    socket.write(message('GET', '/a?logged'))
    await once(socket, 'data')
    t.match(await log.of('/a?logged'), { remote: '127.0.0.77', status: 200 })
  })

  await t.test('who does not come to an end with the handshake is sent away', async (t) => {
    const hasty = await startEngine(t, engine, { limits: { handshakeTime: 300 } })
    const hello = Buffer.from([0x16, 0x03, 0x01])
    for (const bytes of [Buffer.alloc(0), hello]) {
      const client = await inTheClear(hasty)
      await client.send(bytes)
      t.match(await client.ended, /^(end|reset)$/)
      client.destroy()
    }
    const gone = net.connect(portOf(hasty))
    await once(gone, 'connect')
    gone.end(hello)
    await once(gone.resume(), 'close')
    const garbage = await inTheClear(hasty)
    await garbage.send(Buffer.concat([hello, Buffer.from('no handshake at all')]))
    await garbage.ended
    garbage.destroy()
    t.equal((await service.ask('GET', '/a')).text, 'content')
  })

  await t.test('whoever is sent away is told so: nothing was cut off', async (t) => {
    const hasty = await startEngine(t, engine, { limits: { idleTime: 100, lingerTime: 300 } })
    const requests = { closed: message('GET', '/', { Connection: 'close' }), idle: message('GET', '/'), silent: '' }
    for (const [name, request] of Object.entries(requests)) {
      const kinds = await recordsOf(t, portOf(hasty), Buffer.from(request))
      t.equal(kinds.at(-1), alert, name)
    }
  })

  await t.test('a page elsewhere has another scheme', async (t) => {
    const fields = (origin: string) => ({ Origin: origin, Host: 'localhost:1' })
    t.equal((await service.ask('PUT', '/own', fields('https://localhost:1'), 'x')).status, 201)
    t.equal((await service.ask('PUT', '/foreign', fields('http://localhost:1'), 'x')).status, 403)
  })

  await t.test('stopping waits for what is in progress', async (t) => {
    const busy = await service.connect()
    const idle = await service.connect()
    await busy.send(message('PUT', '/late', { Expect: '100-continue', 'Content-Length': '4' }))
    t.equal((await busy.answer()).status, 100)
    const stopped = service.server.stop()
    await busy.send('late')
    t.equal((await busy.answer()).status, 201)
    t.equal(await busy.ended, 'end')
    t.match(await idle.ended, /^(end|reset)$/)
    for (const client of [busy, idle]) client.destroy()
    await stopped
    await t.rejects(service.connect(), { code: 'ECONNREFUSED' })
  })
}

for (const engine of secureEngines) void t.test(engine.name, (t) => suite(t, engine))

for (const engine of secureEngines) {
  void t.test(`${engine.name}: a reader that takes nothing is sent away`, async (t) => {
    const log = await LogLines.open(t)
    const limits = { sendStall: 400, sendPiece: 64 * 1024, lingerTime: 200 }
    const service = await startEngine(t, engine, { logFormat: 'json', logFile: log.file, limits })
    fs.writeFileSync(service.path('large'), Buffer.alloc(64 * 1024 * 1024))
    const client = await service.connect()
    await client.send(message('GET', '/large?slow'))
    await client.head()
    client.pause()
    const line = await log.of('/large?slow')
    t.match(line, { status: 200 })
    t.ok((line as unknown as { bytes: number }).bytes < 64 * 1024 * 1024)
    t.equal((await service.ask('GET', '/none')).status, 404)
    client.destroy()
  })
}
