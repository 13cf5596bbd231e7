/**
 * Connections that are kept and say nothing, by the ten thousand: that they are held, what each costs, and what they cost
 * the requests beside them.
 *
 *     node --import=./scripts/typescript.js test/torture/idle.ts --engine sync
 *
 *     --connections N   10,000 unless said. Client and server need as many descriptors each: `ulimit -n 12000`
 *     --rounds N        rounds of requests, with and without the idle connections in turn, 5 unless said
 *     --requests N      in each round, 2,000 unless said
 *
 * Each idle connection has made one request before. They come from addresses 127.0.0.2, 127.0.0.3, …, because one address has too
 * few ports. What a wake-up costs more is told in processor time of the server for one request, by itself on its connection, so
 * that each request is a wake-up of its own. In the end each idle connection makes a request again: all are there still.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mostDescriptors } from '../../src/core/descriptors.ts'
import { cpuTime } from '../fixtures/processor-time.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { type EngineName, memory, type Server, withServer } from './server.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    connections: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '2000' },
  },
})
const connections = Number(values.connections)
const [rounds, requests] = [Number(values.rounds), Number(values.requests)]
/** Connections from one address. */
const each = 500

const descriptors = mostDescriptors(readFileSync('/proc/self/limits', 'latin1')) ?? Number.POSITIVE_INFINITY
if (descriptors * 0.75 < connections) {
  throw new Error(`${descriptors} descriptors are too few for ${connections} connections: raise ulimit -n.`)
}

async function ask(client: RawClient): Promise<void> {
  await client.send(message('GET', '/small'))
  const { status } = await client.answer()
  if (status !== 200) throw new Error(`answered with ${status}`)
}

function from({ address }: Server, number: number): Promise<RawClient> {
  const place = 2 + Math.floor(number / each)
  const where = { ...address, localAddress: `127.0.0.${place}` }
  return RawClient.connect(where)
}

async function open(server: Server, clients: RawClient[], wanted: number): Promise<void> {
  while (clients.length < wanted) {
    const some = Math.min(100, wanted - clients.length)
    const begun = clients.length
    clients.push(...(await Promise.all(Array.from({ length: some }, (_, i) => from(server, begun + i)))))
    await Promise.all(clients.slice(begun).map(ask))
  }
}

/** Microseconds of processor time that the server takes for one request, by itself on its connection. */
async function cost(server: Server, client: RawClient): Promise<number> {
  const before = cpuTime(server.pid)
  for (let i = 0; i < requests; i += 1) await ask(client)
  return ((cpuTime(server.pid) - before) * 1000) / requests
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number
}

async function costs(server: Server, client: RawClient): Promise<number> {
  const found: number[] = []
  for (let round = 0; round < rounds; round += 1) found.push(await cost(server, client))
  return median(found)
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const directory = mkdtempSync(join(tmpdir(), 'twinserve-idle-'))
const root = join(directory, 'share')
mkdirSync(root)
writeFileSync(join(root, 'small'), 'content')
const limits = { idleTime: 3_600_000, connections: connections + 100 }
try {
  await withServer(values.engine as EngineName, { root, cacheBytes: 1 << 20, limits }, async (server) => {
    const visitor = await RawClient.connect(server.address)
    await cost(server, visitor)
    const alone = await costs(server, visitor)
    const idle: RawClient[] = []
    // What the first of them make the server set up once is not to be counted.
    const first = Math.ceil(connections / 5)
    await open(server, idle, first)
    const before = memory(server.pid, 'VmRSS')
    await open(server, idle, connections)
    const room = (memory(server.pid, 'VmRSS') - before) / (connections - first)
    const beside = await costs(server, visitor)
    await Promise.all(idle.map((client, i) => (i % 2 === 0 ? ask(client) : undefined)))
    for (const client of idle) await ask(client)
    say(`${values.engine}: ${connections} idle connections are held and answered, load ${loadavg()[0]?.toFixed(1)}`)
    say(`  ${(room / 1024).toFixed(1)} KiB of memory for each`)
    say(`  a request costs ${alone.toFixed(0)} µs of processor time alone, ${beside.toFixed(0)} µs beside them`)
    for (const client of [visitor, ...idle]) client.destroy()
  })
} finally {
  rmSync(directory, { recursive: true, force: true })
}
