/**
 * Uploads beside nginx and rclone: one large PUT, and many small ones, as ratios, in one run.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/uploads.ts [--rounds 7] [--connections 16]
 *         [--small 10k] [--files 2000] [--large 1024m] [--kinds small,large,digest] [--only nginx,sync,async] [--root DIRECTORY]
 *
 * - Each server runs on one core, and one client for all of them on another (`upload-client.ts`), with connections that
 *   are kept. Rounds are interleaved in random order, and every round has new names in a new directory; the file
 *   system is flushed before each, so that nobody pays for another's writing.
 * - ext4 looks at every inode that was deleted within the last minutes before it makes a new one in the same block group
 *   (`recently_deleted` in fs/ext4/ialloc.c), which after some thousands of deletions takes a hundred times as long as
 *   making a file. So small files stay to the end of the bench, and `chattr +T` gives its directories block groups of their own.
 * - Neither nginx nor rclone flushes what it stores, so the fair comparison is twinserve with `--no-fsync`. With it
 *   on, the ratio of the two is what durability costs on this disk.
 * - `rate` is by the clock. `processor` is the time that all threads of the server had on a processor, which other
 *   load on the machine disturbs less. Bare figures mean little; ratios are to nginx.
 * - nginx receives into a file below the root, and renames it (`client_body_temp_path`). rclone has one thread
 *   (`GOMAXPROCS=1`), and no cache of its own. Caddy stores nothing.
 * - For a large file, `memory` is how far the server's resident memory rose above what it was before (VmHWM, proc(5)).
 *   `digest` is the large file with a `Repr-Digest` to be checked.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accepting, freePort, median, nginx, pinned, places, type Server, shuffled, twinserveMain } from './serving.ts'
import type { Order, Outcome } from './upload-client.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    connections: { type: 'string', default: '16' },
    small: { type: 'string', default: '10k' },
    files: { type: 'string', default: '2000' },
    large: { type: 'string', default: '1024m' },
    kinds: { type: 'string', default: 'small,large' },
    only: { type: 'string' },
    root: { type: 'string' },
    main: { type: 'string', default: twinserveMain },
  },
})

/** What is measured of a round. */
interface Figures {
  readonly rate: number
  readonly processor: number
  readonly memory: number
}

interface Kind {
  readonly name: string
  readonly files: number
  readonly size: number
  readonly connections: number
  readonly field: string
}

const units: Readonly<Record<string, number>> = { k: 1024, m: 1024 * 1024 }

function bytesOf(text: string): number {
  const m = /^(\d+)([km])$/.exec(text) as RegExpExecArray
  return Number(m[1]) * (units[m[2] as string] as number)
}

/** The digest of what the client sends: `x` and nothing else. */
function digestField(size: number): string {
  const piece = Buffer.alloc(1024 * 1024, 'x')
  const hash = createHash('sha256')
  for (let left = size; left > 0; left -= piece.length) hash.update(piece.subarray(0, left))
  return `Repr-Digest: sha-256=:${hash.digest('base64')}:\r\n`
}

function kindOf(name: string): Kind {
  const size = bytesOf(name === 'small' ? values.small : values.large)
  if (name === 'small')
    return { name, files: Number(values.files), size, connections: Number(values.connections), field: '' }
  return { name, files: 1, size, connections: 1, field: name === 'digest' ? digestField(size) : '' }
}

const { directory, root } = places('uploads', values.root)

function twinserve(mode: 'sync' | 'async', fsync: boolean, port: number): Server {
  const args = ['--mode', mode, '--cache', '0', '-p', String(port), '--log-format', 'off', '--no-server-timing']
  if (!fsync) args.push('--no-fsync')
  return {
    name: `${mode}${fsync ? '+fsync' : ''}`,
    port,
    start: () => pinned(process.execPath, [values.main, 'serve', root, ...args]),
  }
}

function rclone(port: number): Server {
  const args = ['serve', 'webdav', root, '--addr', `127.0.0.1:${port}`, '--config', path.join(directory, 'rclone.conf')]
  return { name: 'rclone', port, start: () => pinned('rclone', args, { GOMAXPROCS: '1', HOME: directory }) }
}

/** Seconds that the threads of a process have had on a processor. */
function processorTime(pid: number): number {
  let nanoseconds = 0
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return nanoseconds / 1e9
}

/** Bytes, by the name of a line in `/proc/PID/status`. */
function memoryOf(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${line}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
}

