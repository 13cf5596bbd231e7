/**
 * What both engines promise of connections, seen from the wire. HTTP itself is tested elsewhere: here a request
 * for a file is only something to be answered.
 */
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { serve as later } from '../../src/async/serve.ts'
import type { ListenAddress, RunningServer, Serve, ServeOptions } from '../../src/core/options.ts'
import { serve as now } from '../../src/sync/serve.ts'
import { quiet } from '../fixtures/quiet.ts'
import { reset } from '../fixtures/reset.ts'
import { temporary } from '../fixtures/temporary.ts'
import { connect, get } from '../fixtures/wire.ts'

const bigBytes = 64 * 1024 * 1024

async function site(t: Test): Promise<string> {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  fs.writeFileSync(path.join(root, 'big'), '')
  fs.truncateSync(path.join(root, 'big'), bigBytes)
  return root
}

function optionsFor(root: string, listen: ListenAddress, more: Partial<ServeOptions> = {}): ServeOptions {
  return { ...quiet, root, listen, ...more }
}

const loopback = { host: '127.0.0.1', port: 0 }

for (const [name, serve] of Object.entries({ sync: now, async: later }) as [string, Serve][]) {
  t.test(name, async (t) => {
    const root = await site(t)
    const start = async (t: Test, more: Partial<ServeOptions> = {}, listen: ListenAddress = loopback) => {
      const server = await serve(optionsFor(root, listen, more))
      t.teardown(() => server.stop())
      return server
    }
    const answered = async (server: RunningServer) => {
      const wire = await connect(server.address)
      wire.write(get('/small', 'Connection: close\r\n'))
      await wire.until((w) => w.ended)
      wire.close()
      return wire.received.endsWith('\r\n\r\ncontent')
    }

    await t.test('IPv4, IPv6, a name, a Unix socket', async (t) => {
      const four = await start(t)
      t.match(four.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/)
      t.ok(await answered(four))
      const six = await start(t, {}, { host: '::1', port: 0 })
      t.match(six.url, /^http:\/\/\[::1\]:[1-9]\d*\/$/)
      t.ok(await answered(six))
      const named = await start(t, {}, { host: 'localhost', port: 0 })
      t.match(named.url, /^http:\/\/(127\.0\.0\.1|\[::1\]):[1-9]\d*\/$/)
      t.ok(await answered(named))
      const at = path.join(root, 'socket')
      const unix = await start(t, {}, { path: at })
      t.equal(unix.url, `http+unix://${encodeURIComponent(at)}/`)
      t.ok(await answered(unix))
      await t.rejects(serve(optionsFor(root, { path: at })), { code: 'EADDRINUSE' })
      t.ok(await answered(unix), 'still there')
      await unix.stop()
      t.notOk(fs.existsSync(at), 'removed at the end')
    })

    await t.test('a Unix socket left behind is removed, and nothing else is', async (t) => {
      const at = path.join(root, 'stale')
      const old = net.createServer().listen(at)
      await once(old, 'listening')
      // A second name for it outlives its owner, as after a crash.
      fs.linkSync(at, `${at}-2`)
      await new Promise((resolve) => old.close(resolve))
      const server = await start(t, {}, { path: `${at}-2` })
      t.ok(await answered(server))
      fs.writeFileSync(`${at}-3`, 'a file')
      await t.rejects(serve(optionsFor(root, { path: `${at}-3` })), { code: 'EADDRINUSE' })
      t.equal(fs.readFileSync(`${at}-3`, 'latin1'), 'a file')
    })

    await t.test('cannot start', async (t) => {
      const server = await start(t)
      await t.rejects(serve(optionsFor(root, server.address)), { code: 'EADDRINUSE' })
      await t.rejects(serve(optionsFor(root, { host: '192.0.2.1', port: 0 })), { code: 'EADDRNOTAVAIL' })
      const none = path.join(root, 'none')
      await t.rejects(serve(optionsFor(none, loopback)), { code: 'ENOENT', path: none })
      const file = path.join(root, 'small')
      await t.rejects(serve(optionsFor(file, loopback)), { code: 'ENOTDIR', path: file })
    })

    await t.test('many requests on a connection, and many connections', async (t) => {
      const server = await start(t)
      const wires = await Promise.all(Array.from({ length: 50 }, () => connect(server.address)))
      for (let round = 1; round <= 3; round += 1) {
        for (const wire of wires) wire.write(get('/small'))
        await Promise.all(wires.map((wire) => wire.until((w) => w.answers === round && w.received.endsWith('content'))))
      }
      for (const wire of wires) wire.close()
      t.ok(await answered(server))
    })

    await t.test('pipelined requests are answered in order, and others get their turn between them', async (t) => {
      const server = await start(t)
      const greedy = await connect(server.address)
      const modest = await connect(server.address)
      const requests = 2000
      greedy.write(get('/small').repeat(requests))
      modest.write(get('/small'))
      await modest.until((w) => w.answers === 1)
      t.ok(greedy.answers < requests, 'the modest one did not wait for all of them')
      await greedy.until((w) => w.answers === requests && w.received.endsWith('content'))
      greedy.close()
      modest.close()
    })

    await t.test('a client that has ended its side is still answered', async (t) => {
      const server = await start(t)
      const wire = await connect(server.address)
      wire.socket.end(get('/small'))
      await wire.until((w) => w.ended)
      t.ok(wire.received.endsWith('content'))
      t.equal(wire.failure, undefined)
    })

    await t.test('a whole large file arrives, and a peer that goes away in its midst harms nobody', async (t) => {
      const server = await start(t)
      const quitter = await connect(server.address)
      quitter.write(get('/big'))
      await quitter.until((w) => w.received.length > 0)
      reset(quitter.socket)
      const wire = await connect(server.address)
      wire.write(get('/big', 'Connection: close\r\n'))
      await wire.until((w) => w.ended)
      t.equal(wire.received.length - wire.received.indexOf('\r\n\r\n') - 4, bigBytes)
    })

    await t.test('a reader that stops is cut, and others go on', async (t) => {
      const server = await start(t, { limits: { sendStall: 100, drainTime: 60_000 } })
      const slow = await connect(server.address, { paused: true })
      slow.write(get('/big'))
      const other = await connect(server.address)
      other.write(get('/small'))
      await other.until((w) => w.received.endsWith('content'))
      // Resolves once the slow one has been cut, long before the drain would cut it.
      await server.stop()
      slow.socket.resume()
      await slow.until((w) => w.ended)
      t.ok(slow.received.length < bigBytes, 'it did not get all of it')
    })

    await t.test('a connection that asks for nothing is closed', async (t) => {
      // Long enough to ask in, on a busy machine.
      const server = await start(t, { limits: { idleTime: 2000 } })
      const silent = await connect(server.address)
      const asked = await connect(server.address)
      asked.write(get('/small'))
      await Promise.all([silent.until((w) => w.ended), asked.until((w) => w.ended)])
      t.equal(silent.received, '')
      t.ok(asked.received.endsWith('content'))
    })

    await t.test('an answer is not lost when the server closes with bytes unread', async (t) => {
      const server = await start(t)
      const wire = await connect(server.address)
      wire.write(get('/small', 'Connection: close\r\n') + 'x'.repeat(1_000_000))
      await wire.until((w) => w.ended)
      t.ok(wire.received.endsWith('content'))
      t.equal(wire.failure, undefined, 'and no reset')
      wire.close()
    })

    await t.test('lingering ends', async (t) => {
      const server = await start(t, { limits: { lingerTime: 50 } })
      const wire = await connect(server.address)
      wire.write(get('/small', 'Connection: close\r\n'))
      await wire.until((w) => w.ended)
      // We keep our side open, and go on writing until the server has really closed.
      const timer = setInterval(() => wire.write('x'), 10)
      await wire.until((w) => w.failure !== undefined)
      clearInterval(timer)
      t.match(wire.failure, /^(EPIPE|ECONNRESET)$/)
    })

    await t.test('stopping: idle connections end, a request in progress does not', async (t) => {
      const server = await start(t)
      const idle = await connect(server.address)
      const kept = await connect(server.address)
      kept.write(get('/small'))
      await kept.until((w) => w.answers === 1)
      const busy = await connect(server.address, { paused: true })
      busy.write(get('/big'))
      await once(busy.socket, 'readable')
      const stopped = server.stop()
      t.equal(server.stop(), stopped, 'again changes nothing')
      busy.socket.resume()
      await Promise.all([idle.until((w) => w.ended), kept.until((w) => w.ended)])
      await busy.until((w) => w.ended)
      t.equal(busy.received.length - busy.received.indexOf('\r\n\r\n') - 4, bigBytes)
      busy.close()
      await stopped
      await server.closed
      await t.rejects(connect(server.address), { code: 'ECONNREFUSED' })
    })

    await t.test('stopping: what does not end in time is cut', async (t) => {
      const server = await start(t, { limits: { drainTime: 50 } })
      const stuck = await connect(server.address, { paused: true })
      stuck.write(get('/big'))
      await once(stuck.socket, 'readable')
      const half = await connect(server.address)
      half.write('GET /small HTTP/1.1\r\n')
      await server.stop()
      stuck.socket.resume()
      await Promise.all([stuck.until((w) => w.ended), half.until((w) => w.ended)])
      t.ok(stuck.received.length < bigBytes)
      await server.closed
    })

    await t.test('stopping at once, and stopping when nothing was asked', async () => {
      const server = await start(t)
      await Promise.all([server.stop(), server.stop(), server.closed])
    })
  })
}
