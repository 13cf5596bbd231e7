/**
 * A process that may open no more: connections stop short of that and are told so; where files run out, 503; and where
 * connections do, they wait or are refused, and those that are there go on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { leave } from '../fixtures/descriptor-limit.ts'
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
async function startWith(t: Test, engine: string, descriptors: number): Promise<Process> {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  const command = 'ulimit -n "$1"; loader="$2"; shift 2; exec "$0" --import="$loader" "$@"'
  const child = spawn('sh', ['-c', command, process.execPath, `${descriptors}`, loader, script, engine, root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
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
      for (let round = 0; round < 20; round += 1) {
        await first.send(message('HEAD', '/.twinserve/none'))
        t.equal((await first.answer('HEAD')).status, 404, 'what needs no file is answered')
      }
      for (const client of others) client.destroy()
      leave(server.pid, 20)
      await served(server)
      t.equal(await ask(first), 200)
      first.destroy()
      t.strictSame(await server.stop(), [0, null])
    })
  }
}
