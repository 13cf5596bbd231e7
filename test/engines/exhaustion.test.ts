/**
 * A process that may open no more: connections stop short of that and are told so; where files run out, 503; and where
 * connections do, those that come wait, without a spin, and those that are there go on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { childrenRunning } from '../fixtures/children.ts'
import { credentials } from '../fixtures/credentials.ts'
import { leave, limit } from '../fixtures/descriptor-limit.ts'
import { cpuTime } from '../fixtures/processor-time.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { temporary } from '../fixtures/temporary.ts'

const loader = new URL('../../scripts/typescript.js', import.meta.url).href
const script = fileURLToPath(new URL('../fixtures/serving-process-entry.ts', import.meta.url))

interface Process {
  readonly pid: number
  connect(): Promise<RawClient>
  stop(): Promise<unknown>
}

/** An engine in a process that may open so many descriptors. */
async function startWith(t: Test, engine: string, descriptors: number, options = {}): Promise<Process> {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  const command = 'ulimit -n "$1"; loader="$2"; shift 2; exec "$0" --import="$loader" "$@"'
  const child = spawn(
    'sh',
    ['-c', command, process.execPath, `${descriptors}`, loader, script, engine, root, JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  t.teardown(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const address = JSON.parse(String(line))
  return {
    pid: child.pid as number,
    connect: () => RawClient.connect(address),
    stop() {
      child.stdin.end()
      return exit
    },
  }
}

async function ask(client: RawClient): Promise<number> {
  await client.send(message('GET', '/small'))
  return (await client.answer()).status
}

const ended = { status: 0 }
const answerOf = (client: RawClient) => client.answer().catch(() => ended)

/** Until a process does nothing for a while. A busy machine may make it look idle, but never an idle one busy. */
async function idle(pid: number): Promise<void> {
  const window = 500
  for (let used = window; used > window / 10; ) {
    const before = cpuTime(pid)
    await sleep(window)
    used = cpuTime(pid) - before
  }
}

/** Until the server has seen that others have left. */
async function served(server: Process): Promise<void> {
  for (;;) {
    const client = await server.connect()
    const status = await ask(client).catch(() => 0)
    client.destroy()
    if (status === 200) return
  }
}

for (const engine of ['sync', 'async']) {
  t.test(`${engine}: fewer connections than descriptors`, async (t) => {
    const server = await startWith(t, engine, 100)
    const first = await server.connect()
    t.equal(await ask(first), 200)
    const others = await Promise.all(Array.from({ length: 99 }, () => server.connect()))
    const refused = others.slice(50)
    for (const client of refused) t.equal((await client.answer()).status, 503)
    t.equal(await ask(first), 200, 'who has a place keeps it, and files have descriptors left')
    for (const client of others) client.destroy()
    await served(server)
    first.destroy()
    t.strictSame(await server.stop(), [0, null], 'and it ends by itself')
  })
}

if (process.platform === 'linux') {
  for (const engine of ['sync', 'async']) {
    t.test(`${engine}: no descriptor left`, async (t) => {
      const server = await startWith(t, engine, 1000)
      const first = await server.connect()
      t.equal(await ask(first), 200)
      leave(server.pid, 0)
      await first.send(message('GET', '/'))
      const refused = await first.answer()
      t.equal(refused.status, 503, 'a file that cannot be opened')
      t.equal(refused.field('retry-after'), '1')
      const others = await Promise.all(Array.from({ length: 60 }, () => server.connect()))
      await Promise.all(others.map((client) => client.send(message('GET', '/small'))))
      for (let round = 0; round < 20; round += 1) {
        await first.send(message('HEAD', '/.twinserve/none'))
        t.equal((await first.answer('HEAD')).status, 404, 'what needs no file is answered')
      }
      leave(server.pid, 100)
      for (const client of others) t.equal((await answerOf(client)).status, 200, 'who came meanwhile has waited')
      t.equal(await ask(first), 200)
      for (const client of [first, ...others]) client.destroy()
      t.strictSame(await server.stop(), [0, null])
    })
  }
  // Fewer than it has: not even the descriptor that libuv keeps for this can be had again when it has been given up.
  const few = 10
  for (const [name, engine, options, entry] of [
    ['sync', 'sync', {}],
    ['sync, TLS', 'sync', { tls: credentials }],
    ['async', 'async', {}],
    ['async, a Unix socket', 'async', { listen: { path: 'SOCKET' } }],
    ['async, TLS', 'async', { tls: credentials }],
    ['async, workers', 'async', { workers: 2 }, 'worker.'],
  ] as const) {
    t.test(`${name}: who cannot be accepted costs nothing`, async (t) => {
      const at = path.join(await temporary(t), 'socket')
      const server = await startWith(t, engine, 1000, 'listen' in options ? { listen: { path: at } } : options)
      const pids = entry === undefined ? [server.pid] : childrenRunning(entry, server.pid)
      t.equal(pids.length, entry === undefined ? 1 : 2)
      for (const pid of pids) limit(pid, few)
      const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()))
      await Promise.all(clients.map((client) => client.send(message('GET', '/small'))))
      for (const pid of pids) await idle(pid)
      for (const pid of pids) limit(pid, 1000)
      // Where TLS is spoken, who does not speak it is told so.
      const status = 'tls' in options ? 400 : 200
      for (const client of clients) t.equal((await answerOf(client)).status, status)
      for (const client of clients) client.destroy()
      t.strictSame(await server.stop(), [0, null])
    })
  }
}
