/**
 * What TLS costs, with wrk: each engine and nginx with it and without, in one run.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/tls.ts [--rounds 5] [--seconds 3] [--sizes 10k,10m]
 *
 * - Servers run on one core and wrk on the other: the blocking engine's terminating thread shares the core with its
 *   serving thread, so that a ratio is work, and not how many cores there are.
 * - `close` is 10k with a connection for each request: a handshake each, where nothing is resumed.
 * - Rounds are interleaved in random order. What is printed is the median rate, and its ratio to the same server without
 *   TLS. The certificate is for ECDSA on P-256; every one of them picks AES-128-GCM or AES-256-GCM by its own taste.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { makeSelfSigned } from '../src/tls/self-signed.ts'
import { accepting, freePort, median, nginx, pinned, places, type Server, shuffled, twinserveMain } from './serving.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '10k,10m,close' },
  },
})

interface Contender extends Server {
  readonly secure: boolean
}

const { directory, root } = places('tls')
const [certFile, keyFile] = [path.join(directory, 'cert.pem'), path.join(directory, 'key.pem')]
const { cert, key } = makeSelfSigned({ names: ['localhost', '127.0.0.1'], now: Date.now() })
fs.writeFileSync(certFile, cert)
fs.writeFileSync(keyFile, key, { mode: 0o600 })

async function twinserve(mode: 'sync' | 'async', secure: boolean): Promise<Contender> {
  const port = await freePort()
  const tls = secure ? ['--tls-cert', certFile, '--tls-key', keyFile] : []
  const args = ['--mode', mode, '--cache', '0', '-p', String(port), '--log-format', 'off', '--no-server-timing', ...tls]
  const start = () => pinned(process.execPath, [twinserveMain, 'serve', root, '--read-only', ...args])
  return { name: mode, secure, port, start }
}

async function peer(secure: boolean): Promise<Contender> {
  const home = path.join(directory, secure ? 'nginx-tls' : 'nginx')
  fs.mkdirSync(home)
  const extra = secure
    ? `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile}; ssl_protocols TLSv1.2 TLSv1.3;`
    : ''
  const port = await freePort()
  const server = nginx(home, root, port, `sendfile on; tcp_nopush on; ${extra}`)
  if (secure) {
    const config = path.join(home, 'nginx.conf')
    fs.writeFileSync(config, fs.readFileSync(config, 'utf8').replace(' backlog=1024;', ' ssl backlog=1024;'))
  }
  return { ...server, secure }
}

const scale: Readonly<Record<string, number>> = { B: 1e-6, KB: 1e-3, MB: 1, GB: 1e3 }

/** Megabytes per second, as wrk saw them: also where a file takes longer than a round. */
function wrk({ port, secure }: Contender, what: string, seconds: number): number {
  const [name, fields] = what === 'close' ? ['10k', ['-H', 'Connection: close']] : [what, []]
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${port}/${name}`
  const args = ['-c', '1', 'wrk', '-t1', '-c32', `-d${seconds}s`, ...fields, url]
  const output = execFileSync('taskset', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(output)) throw new Error(output)
  const m = /Transfer\/sec:\s+([\d.]+)([KMG]?B)/.exec(output) as RegExpExecArray
  return Number(m[1]) * (scale[m[2] as string] as number)
}

fs.writeFileSync(path.join(root, '10k'), Buffer.alloc(10 * 1024, 'x'))
fs.writeFileSync(path.join(root, '10m'), Buffer.alloc(10 * 1024 * 1024, 'x'))
const servers = [
  ...(await Promise.all(['sync', 'async'].flatMap((mode) => [false, true].map((on) => twinserve(mode as 'sync', on))))),
  await peer(false),
  await peer(true),
]
const children = servers.map((server) => server.start())
try {
  await Promise.all(servers.map((server) => accepting(server.port)))
  for (const what of values.sizes.split(',')) {
    const rates = new Map<Contender, number[]>(servers.map((server) => [server, []]))
    for (const server of servers) wrk(server, what, 1)
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const server of shuffled(servers)) rates.get(server)?.push(wrk(server, what, Number(values.seconds)))
    }
    console.log(`\n${what}: median of ${values.rounds} rounds of ${values.seconds} s`)
    for (const server of servers) {
      const rate = median(rates.get(server) as number[])
      const bare = servers.find(({ name, secure }) => name === server.name && !secure) as Contender
      const ratio = server.secure ? `  ${(rate / median(rates.get(bare) as number[])).toFixed(2)} x without` : ''
      console.log(
        `  ${`${server.name}${server.secure ? ' TLS' : ''}`.padEnd(10)} ${rate.toFixed(1).padStart(8)} MB/s${ratio}`,
      )
    }
  }
} finally {
  for (const child of children) child.kill('SIGKILL')
  fs.rmSync(directory, { recursive: true, force: true })
}
