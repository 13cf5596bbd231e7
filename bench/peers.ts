/**
 * twinserve beside nginx and Caddy, with wrk: throughput as ratios, in one run.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/peers.ts [--rounds 5] [--seconds 3] [--sizes 1k,10k,1m,100m]
 *
 * - The server runs on one core and wrk on another (`taskset`), 32 keep-alive connections, one file.
 * - Rounds are interleaved in random order, so that what else the machine does falls on everybody alike. What is
 *   printed is the median of each server's rate, and its ratio to nginx's and Caddy's; bare rates mean little.
 * - Nobody writes a log; neither does twinserve send `Server-Timing`. nginx has `sendfile on` and one worker, Caddy
 *   one thread (`GOMAXPROCS=1`).
 * - wrk is a closed loop: good for throughput, not for latency under load.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  accepting,
  caddy,
  freePort,
  median,
  nginx,
  pinned,
  places,
  type Server,
  shuffled,
  twinserveMain,
} from './serving.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '1k,10k,1m,100m' },
    only: { type: 'string' },
  },
})

const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 }

const { directory, root } = places('peers')

function twinserve(mode: 'sync' | 'async', cache: string, port: number): Server {
  const args = ['--mode', mode, '--cache', cache, '-p', String(port), '--log-format', 'off', '--no-server-timing']
  return {
    name: `${mode}${cache === '0' ? '' : '+cache'}`,
    port,
    start: () => pinned(process.execPath, [twinserveMain, 'serve', root, '--read-only', ...args]),
  }
}

const scale: Readonly<Record<string, number>> = { B: 1e-6, KB: 1e-3, MB: 1, GB: 1e3 }

/** Megabytes per second, as wrk saw them: also where a file takes longer than a round, and no request is finished. */
function wrk(port: number, name: string, seconds: number): number {
  const args = ['-c', '1', 'wrk', '-t1', '-c32', `-d${seconds}s`, `http://127.0.0.1:${port}/${name}`]
  const output = execFileSync('taskset', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(output)) throw new Error(output)
  const m = /Transfer\/sec:\s+([\d.]+)([KMG]?B)/.exec(output) as RegExpExecArray
  return Number(m[1]) * (scale[m[2] as string] as number)
}

const all: Server[] = [
  nginx(directory, root, await freePort(), 'sendfile on; tcp_nopush on;'),
  caddy(directory, root, await freePort()),
  twinserve('sync', '0', await freePort()),
  twinserve('async', '0', await freePort()),
  twinserve('sync', '64M', await freePort()),
  twinserve('async', '64M', await freePort()),
]
const wanted = values.only?.split(',')
const servers = all.filter((server) => wanted === undefined || wanted.includes(server.name))
const children = servers.map((server) => server.start())
try {
  await Promise.all(servers.map((server) => accepting(server.port)))
  for (const size of values.sizes.split(',')) {
    const m = /^(\d+)([km])$/.exec(size) as RegExpExecArray
    fs.writeFileSync(path.join(root, size), Buffer.alloc(Number(m[1]) * (units[m[2] as string] as number), 'x'))
    const rates = new Map<string, number[]>(servers.map((server) => [server.name, []]))
    for (const server of servers) wrk(server.port, size, 1)
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const server of shuffled(servers)) {
        rates.get(server.name)?.push(wrk(server.port, size, Number(values.seconds)))
      }
    }
    const of = (name: string) => median(rates.get(name) ?? [Number.NaN])
    console.log(`\n${size}: median of ${values.rounds} rounds of ${values.seconds} s`)
    for (const { name } of servers) {
      const rate = of(name)
      const ratio = (to: string) => (Number.isNaN(of(to)) ? '' : `  ${(rate / of(to)).toFixed(2)} x ${to}`)
      console.log(`  ${name.padEnd(12)} ${rate.toFixed(1).padStart(9)} MB/s${ratio('nginx')}${ratio('caddy')}`)
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  fs.rmSync(directory, { recursive: true, force: true })
}
