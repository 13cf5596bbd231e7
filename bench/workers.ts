/**
 * How several event loops, one to a process, should share a port: four ways, with wrk, in one run.
 *
 *     node --import=./scripts/typescript.js bench/workers.ts [--workers 2] [--rounds 5] [--seconds 3] [--connections 32]
 *
 * - `descriptor`: the parent makes the socket, and each worker inherits its descriptor and accepts for itself.
 * - `shared`: node:cluster with `SCHED_NONE`, which comes to the same by way of a message.
 * - `dealt`: node:cluster with `SCHED_RR`: the parent accepts, and hands each connection on.
 * - `reuseport`: each worker has a socket of its own at the same port, and the kernel chooses one by a hash.
 *
 * - A file of 1 KB is asked for over connections that are kept, and over a new connection for each request. Rounds are
 *   interleaved in random order; what is printed is the median of each way's rate, as a ratio to `descriptor`, and how
 *   evenly the workers have worked: the processor time of the least busy in that of the busiest (1 is even).
 * - Workers, wrk and the parent share all cores, as they would: on few cores the rates say what a request costs
 *   altogether.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serveHere } from '../src/async/server.ts'
import { socketName } from '../src/posix/addresses.ts'
import { check, inherit, listen } from '../src/posix/listening.ts'
import { posix } from '../src/posix/posix.ts'
import { quiet } from '../test/fixtures/quiet.ts'
import { accepting, freePort, median, places, shuffled, ticksOf } from './serving.ts'

const ways = ['descriptor', 'shared', 'dealt', 'reuseport'] as const
type Way = (typeof ways)[number]
type Kind = 'kept' | 'new'

/** A socket at a port that others may have too (socket(7), `SO_REUSEPORT`). Its number is that of Linux. */
function oneOfSeveral(port: number): number {
  const name = socketName({ host: '127.0.0.1', port })
  const fd = check(posix.socket(2, 1, 0), 'socket')
  for (const option of [2, 15]) check(posix.setsockopt(fd, 1, option, new Int32Array([1]), 4), 'setsockopt')
  check(posix.bind(fd, name, name.length), 'bind')
  check(posix.listen(fd, 1024), 'listen')
  return fd
}

/** The process of a way: its workers, or one of them. */
async function run(way: Way, role: string, root: string, port: number, count: number): Promise<void> {
  const entry = fileURLToPath(import.meta.url)
  if (role === 'parent') {
    const started: (ChildProcess | undefined)[] = []
    const words = [way, 'worker', root, String(port), String(count)]
    if (way === 'shared' || way === 'dealt') {
      cluster.schedulingPolicy = way === 'dealt' ? cluster.SCHED_RR : cluster.SCHED_NONE
      cluster.setupPrimary({ exec: entry, args: words })
      for (let n = 0; n < count; n += 1) started.push(cluster.fork().process)
    } else {
      const fd = way === 'descriptor' ? listen({ host: '127.0.0.1', port }).fd : 'ignore'
      const stdio = ['ignore', 'inherit', 'inherit', 'ipc', fd] as const
      for (let n = 0; n < count; n += 1) started.push(fork(entry, words, { stdio: [...stdio] }))
    }
    await Promise.all(started.map((child) => once(child as ChildProcess, 'message')))
    process.send?.(started.map((child) => child?.pid))
    process.on('disconnect', () => {
      for (const child of started) child?.kill('SIGKILL')
      process.exit()
    })
    return
  }
  const listenAt =
    way === 'descriptor' ? inherit(4) : way === 'reuseport' ? inherit(oneOfSeveral(port)) : { host: '127.0.0.1', port }
  await serveHere({ ...quiet, root, listen: listenAt })
  process.send?.('ready')
}

function wrk(port: number, kind: Kind, connections: string, seconds: string): number {
  const close = kind === 'new' ? ['-H', 'Connection: close'] : []
  const url = `http://127.0.0.1:${port}/1k`
  const output = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, ...close, url], { encoding: 'utf8' })
  if (/Non-2xx/.test(output)) throw new Error(output)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1])
}

interface Result {
  readonly rates: number[]
  readonly evenness: number[]
}

async function compare(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '32' },
    },
  })
  const { directory, root } = places('workers')
  fs.writeFileSync(path.join(root, '1k'), Buffer.alloc(1024, 'x'))
  const servers = await Promise.all(
    ways.map(async (way) => {
      const port = await freePort()
      const parent = fork(fileURLToPath(import.meta.url), [way, 'parent', root, String(port), values.workers])
      const [pids] = (await once(parent, 'message')) as [number[]]
      await accepting(port)
      return { way, port, parent, pids }
    }),
  )
  try {
    for (const kind of ['kept', 'new'] as const) {
      const results = new Map<Way, Result>(ways.map((way) => [way, { rates: [], evenness: [] }]))
      for (const { port } of servers) wrk(port, kind, values.connections, '1')
      for (let round = 0; round < Number(values.rounds); round += 1) {
        for (const { way, port, pids } of shuffled(servers)) {
          const before = pids.map((pid) => ticksOf(`/proc/${pid}`))
          const rate = wrk(port, kind, values.connections, values.seconds)
          const worked = pids.map((pid, index) => ticksOf(`/proc/${pid}`) - (before[index] as number))
          results.get(way)?.rates.push(rate)
          results.get(way)?.evenness.push(Math.min(...worked) / Math.max(...worked))
        }
      }
      print(kind, results, values.rounds)
    }
  } finally {
    for (const { parent } of servers) parent.disconnect()
    fs.rmSync(directory, { recursive: true, force: true })
  }
}

function print(kind: Kind, results: ReadonlyMap<Way, Result>, rounds: string): void {
  const base = median(results.get('descriptor')?.rates ?? [])
  console.log(
    `\n${kind === 'kept' ? 'connections are kept' : 'a new connection for each request'}: median of ${rounds}`,
  )
  for (const [way, { rates, evenness }] of results) {
    const rate = median(rates)
    const least = Math.min(...evenness).toFixed(2)
    console.log(
      `  ${way.padEnd(10)} ${rate.toFixed(0).padStart(7)}/s  ${(rate / base).toFixed(2)} x descriptor` +
        `  evenness ${median(evenness).toFixed(2)}, at least ${least}`,
    )
  }
}

const [, , way, role, root = '', port, count] = process.argv
if (ways.includes(way as Way)) await run(way as Way, role as string, root, Number(port), Number(count))
else await compare()
