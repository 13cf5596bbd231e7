/**
 * What the comparisons with other servers share: starting them on one core, and telling medians.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { ticksIn } from './load/machine.ts'
import { pinnedTo } from './load/process.ts'

/** A server under comparison. It runs from `start` to the end of the bench. */
export interface Server {
  readonly name: string
  readonly port: number
  start(): ChildProcess
}

/** The command, as built. */
export const twinserveMain = path.join(import.meta.dirname, '../dist/cli/main.js')

/** Processor time so far, without that of children, in ticks of 10 ms. @param entry see `ticksIn` */
export function ticksOf(entry: string): number {
  const [user, system] = ticksIn(entry)
  return user + system
}

/** A directory for the bench, and the one in it that is served. @param where they are to lie */
export function places(what: string, where = os.tmpdir()): { readonly directory: string; readonly root: string } {
  const directory = fs.mkdtempSync(path.join(where, `twinserve-${what}-`))
  // Only ext4 knows it (chattr(1)): what is made in it gets a block group of its own, away from what others do.
  spawnSync('chattr', ['+T', directory])
  const root = path.join(directory, 'root')
  fs.mkdirSync(root)
  return { directory, root }
}

/** Start a command on the core that is the servers'. The clients have the other. */
export function pinned(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const [first, ...rest] = pinnedTo(0, [command, ...args])
  return spawn(first as string, rest, { stdio: 'ignore', env: { ...process.env, ...env } })
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** Wait until a server takes connections. */
export async function accepting(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on port ${port}`)
}

/** nginx with one process and no log. @param extra lines for its `http` block @param server lines for its `server` block */
export function nginx(directory: string, root: string, port: number, extra: string, server = ''): Server {
  const file = path.join(directory, 'nginx.conf')
  fs.writeFileSync(
    file,
    `daemon off; master_process off; pid ${directory}/nginx.pid; error_log /dev/null;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; default_type application/octet-stream;
  client_body_temp_path ${directory}/b; proxy_temp_path ${directory}/p; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
  ${extra}
  server { listen 127.0.0.1:${port} backlog=1024; root ${root}; ${server} } }\n`,
  )
  return { name: 'nginx', port, start: () => pinned('nginx', ['-c', file, '-p', directory]) }
}

/** Caddy on one thread, with neither log nor anything but files. */
export function caddy(directory: string, root: string, port: number): Server {
  const file = path.join(directory, 'Caddyfile')
  fs.writeFileSync(
    file,
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${port} {\n root * ${root}\n file_server\n}\n`,
  )
  const env = { GOMAXPROCS: '1', HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory }
  const args = ['run', '--config', file, '--adapter', 'caddyfile']
  return { name: 'caddy', port, start: () => pinned('caddy', args, env) }
}

/** lighttpd with one process and no log. */
export function lighttpd(directory: string, root: string, port: number): Server {
  const file = path.join(directory, 'lighttpd.conf')
  fs.writeFileSync(
    file,
    `server.document-root = "${root}"
server.bind = "127.0.0.1"
server.port = ${port}
server.max-keep-alive-requests = 1000000
server.max-fds = 4096
mimetype.assign = ( "" => "application/octet-stream" )\n`,
  )
  return { name: 'lighttpd', port, start: () => pinned('lighttpd', ['-D', '-f', file]) }
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

/** In random order: what else the machine does then falls on everybody alike. */
export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
