/**
 * Several serving loops behind one listening socket, and a socket that outlives the server: what a client sees of both,
 * seen from the wire.
 */
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { serve as later } from '../../src/async/serve.ts'
import type { Serve, ServeOptions } from '../../src/core/options.ts'
import { close, inherit, listen } from '../../src/posix/listening.ts'
import { serve as now } from '../../src/sync/serve.ts'
import { childrenRunning, runs, watchForks } from '../fixtures/children.ts'
import { duplicate } from '../fixtures/descriptors.ts'
import { quiet } from '../fixtures/quiet.ts'
import { startChild } from '../fixtures/serving-process.ts'
import { temporary } from '../fixtures/temporary.ts'
import { watchThreads } from '../fixtures/threads.ts'
import { connect, get, type Wire } from '../fixtures/wire.ts'

const bigBytes = 64 * 1024 * 1024

interface Stage {
  readonly root: string
  readonly log: string
  start(t: Test, more?: Partial<ServeOptions>): ReturnType<Serve>
}

async function stage(t: Test, serve: Serve): Promise<Stage> {
  const root = await temporary(t)
  const log = path.join(await temporary(t), 'log')
  const logFile = fs.openSync(log, 'a')
  t.teardown(() => fs.closeSync(logFile))
  fs.writeFileSync(path.join(root, 'small'), 'content')
  fs.writeFileSync(path.join(root, 'big'), '')
  fs.truncateSync(path.join(root, 'big'), bigBytes)
  const start = async (t: Test, more: Partial<ServeOptions> = {}) => {
    const server = await serve({ ...quiet, readOnly: false, root, logFile, ...more })
    t.teardown(() => server.stop())
    return server
  }
  return { root, log, start }
}

/** A connection whose request holds a blocking loop: a body that does not come. */
async function stalled(address: Parameters<typeof connect>[0], name: string): Promise<Wire> {
  const wire = await connect(address)
  wire.write(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n`)
  return await wire.until((w) => w.received.startsWith('HTTP/1.1 100 '))
}

/** The same on a connection that there is. */
async function stalledOn(wire: Wire, name: string): Promise<Wire> {
  const { answers } = wire
  wire.write(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n`)
  return await wire.until((w) => w.answers > answers)
}

/** Room for one large file beside what is there. */
const room = 1_000_000
const small = { quota: bigBytes + room, limits: { quotaRecount: 0 } }

