/** Where the socket is not for us to make: in a worker of `node:cluster`, where `node:net` asks the primary process for it. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { temporary } from '../fixtures/temporary.ts'

const loader = new URL('../../scripts/typescript.js', import.meta.url).href
const script = fileURLToPath(new URL('../fixtures/serving-process-entry.ts', import.meta.url))

const anyPort = { host: '127.0.0.1', port: 0 }

/** A worker that serves. @returns where; undefined when it has ended instead */
async function startWorker(t: Test, root: string, listen: object) {
  const args = ['async', root, JSON.stringify({ listen })]
  cluster.setupPrimary({ exec: script, args, execArgv: [`--import=${loader}`], silent: true })
  const worker = cluster.fork()
  t.teardown(() => worker.process.kill('SIGKILL'))
  const ended = once(worker, 'exit').then(() => [undefined])
  const [line] = await Promise.race([once(worker.process.stdout as NodeJS.ReadableStream, 'data'), ended])
  return { worker, address: line === undefined ? undefined : JSON.parse(String(line)) }
}

async function ask(address: object): Promise<number> {
  const client = await RawClient.connect(address as net.TcpNetConnectOpts & { host: string })
  await client.send(message('GET', '/small'))
  const { status } = await client.answer()
  client.destroy()
  return status
}

async function stop(worker: Worker): Promise<unknown> {
  const exit = once(worker, 'exit')
  worker.process.stdin?.end()
  worker.disconnect()
  return (await exit)[0]
}

async function share(t: Test): Promise<string> {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  return root
}

test('workers of a cluster share a port', async (t) => {
  const root = await share(t)
  // To the primary it is one port: that which it was given first (`node:cluster`).
  const [first, second] = [await startWorker(t, root, anyPort), await startWorker(t, root, anyPort)]
  t.strictSame(second.address, first.address)
  t.equal(await ask(first.address), 200)
  t.equal(await stop(first.worker), 0)
  t.equal(await ask(first.address), 200, 'the other goes on')
  t.equal(await stop(second.worker), 0)
})

test('a Unix socket', async (t) => {
  const root = await share(t)
  const at = path.join(root, 'socket')
  const old = net.createServer().listen(`${at}-old`)
  await once(old, 'listening')
  // A second name for it outlives its owner, as after a crash.
  fs.linkSync(`${at}-old`, at)
  await new Promise((resolve) => old.close(resolve))
  const { worker, address } = await startWorker(t, root, { path: at })
  t.strictSame(address, { path: at })
  t.equal(await ask(address), 200)
  t.equal(await stop(worker), 0)
  const long = await startWorker(t, root, { path: path.join(root, 'x'.repeat(200)) })
  t.equal(long.address, undefined, 'a path that is too long is refused')
})
