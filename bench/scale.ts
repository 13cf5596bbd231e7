/**
 * What several processors bring: twinserve with one and two threads, one and two workers, and nginx with one and two
 * workers, with wrk, in one run.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/scale.ts [--rounds 5] [--seconds 3] [--loops 1,2] [--size 1k] [--connections 64] [--cache 64M]
 *
 * - A small file, over connections that are kept, and over a new connection for each request. Nobody writes a log.
 * - Everybody may use all processors, and so may wrk, which takes its part of them: with two processors two loops
 *   cannot be twice as fast as one, for anybody. What nginx comes to with two workers is what there is to gain here.
 * - Rounds are interleaved in random order. What is printed is the median of each server's rate, its ratio to itself with
 *   one loop, and to nginx with as many workers; and how evenly the loops of a server have worked: the processor time of the
 *   least busy one in that of the busiest. Bare rates mean little.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accepting, freePort, median, places, shuffled, ticksOf, twinserveMain } from './serving.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    loops: { type: 'string', default: '1,2' },
    size: { type: 'string', default: '1k' },
    connections: { type: 'string', default: '64' },
    cache: { type: 'string', default: '0' },
  },
})

type Kind = 'kept' | 'new'
const kinds: readonly Kind[] = ['kept', 'new']
const { directory, root } = places('scale')

interface Contender {
  readonly family: string
  readonly loops: number
  readonly port: number
  readonly child: ChildProcess
  readonly rates: Record<Kind, number[]>
  readonly evenness: Record<Kind, number[]>
}

function contender(family: string, loops: number, port: number, command: readonly string[]): Contender {
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: 'ignore' })
  return { family, loops, port, child, rates: { kept: [], new: [] }, evenness: { kept: [], new: [] } }
}

async function twinserve(family: 'threads' | 'workers', loops: number): Promise<Contender> {
  const port = await freePort()
  const mode = ['--mode', family === 'threads' ? 'sync' : 'async', `--${family}`, String(loops)]
  const args = [...mode, '--cache', values.cache, '-p', String(port), '--log-format', 'off', '--no-server-timing']
  return contender(family, loops, port, [process.execPath, twinserveMain, 'serve', root, '--read-only', ...args])
}

async function nginx(loops: number): Promise<Contender> {
  const port = await freePort()
  const own = path.join(directory, `nginx-${loops}`)
  fs.mkdirSync(own)
  const file = path.join(own, 'nginx.conf')
  const temporaries = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${own}/${name};`,
  )
  fs.writeFileSync(
    file,
    `daemon off; worker_processes ${loops}; pid ${own}/pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; sendfile on; keepalive_requests 1000000000; ${temporaries.join(' ')}
  server { listen 127.0.0.1:${port} backlog=1024; root ${root}; } }\n`,
  )
  return contender('nginx', loops, port, ['nginx', '-c', file, '-p', own])
}

/** Processor time so far, in ticks (proc(5), `utime` and `stime`), of each thread that serves, or each process. */
function ticks({ family, child }: Contender): ReadonlyMap<number, number> {
  const pid = child.pid as number
  const tasks = (process: number) =>
    fs.readdirSync(`/proc/${process}/task`).map((task) => `/proc/${process}/task/${task}`)
  // Of a process that has made others, those; of one with threads, all: the busiest of them serve.
  const children = tasks(pid).flatMap((task) =>
    fs.readFileSync(`${task}/children`, 'latin1').split(' ').filter(Boolean),
  )
  const entries =
    children.length > 0 ? children.map((each) => `/proc/${each}`) : family === 'threads' ? tasks(pid) : [`/proc/${pid}`]
  return new Map(entries.map((entry) => [Number(path.basename(entry)), ticksOf(entry)]))
}

function wrk(port: number, kind: Kind, seconds: string): number {
  const close = kind === 'new' ? ['-H', 'Connection: close'] : []
  const url = `http://127.0.0.1:${port}/file`
  const args = ['-t1', `-c${values.connections}`, `-d${seconds}s`, ...close, url]
  const output = execFileSync('wrk', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(output)) throw new Error(output)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1])
}

function measure(server: Contender, kind: Kind): void {
  const before = ticks(server)
  server.rates[kind].push(wrk(server.port, kind, values.seconds))
  const worked = [...ticks(server)].map(([id, now]) => now - (before.get(id) ?? now)).sort((a, b) => b - a)
  server.evenness[kind].push((worked[server.loops - 1] ?? 0) / (worked[0] ?? 1))
}

function report(servers: readonly Contender[], kind: Kind): void {
  console.log(`\n${kind === 'kept' ? 'connections are kept' : 'a new connection for each request'}`)
  const rateOf = (family: string, loops: number) =>
    median(servers.find((each) => each.family === family && each.loops === loops)?.rates[kind] ?? [Number.NaN])
  for (const { family, loops, rates, evenness } of servers) {
    const rate = median(rates[kind])
    const range = `${Math.min(...rates[kind]).toFixed(0)} to ${Math.max(...rates[kind]).toFixed(0)}`
    const even = loops > 1 ? `  evenness ${median(evenness[kind]).toFixed(2)}` : ''
    const own = (rate / rateOf(family, 1)).toFixed(2)
    const peer = (rate / rateOf('nginx', loops)).toFixed(2)
    console.log(
      `  ${`${family} ${loops}`.padEnd(10)} ${rate.toFixed(0).padStart(7)}/s (${range})  ${own} x itself with 1  ${peer} x nginx with ${loops}${even}`,
    )
  }
}

const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 }
const [, digits, unit] = /^(\d+)([km])$/.exec(values.size) as RegExpExecArray
fs.writeFileSync(path.join(root, 'file'), Buffer.alloc(Number(digits) * (units[unit as string] as number), 'x'))
// nginx's workers are another user's where it is started by root.
for (const place of [directory, root]) fs.chmodSync(place, 0o755)
const servers: Contender[] = []
try {
  for (const loops of values.loops.split(',').map(Number)) {
    servers.push(await twinserve('threads', loops), await twinserve('workers', loops), await nginx(loops))
  }
  servers.sort((a, b) => a.family.localeCompare(b.family))
  await Promise.all(servers.map(({ port }) => accepting(port)))
  for (const kind of kinds) for (const { port } of servers) wrk(port, kind, '1')
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const kind of kinds) for (const server of shuffled(servers)) measure(server, kind)
  }
  console.log(
    `${values.size}, ${values.connections} connections, --cache ${values.cache}: median of ${values.rounds} rounds of ${values.seconds} s`,
  )
  for (const kind of kinds) report(servers, kind)
} finally {
  for (const { child } of servers) child.kill('SIGTERM')
  await Promise.all(servers.map(({ child }) => new Promise((resolve) => child.once('exit', resolve))))
  fs.rmSync(directory, { recursive: true, force: true })
}
