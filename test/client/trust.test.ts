/** Whom the client trusts, and what it says of the others. */
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import tls from 'node:tls'
import { test } from 'tap'
import { endpointOf } from '../../src/client/endpoint.ts'
import { connect } from '../../src/client/index.ts'
import { parseFingerprint } from '../../src/client/trust.ts'
import { clientOf, failureOf } from '../fixtures/clients.ts'
import { certified, credentials, fingerprintOf } from '../fixtures/credentials.ts'
import { secureEngines, startEngine } from '../fixtures/engines.ts'
import { temporary } from '../fixtures/temporary.ts'

const fingerprint = fingerprintOf(credentials)
const dayOf = (date: string): string => new Date(date).toISOString().slice(0, 10)
const digits = fingerprint.replaceAll(':', '')

test('fingerprints, however they are written', async (t) => {
  for (const text of [
    fingerprint,
    digits,
    digits.toLowerCase(),
    ` SHA256:${digits}\n`,
    `sha256 Fingerprint=${fingerprint}`,
  ]) {
    t.equal(parseFingerprint(text), fingerprint, text)
  }
  for (const text of ['', 'AB', digits.slice(1), `${digits}00`, digits.replace(/^./, 'G'), `sha1:${digits}`]) {
    t.equal(parseFingerprint(text), undefined, text)
    t.throws(() => endpointOf('https://a/', { fingerprint: text }), { code: 'bad_parameter' }, text)
  }
  // A promise that nothing would keep.
  t.throws(() => endpointOf('http://a/', { fingerprint }), { code: 'bad_parameter', message: /speaks no TLS/ })
})

for (const engine of secureEngines) {
  test(`${engine.name}: exactly this certificate, or one that an authority has signed`, async (t) => {
    const service = await startEngine(t, engine)
    const { url } = service.server
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'resumable')
    for (const [name, options] of Object.entries({ pinned: { fingerprint }, signed: { ca: credentials.cert } })) {
      const client = await clientOf(t, url, options)
      await client.upload(bytes, name, { verify: true })
      await client.mkdir('below')
      t.same((await client.list()).total, 2, name)
      await client.rmdir('below')
      await client.download(name, join(await temporary(t), 'copy'), { verify: true })
      await client.remove(name)
    }
    for (const session of [true, false]) {
      const client = () => connect({ url, session, stateDirectory: false }).then((client) => client.download('x', '/'))
      t.match(await failureOf(client()), { code: 'untrusted', message: new RegExp(`signed by itself.*${fingerprint}`) })
      const other = () =>
        connect({ url, session, fingerprint: 'ab'.repeat(32), stateDirectory: false }).then((c) => c.download('x', '/'))
      t.match(await failureOf(other()), { code: 'untrusted', message: new RegExp(`is ${fingerprint}, and not AB:AB`) })
    }
    const stranger = certified().cert
    t.equal((await failureOf(connect({ url, ca: stranger }))).code, 'untrusted')
    const named = url.replace('127.0.0.1', '127.0.0.2')
    t.match(await failureOf(connect({ url: named, ca: credentials.cert })), { code: 'unreachable' })
  })

  test(`${engine.name}: a name that is not in the certificate, and one that is out of date`, async (t) => {
    const many = Array.from({ length: 7 }, (_, at) => `n${at}.example`)
    const early = certified(['127.0.0.1'], 9)
    for (const [tls, complaint] of [
      [certified(['files.example']), 'is for files.example, and not for 127.0.0.1'],
      [certified(many), `is for ${many.slice(0, 5).join(', ')} and others, and not for 127.0.0.1`],
      [early, `is not valid before ${dayOf(new X509Certificate(early.cert).validFrom)}`],
    ] as const) {
      const { server } = await startEngine(t, engine, { tls })
      const { code, message } = await failureOf(connect({ url: server.url, ca: tls.cert }))
      t.match({ code, message }, { code: 'untrusted', message: `its certificate ${complaint}. Its SHA-256` })
    }
    const old = certified(['127.0.0.1'], -900)
    const expired = await startEngine(t, engine, { tls: old })
    t.match(await failureOf(connect({ url: expired.server.url, ca: old.cert })), {
      code: 'untrusted',
      message: `its certificate has expired, on ${dayOf(new X509Certificate(old.cert).validTo)}. Its SHA-256`,
    })
    t.ok(await clientOf(t, expired.server.url, { fingerprint: fingerprintOf(old) }), 'a pin does not ask for the date')
  })

  test(`${engine.name}: a Unix socket`, async (t) => {
    const service = await startEngine(t, engine, { listen: { path: join(await temporary(t), 's') } })
    t.match(service.server.url, /^https\+unix:/)
    t.ok(await clientOf(t, service.server.url, { fingerprint }))
    t.ok(await clientOf(t, service.server.url, { ca: credentials.cert }), 'which is for localhost')
  })

  test(`${engine.name}: the wrong scheme`, async (t) => {
    const service = await startEngine(t, engine)
    t.match(await failureOf(connect({ url: service.server.url.replace('https', 'http') })), {
      code: 'tls_required',
      message: 'This port speaks TLS. Use an address that begins with https://.',
    })
  })
}

test('a server that shakes hands, and then says nothing', async (t) => {
  const { cert, key } = credentials
  const server = tls.createServer({ cert, key }, (socket) => void socket.on('error', () => {}).resume())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const failure = await failureOf(connect({ url, fingerprint, timeout: 500 }))
  t.match(failure, { code: 'unreachable', message: /does not answer/ })
})

test('a server that does not speak TLS, and one that says nothing', async (t) => {
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('data', () => talk && socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  })
  let talk = true
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const url = `https://127.0.0.1:${(server.address() as { port: number }).port}/`
  t.match(await failureOf(connect({ url })), {
    code: 'unreachable',
    message: /it does not speak TLS\. Give its address with http:\/\//,
  })
  talk = false
  t.match(await failureOf(connect({ url, timeout: 200 })), { code: 'unreachable', message: /does not answer/ })
  const stop = new AbortController()
  const failed = failureOf(connect({ url, signal: stop.signal }))
  stop.abort()
  t.equal((await failed).code, 'cancelled')
})