const client = spawn(
  'taskset',
  ['-c', '1', process.execPath, ...process.execArgv, path.join(import.meta.dirname, 'upload-client.ts')],
  { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
)

async function sent(order: Order): Promise<Outcome> {
  client.send(order)
  const [outcome] = (await once(client, 'message')) as [Outcome]
  if (outcome.wrong !== undefined) throw new Error(outcome.wrong)
  return outcome
}

let rounds = 0

/** One round of one server. */
async function round(server: Server, pid: number, kind: Kind): Promise<Figures> {
  rounds += 1
  const place = path.join(root, `r${rounds}`)
  // By way of the server: rclone does not look for what others have made.
  const made = await fetch(`http://127.0.0.1:${server.port}/r${rounds}/`, { method: 'MKCOL' })
  if (made.status !== 201) throw new Error(`${server.name} makes no directory`)
  execFileSync('sync', ['-f', root])
  // proc(5): 5 sets the peak back to what is resident now.
  fs.writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = { memory: memoryOf(pid, 'VmRSS'), processor: processorTime(pid) }
  const { port } = server
  const { seconds } = await sent({ port, prefix: `/r${rounds}/f`, ...kind })
  const processor = processorTime(pid) - before.processor
  const memory = memoryOf(pid, 'VmHWM') - before.memory
  const sizes = fs.readdirSync(place).map((name) => fs.statSync(path.join(place, name)).size)
  if (sizes.length !== kind.files || sizes.some((size) => size !== kind.size)) throw new Error(`${server.name} lied`)
  if (kind.files === 1) fs.rmSync(place, { recursive: true })
  return { rate: kind.files / seconds, processor: processor / kind.files, memory }
}

function report(kind: Kind, figures: ReadonlyMap<string, readonly Figures[]>): void {
  const of = (name: string, figure: keyof Figures) => median(figures.get(name)?.map((f) => f[figure]) ?? [Number.NaN])
  const unit = kind.files === 1 ? kind.size / 1e6 : 1
  console.log(
    `\n${kind.name}: ${kind.files} x ${kind.size} bytes, ${kind.connections} connections, medians of ${values.rounds} rounds`,
  )
  for (const name of figures.keys()) {
    const rate = `${(of(name, 'rate') * unit).toFixed(0).padStart(6)} ${kind.files === 1 ? 'MB/s' : '/s'}`
    const processor = `${(of(name, 'processor') * (kind.files === 1 ? 1e3 : 1e6)).toFixed(0).padStart(6)} ${kind.files === 1 ? 'ms' : 'µs'}`
    const ratio = (figure: 'rate' | 'processor') => (of(name, figure) / of('nginx', figure)).toFixed(2)
    const memory = kind.files === 1 ? `  memory +${(of(name, 'memory') / 1e6).toFixed(1)} MB` : ''
    console.log(
      `  ${name.padEnd(12)} ${rate}  ${ratio('rate')} x nginx  processor ${processor}  ${ratio('processor')} x nginx${memory}`,
    )
  }
  for (const mode of ['sync', 'async']) {
    const cost = of(mode, 'rate') / of(`${mode}+fsync`, 'rate')
    if (!Number.isNaN(cost)) console.log(`  durability costs ${mode} a factor of ${cost.toFixed(2)}`)
  }
}

// In the root, as the temporaries of twinserve are: the lottery of block groups is then the same for both.
const dav = `client_body_temp_path ${root}/.nginx; dav_methods PUT MKCOL; client_max_body_size 0; client_body_buffer_size 256k;`
const all: Server[] = [
  nginx(directory, root, await freePort(), 'sendfile on;', dav),
  rclone(await freePort()),
  twinserve('sync', false, await freePort()),
  twinserve('async', false, await freePort()),
  twinserve('sync', true, await freePort()),
  twinserve('async', true, await freePort()),
]
console.log(`on ${execFileSync('findmnt', ['-n', '-o', 'FSTYPE', '-T', root], { encoding: 'utf8' }).trim()}`)
const wanted = values.only?.split(',')
const servers = all.filter((server) => wanted === undefined || wanted.includes(server.name))
const children = new Map<Server, ChildProcess>(servers.map((server) => [server, server.start()]))
const pidOf = (server: Server) => children.get(server)?.pid as number
try {
  await Promise.all(servers.map((server) => accepting(server.port)))
  for (const kind of values.kinds.split(',').map(kindOf)) {
    const figures = new Map<string, Figures[]>(servers.map((server) => [server.name, []]))
    for (const server of servers) await round(server, pidOf(server), kind)
    for (let n = 0; n < Number(values.rounds); n += 1) {
      for (const server of shuffled(servers)) {
        figures.get(server.name)?.push(await round(server, pidOf(server), kind))
      }
    }
    report(kind, figures)
  }
} finally {
  client.kill()
  for (const child of children.values()) child.kill('SIGKILL')
  fs.rmSync(directory, { recursive: true, force: true })
}
