/**
 * What a server does that may open no more: it must pause, and not spin. Told is the processor time that it takes.
 *
 *     node --import=./scripts/typescript.js test/torture/exhaustion.ts --engine sync [--seconds 10] [--clients 20]
 *
 * 1. Out of descriptors, and nobody there: what the server takes by itself.
 * 2. Clients connect that cannot be accepted, again as soon as they are refused, and after a tenth of a second in any case.
 * 3. The same, after a time in which requests for files ran into the end of the descriptors too.
 *
 * In the end there are descriptors again, and everybody is answered. The exit status is 1 when the server takes more than a tenth of a
 * processor, or does not answer. Linux only.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { leave } from '../fixtures/descriptor-limit.ts'
import { cpuTime } from '../fixtures/processor-time.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { type EngineName, type Server, withServer } from './server.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '20' },
  },
})
const seconds = Number(values.seconds)
const mostOfProcessor = 0.1
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Connect again and again. @returns how often */
async function knock({ address }: Server, going: () => boolean): Promise<number> {
  let knocks = 0
  while (going()) {
    const socket = net.connect(address).on('error', () => {})
    const gone = new Promise((resolve) => socket.on('close', resolve))
    socket.resume()
    await Promise.all([Promise.race([gone, sleep(100)]), sleep(20)])
    socket.destroy()
    knocks += 1
  }
  return knocks
}

async function knocking(server: Server, time: number): Promise<number> {
  const end = performance.now() + time
  const clients = Array.from({ length: Number(values.clients) }, () => knock(server, () => performance.now() < end))
  return (await Promise.all(clients)).reduce((sum, knocks) => sum + knocks, 0)
}

async function ask(client: RawClient): Promise<number> {
  await client.send(message('GET', '/small'))
  return (await client.answer()).status
}

/** Ask for files that cannot be opened. @returns how many were refused */
async function refused(client: RawClient, time: number): Promise<number> {
  const end = performance.now() + time
  let refusals = 0
  while (performance.now() < end) if ((await ask(client)) === 503) refusals += 1
  return refusals
}

/** @returns whether the server took no more of a processor than it may */
async function part(server: Server, name: string, load: (time: number) => Promise<unknown>): Promise<boolean> {
  const [used, begun] = [cpuTime(server.pid), performance.now()]
  const knocks = await load(seconds * 1000)
  const [took, time] = [cpuTime(server.pid) - used, performance.now() - begun]
  const busy = took / time
  say(`  ${name}: ${took} ms of ${time.toFixed(0)}, ${(100 * busy).toFixed(1)} %${knocks ? `; ${knocks} knocked` : ''}`)
  return busy <= mostOfProcessor
}

async function exhaust(server: Server): Promise<boolean> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(server.address)))
  for (const client of clients) if ((await ask(client)) !== 200) throw new Error('not answered')
  leave(server.pid, 0)
  const parts = [
    await part(server, 'nobody there', (time) => sleep(time)),
    await part(server, 'clients that cannot be accepted', (time) => knocking(server, time)),
  ]
  const refusals = await Promise.all([knocking(server, 3000), ...clients.map((client) => refused(client, 3000))])
  say(`  ${refusals.slice(1).reduce((sum, each) => sum + each)} requests for files were refused meanwhile`)
  parts.push(await part(server, 'after files could not be opened either', (time) => knocking(server, time)))
  leave(server.pid, 100)
  const others = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(server.address)))
  const statuses = await Promise.all([...clients, ...others].map(ask))
  for (const each of [...clients, ...others]) each.destroy()
  return parts.every((good) => good) && statuses.every((status) => status === 200)
}

const directory = mkdtempSync(join(tmpdir(), 'twinserve-exhaustion-'))
const root = join(directory, 'share')
mkdirSync(root)
writeFileSync(join(root, 'small'), 'content')
try {
  say(`${values.engine}: processor time without a descriptor`)
  const good = await withServer(values.engine as EngineName, { root, cacheBytes: 0 }, exhaust)
  say(good ? 'a pause' : 'NOT a pause')
  process.exitCode = good ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