/** A connection on which something is being stored that takes all the room there is. */
async function storing(address: Parameters<typeof connect>[0], name: string): Promise<Wire> {
  const wire = await connect(address)
  const size = room - 100_000
  wire.write(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: ${size}\r\n\r\n`)
  return await wire.until((w) => w.received.startsWith('HTTP/1.1 100 '))
}

/** Nothing is left over, and what was claimed is free: both while the server goes on. */
async function isClear(t: Test, address: Parameters<typeof connect>[0], root: string): Promise<void> {
  for (;;) {
    const wire = await connect(address)
    const size = room / 2
    wire.write(
      `PUT /room?overwrite HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${size}\r\nConnection: close\r\n\r\n`,
    )
    wire.write('x'.repeat(size))
    await wire.until((w) => w.ended)
    wire.close()
    if (/^HTTP\/1\.1 20[14] /.test(wire.received)) break
  }
  t.strictSame(fs.readdirSync(path.join(root, '.twinserve/temporary')), [])
}

const areThose = (some: readonly Wire[], others: readonly Wire[]) =>
  some.length === others.length && some.every((wire) => others.includes(wire))

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** The log, once it has this in it. */
async function lineOf(log: string, text: string): Promise<string> {
  for (;;) {
    const lines = fs.readFileSync(log, 'utf8')
    if (lines.includes(text)) return lines
    await turn()
  }
}

const answered = (wire: Wire) => wire.until((w) => w.received.endsWith('content'))

t.test('sync, 2 threads', async (t) => {
  const seen = watchThreads(t)
  const { root, log, start } = await stage(t, (options) => now({ threads: 2, ...options }))

  await t.test('as many requests at a time as there are threads, and the next waits', async (t) => {
    const server = await start(t)
    const first = await stalled(server.address, 'first')
    const quick = await connect(server.address)
    quick.write(get('/small'))
    await answered(quick)
    quick.close()
    const second = await stalled(server.address, 'second')
    const third = await connect(server.address)
    third.write(get('/small'))
    first.write('content')
    await first.until((w) => w.answers === 2)
    await answered(third)
    second.write('content')
    await second.until((w) => w.answers === 2)
    for (const wire of [first, second, third]) wire.close()
    t.strictSame(
      [fs.readFileSync(path.join(root, 'first'), 'utf8'), fs.readFileSync(path.join(root, 'second'), 'utf8')],
      ['content', 'content'],
    )
  })

  await t.test('stopping: every thread ends what it has begun', async (t) => {
    const server = await start(t)
    const idle = await Promise.all(Array.from({ length: 8 }, () => connect(server.address)))
    for (const wire of idle) wire.write(get('/small'))
    await Promise.all(idle.map(answered))
    const busy = [await stalled(server.address, 'third'), await stalled(server.address, 'fourth')]
    const stopped = server.stop()
    await t.rejects(connect(server.address), { code: 'ECONNREFUSED' })
    for (const wire of busy) wire.write('content')
    for (const wire of [...idle, ...busy]) await wire.until((w) => w.ended)
    for (const wire of busy) t.match(wire.received, /HTTP\/1\.1 201 [\s\S]*connection: close/i)
    for (const wire of busy) wire.close()
    await stopped
    await server.closed
  })

  await t.test('stopping: what does not end in time is cut, on every thread', async (t) => {
    const server = await start(t, { limits: { drainTime: 50 } })
    const busy = [await stalled(server.address, 'fifth'), await stalled(server.address, 'sixth')]
    await server.stop()
    for (const wire of busy) await wire.until((w) => w.ended)
    t.notOk(fs.existsSync(path.join(root, 'fifth')))
  })

  await t.test('a thread that ends by mistake takes its connections with it, and another comes', async (t) => {
    const from = seen.length
    const server = await start(t)
    const connectAll = (count: number) => Promise.all(Array.from({ length: count }, () => connect(server.address)))
    const ask = async (wires: readonly Wire[]) => {
      for (const wire of wires) wire.write(get('/small'))
      await Promise.all(wires.map(answered))
    }
    // While one thread is held, the other one takes whoever comes.
    const first = await stalled(server.address, 'seventh')
    const ones = await connectAll(4)
    await ask(ones)
    first.write('content')
    await first.until((w) => w.answers === 2)
    const second = await stalledOn(ones[0] as Wire, 'eighth')
    const others = [first, ...(await connectAll(3))]
    await ask(others)
    second.write('content')
    await second.until((w) => w.received.includes(' 201 ') || w.received.includes(' 204 '))
    // Without a chance to clean up, as when memory runs out.
    const gone = once(seen[from] as (typeof seen)[number], 'exit')
    void seen[from]?.terminate()
    // It notices when its wait returns.
    const had = new Map([...ones, ...others].map((wire) => [wire, wire.answers]))
    for (const wire of had.keys()) wire.write(get('/small'))
    await gone
    for (const [wire, count] of had) await wire.until((w) => w.ended || w.answers > count)
    const lost = [...had.keys()].filter((wire) => wire.ended)
    t.ok(areThose(lost, ones) || areThose(lost, others), `those of one thread: ${lost.length} of 8 were lost`)
    while (seen.length < from + 3) await turn()
    const next = [await stalled(server.address, 'ninth'), await stalled(server.address, 'tenth')]
    for (const wire of [...next, ...had.keys()]) wire.close()
    t.match(
      fs.readFileSync(log, 'utf8'),
      /^twinserve: a serving thread has ended by mistake.*Another starts in 100 ms\.$/m,
    )
    await server.stop()
  })

  await t.test('what a thread that ended by mistake was storing is cleared away by the next', async (t) => {
    const from = seen.length
    const server = await start(t, { threads: 1, ...small })
    const wire = await storing(server.address, 'lost')
    const gone = once(seen[from] as (typeof seen)[number], 'exit')
    void seen[from]?.terminate()
    wire.write('some')
    // It notices when a wait returns, but not in the middle of a call of the C library.
    for (let ended = false; !ended; ) {
      const other = await connect(server.address)
      other.write(get('/small'))
      ended = await Promise.race([
        gone.then(() => true),
        other.until((w) => w.ended || w.answers > 0).then(() => false),
      ])
      other.close()
    }
    await isClear(t, server.address, root)
    await server.stop()
  })

  await t.test('a server that cannot start leaves no thread behind', async (t) => {
    const from = seen.length
    const none = path.join(root, 'none')
    await t.rejects(now({ ...quiet, threads: 2, root: none }), { code: 'ENOENT', path: none })
    t.equal(seen.length, from + 2)
    for (const thread of seen.slice(from)) t.equal(thread.threadId, -1, 'has ended')
  })
})

for (const threads of [2, 4]) {
  t.test(`sync, ${threads} threads: nobody waits while a thread is free`, async (t) => {
    const { start } = await stage(t, (options) => now({ threads, ...options }))

    await t.test('one thread after the other is held, and the next connection wakes one that is not', async (t) => {
      const server = await start(t)
      const held: Wire[] = []
      for (let round = 0; round < 3 * threads; round += 1) {
        while (held.length < threads - 1) held.push(await stalled(server.address, `r${round}-${held.length}`))
        const quick = await connect(server.address)
        quick.write(get('/small'))
        await answered(quick)
        quick.close()
        // Another one becomes free, so that the free one is not always the same.
        const freed = held.shift() as Wire
        freed.write('content')
        await freed.until((w) => w.answers === 2)
        freed.close()
      }
      for (const wire of held) wire.close()
      t.pass('all were answered')
    })

    await t.test(
      'of two that wait a thread takes one, and while that one holds it, another thread takes the other',
      async (t) => {
        const server = await start(t)
        for (let round = 0; round < 3; round += 1) {
          const held: Wire[] = []
          while (held.length < threads) held.push(await stalled(server.address, `h${round}-${held.length}`))
          // No thread is free: both are in the backlog, with what they ask for.
          const slow = await connect(server.address)
          slow.write('PUT /slow HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n')
          const quick = await connect(server.address)
          quick.write(get('/small'))
          const [first, second, ...others] = held as [Wire, Wire, ...Wire[]]
          first.write('content')
          await slow.until((w) => w.received.startsWith('HTTP/1.1 100 '))
          second.write('content')
          await answered(quick)
          t.equal(slow.answers, 1, 'who came first is still waited for')
          for (const wire of [slow, quick, first, second, ...others]) wire.close()
        }
      },
    )

    await t.test('no connection is forgotten when many come at a time', async (t) => {
      const server = await start(t)
      for (let round = 0; round < 10; round += 1) {
        const wires = await Promise.all(Array.from({ length: 4 * threads }, () => connect(server.address)))
        for (const wire of wires) wire.write(get('/small', 'Connection: close\r\n'))
        for (const wire of wires) await wire.until((w) => w.ended)
        t.ok(wires.every((wire) => wire.received.endsWith('content')))
        for (const wire of wires) wire.close()
      }
    })
  })
}

t.test('async, 2 workers', async (t) => {
  const { root, log, start } = await stage(t, (options) => later({ workers: 2, ...options }))
  const workers = () => childrenRunning('async/worker')

  await t.test('stopping: every worker ends what it has begun, and then itself', async (t) => {
    const server = await start(t)
    t.equal(workers().length, 2)
    const idle = await Promise.all(Array.from({ length: 8 }, () => connect(server.address)))
    for (const wire of idle) wire.write(get('/small'))
    await Promise.all(idle.map(answered))
    const busy = await Promise.all(Array.from({ length: 8 }, (_, n) => stalled(server.address, `a${n}`)))
    const stopped = server.stop()
    t.equal(server.stop(), stopped, 'again changes nothing')
    for (const wire of idle) await wire.until((w) => w.ended)
    await t.rejects(connect(server.address), { code: 'ECONNREFUSED' })
    for (const wire of busy) wire.write('content')
    for (const wire of busy) await wire.until((w) => w.ended)
    for (const wire of busy) t.match(wire.received, /HTTP\/1\.1 201 [\s\S]*connection: close/i)
    for (const wire of busy) wire.close()
    await stopped
    await server.closed
    t.strictSame(workers(), [])
  })

  await t.test('stopping: what does not end in time is cut, in every worker', async (t) => {
    const server = await start(t, { limits: { drainTime: 50 } })
    const busy = await Promise.all(Array.from({ length: 8 }, (_, n) => stalled(server.address, `b${n}`)))
    await server.stop()
    for (const wire of busy) await wire.until((w) => w.ended)
    t.notOk(fs.existsSync(path.join(root, 'b0')))
  })

  await t.test('aborting ends all of them at once', async (t) => {
    const server = await start(t)
    const busy = await stalled(server.address, 'c')
    server.abort()
    await server.closed
    await busy.until((w) => w.ended)
    t.strictSame(workers(), [])
  })

  await t.test('a worker that dies takes its connections with it, and another comes', async (t) => {
    const server = await start(t)
    const wires = await Promise.all(Array.from({ length: 16 }, () => connect(server.address)))
    for (const wire of wires) wire.write(get('/small'))
    await Promise.all(wires.map(answered))
    const [victim = 0, other = 0] = workers()
    process.kill(victim, 'SIGKILL')
    while (runs(victim)) await turn()
    for (const wire of wires) wire.write(get('/small'))
    await Promise.all(wires.map((wire) => wire.until((w) => w.ended || w.answers === 2)))
    t.ok(wires.some((wire) => wire.ended) || wires.every((wire) => wire.answers === 2))
    while (workers().length < 2) await turn()
    t.ok(workers().includes(other), 'the other one is as it was')
    const file = await lineOf(log, 'a worker has ended')
    t.match(file, /^twinserve: a worker has ended by mistake, .*: signal SIGKILL\. Another starts in 100 ms\.$/m)
    const next = await Promise.all(Array.from({ length: 8 }, (_, n) => stalled(server.address, `d${n}`)))
    for (const wire of [...next, ...wires]) wire.close()
    await server.stop()
    t.strictSame(workers(), [])
  })

  await t.test('what a worker that died was storing is cleared away by the next', async (t) => {
    const server = await start(t, small)
    const wire = await storing(server.address, 'lost')
    for (const pid of workers()) process.kill(pid, 'SIGKILL')
    await wire.until((w) => w.ended)
    await isClear(t, server.address, root)
    await server.stop()
  })

  await t.test('a worker that ends before it serves: with what signal', async (t) => {
    watchForks(t, (child) => child.kill('SIGKILL'))
    await t.rejects(later({ ...quiet, root, workers: 2 }), {
      message: 'The worker ended before it served (signal SIGKILL).',
    })
    t.strictSame(workers(), [])
  })

  await t.test('workers whose parent has died end by themselves', async (t) => {
    const child = await startChild(t, 'async', root, undefined, { workers: 2 })
    const [first = 0, second = 0] = childrenRunning('async/worker', child.pid)
    t.ok(first > 0 && second > 0)
    const wire = await connect(child.address)
    wire.write(get('/small'))
    await answered(wire)
    process.kill(child.pid, 'SIGKILL')
    await wire.until((w) => w.ended)
    while (runs(first) || runs(second)) await turn()
  })

  await t.test('a server that cannot start leaves no worker behind', async (t) => {
    const none = path.join(root, 'none')
    await t.rejects(later({ ...quiet, workers: 2, root: none }), { code: 'ENOENT', path: none })
    t.strictSame(workers(), [])
    const server = await start(t)
    await t.rejects(later({ ...quiet, root, workers: 2, listen: server.address }), { code: 'EADDRINUSE' })
    await server.stop()
  })
})

t.test('each engine says which of the two it has', async (t) => {
  const root = await temporary(t)
  await t.rejects(now({ ...quiet, root, workers: 2 }), { message: /has threads/ })
  await t.rejects(later({ ...quiet, root, threads: 2 }), { message: /has workers/ })
})

const all: Readonly<Record<string, Serve>> = {
  sync: now,
  'sync, 2 threads': (options) => now({ threads: 2, ...options }),
  async: later,
  'async, 2 workers': (options) => later({ workers: 2, ...options }),
}

for (const [name, serve] of Object.entries(all)) {
  t.test(`${name}: a socket that was handed over`, async (t) => {
    const { start } = await stage(t, serve)
    const held = listen({ host: '127.0.0.1', port: 0 })
    t.teardown(() => close(held.fd))
    const { address } = held
    const server = await start(t, { listen: inherit(duplicate(held.fd)) })
    t.strictSame(server.address, address)
    const kept = await connect(address)
    kept.write(get('/small'))
    await answered(kept)
    const stopped = server.stop()
    // It has not been told that its connection ends.
    kept.write(get('/small'))
    await kept.until((w) => w.ended)
    t.equal(kept.answers, 2)
    t.ok(kept.received.endsWith('content'), 'and was answered all the same')
    // Workers hear of the stop a moment later than it is asked for.
    if (!name.includes('workers')) t.match(kept.received, /connection: close\r\n[\s\S]*content$/i)
    kept.close()
    // Whom the first server does not accept any more, the second one does.
    const early = await connect(address)
    early.write(get('/small'))
    await stopped
    const late = await connect(address)
    late.write(get('/small'))
    const successor = await start(t, { listen: inherit(duplicate(held.fd)) })
    for (const wire of [early, late]) {
      await answered(wire)
      wire.close()
    }
    await successor.stop()
  })

  t.test(`${name}: a Unix socket is removed by the server that made it, once`, async (t) => {
    const { root, start } = await stage(t, serve)
    const at = path.join(root, 'socket')
    const first = await start(t, { listen: { path: at } })
    const busy = await stalled({ path: at }, 'e')
    const stopped = first.stop()
    while (fs.existsSync(at)) await turn()
    // Others may listen there from now on, while the first ends what it has begun.
    const second = await start(t, { listen: { path: at } })
    busy.write('content')
    await busy.until((w) => w.ended)
    busy.close()
    await stopped
    t.ok(fs.existsSync(at))
    const wire = await connect({ path: at })
    wire.write(get('/small'))
    await answered(wire)
    wire.close()
    await second.stop()
    t.notOk(fs.existsSync(at))
  })

  t.test(`${name}: a Unix socket that was handed over stays`, async (t) => {
    const { root, start } = await stage(t, serve)
    const at = path.join(root, 'socket')
    const held = listen({ path: at })
    t.teardown(() => close(held.fd))
    const server = await start(t, { listen: inherit(duplicate(held.fd)) })
    t.strictSame(server.address, { path: at })
    const wire = await connect(server.address)
    wire.write(get('/small'))
    await answered(wire)
    wire.close()
    await server.stop()
    t.ok(fs.existsSync(at))
  })
}
