/**
 * Clients that others have written, with 1 GB, and with ends that nobody has planned.
 *
 *     npm run build && node --import=./scripts/typescript.js test/torture/clients.ts [--megabytes 1024] [--directory DIR] [--secure]
 *
 * - `tus-js-client` uploads a file, is killed ten times and the server twice. The server comes back as the other engine.
 * - `curl -T` uploads it, `curl -C -` goes on with a download that was killed, `aria2c -x8` loads eight ranges at a time,
 *   and `rclone copy` reads the listings of a tree: where these programs are installed.
 *
 * With `--secure` all of it goes over TLS, with a certificate that the server has signed itself, and with a name and a password.
 *
 * Every file is compared with the original. The status is 0 when all are equal.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1024' },
    directory: { type: 'string', default: tmpdir() },
    secure: { type: 'boolean', default: false },
  },
})
const { secure } = values
const size = Number(values.megabytes) * 1024 * 1024
const kills = 10
const deaths = 2

const at = fs.mkdtempSync(path.join(values.directory, 'twinserve-clients-'))
const share = path.join(at, 'share')
const original = path.join(at, 'original')
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const loader = `--import=${here('../../scripts/typescript.js')}`
const main = here('../../dist/cli/main.js')
const [name, password] = ['ann', 'a p@ss:wörd']
const users = path.join(at, 'users')
/** Where the server keeps its certificate, and its key. */
const kept = path.join(at, 'state')
const certificate = path.join(kept, 'twinserve', 'self-signed.pem')
const say = (line: string) => process.stdout.write(`${line}\n`)
const wrong: string[] = []

function digestOf(file: string): string {
  const hash = createHash('sha256')
  const fd = fs.openSync(file, 'r')
  const buffer = Buffer.alloc(1024 * 1024)
  for (let read = fs.readSync(fd, buffer); read > 0; read = fs.readSync(fd, buffer))
    hash.update(buffer.subarray(0, read))
  fs.closeSync(fd)
  return hash.digest('hex')
}

function makeOriginal(): string {
  const block = randomFillSync(Buffer.alloc(1024 * 1024))
  const fd = fs.openSync(original, 'w')
  for (let done = 0; done < size; done += block.length) {
    block.writeDoubleLE(done)
    fs.writeSync(fd, block.subarray(0, Math.min(block.length, size - done)))
  }
  fs.closeSync(fd)
  return digestOf(original)
}

/** A server that can die and come back at the same port, as either engine. */
class Mortal {
  port = 0
  #process: ChildProcess | undefined

  async live(mode: string): Promise<void> {
    const guard = secure ? ['--tls', 'self-signed', '--auth-file', users] : []
    const args = [main, 'serve', share, '--mode', mode, '-p', String(this.port), '--log-format', 'off', ...guard]
    const env = { ...process.env, XDG_STATE_HOME: kept }
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
    this.#process = child
    for await (const line of createInterface({ input: child.stdout })) {
      const found = /https?:\/\/127\.0\.0\.1:(\d+)\//.exec(line)
      if (found === null) continue
      this.port = Number(found[1])
      return
    }
    throw new Error('the server ended at once')
  }

  async die(): Promise<void> {
    const child = this.#process as ChildProcess
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  url(name: string): string {
    return `${secure ? 'https' : 'http'}://127.0.0.1:${this.port}/${name}`
  }
}

function compare(what: string, file: string, digest: string): void {
  const equal = fs.existsSync(file) && digestOf(file) === digest
  say(`${equal ? 'equal  ' : 'UNEQUAL'} ${what}`)
  if (!equal) wrong.push(what)
}

/** Run the uploader until it has sent so many bytes. @returns whether it came to its end before */
async function uploadUntil(server: Mortal, target: string, bytes: number): Promise<boolean> {
  const args = [
    loader,
    here('./tus-uploader.ts'),
    server.url('.twinserve/uploads'),
    original,
    target,
    `${at}/urls.json`,
  ]
  const authorization = secure ? `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` : ''
  const env = { ...process.env, AUTHORIZATION: authorization, ...(secure ? { NODE_EXTRA_CA_CERTS: certificate } : {}) }
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'done') {
      await exit
      return true
    }
    if (Number(line.slice('sent '.length)) < bytes) continue
    child.kill('SIGKILL')
    await exit
    return false
  }
  throw new Error('the uploader gave up')
}

async function resumable(server: Mortal, first: string, digest: string): Promise<void> {
  const target = `resumed-${first}`
  let mode = first
  await server.live(mode)
  for (let kill = 1; kill <= kills; kill += 1) {
    const done = await uploadUntil(server, target, (size * kill) / (kills + 1))
    if (done) throw new Error('it was done before it could be killed')
    if (kill % Math.floor(kills / deaths) !== 0) continue
    await server.die()
    mode = mode === 'sync' ? 'async' : 'sync'
    await server.live(mode)
  }
  await uploadUntil(server, target, Number.POSITIVE_INFINITY)
  await server.die()
  const left = fs.readdirSync(`${share}/.twinserve/temporary`)
  if (left.length > 0) wrong.push(`left over: ${left}`)
  compare(
    `tus-js-client, killed ${kills} times, the server ${deaths} times, begun at ${first}`,
    `${share}/${target}`,
    digest,
  )
}

function installed(program: string): boolean {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
  if (!found) say(`left out ${program}, which is not installed`)
  return found
}

/** Run a program that must succeed. */
function must(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) wrong.push(`${program}: ${status} ${stderr}`)
}

/** What curl is to be told, so that it trusts the server, and the server it. */
const curl = secure ? ['--cacert', certificate, '-u', `${name}:${password}`] : []

/** Kill a download once a part of it is there. */
async function broken(url: string, file: string): Promise<void> {
  const child = spawn('curl', [...curl, '-s', '-o', file, url])
  const exit = once(child, 'exit')
  while (!(fs.existsSync(file) && fs.statSync(file).size > size / 3)) await new Promise(setImmediate)
  child.kill('SIGKILL')
  await exit
}

async function others(server: Mortal, mode: string, digest: string): Promise<void> {
  await server.live(mode)
  if (installed('curl')) {
    must('curl', ...curl, '-sSf', '-T', original, server.url(`curl-${mode}`))
    compare(`curl -T, ${mode}`, `${share}/curl-${mode}`, digest)
    const part = `${at}/continued`
    await broken(server.url(`curl-${mode}`), part)
    must('curl', ...curl, '-sSf', '-C', '-', '-o', part, server.url(`curl-${mode}`))
    compare(`curl -C -, ${mode}`, part, digest)
    fs.rmSync(part)
  }
  if (installed('aria2c')) {
    const args = ['-q', '-x8', '-s8', '-k1M', '--file-allocation=none', '-d', at, '-o', 'ranges']
    const login = [`--ca-certificate=${certificate}`, `--http-user=${name}`, `--http-passwd=${password}`]
    must('aria2c', ...args, ...(secure ? login : []), server.url(`curl-${mode}`))
    compare(`aria2c -x8, ${mode}`, `${at}/ranges`, digest)
    fs.rmSync(`${at}/ranges`, { force: true })
  }
  if (installed('rclone')) {
    const url = new URL(server.url(''))
    if (secure) Object.assign(url, { username: name, password })
    const trust = secure ? ['--ca-cert', certificate] : []
    must('rclone', 'copy', '--config', '/dev/null', ...trust, '--http-url', url.href, ':http:tree', `${at}/tree`)
    const same = spawnSync('diff', ['-r', `${share}/tree`, `${at}/tree`], { encoding: 'utf8' })
    say(`${same.status === 0 ? 'equal  ' : 'UNEQUAL'} rclone copy of a tree, ${mode}`)
    if (same.status !== 0) wrong.push(`rclone: ${same.stdout}`)
    fs.rmSync(`${at}/tree`, { recursive: true, force: true })
  }
  await server.die()
  fs.rmSync(`${share}/curl-${mode}`, { force: true })
}

function makeTree(): void {
  for (const directory of ['a', 'b b', 'ü']) {
    fs.mkdirSync(`${share}/tree/${directory}/deep`, { recursive: true })
    for (let n = 0; n < 50; n += 1)
      fs.writeFileSync(`${share}/tree/${directory}/deep/file ${n} & %41.txt`, `${directory} ${n}`)
  }
}

fs.mkdirSync(share)
try {
  if (secure) execFileSync(process.execPath, [main, 'passwd', users, name], { input: `${password}\n` })
  makeTree()
  const digest = makeOriginal()
  const server = new Mortal()
  say(`${size / 2 ** 20} MiB, ${execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim()}, Node ${process.version}`)
  for (const mode of ['sync', 'async']) {
    await resumable(server, mode, digest)
    fs.rmSync(`${share}/resumed-${mode}`, { force: true })
    await others(server, mode, digest)
  }
} finally {
  fs.rmSync(at, { recursive: true, force: true })
}
for (const what of wrong) say(`WRONG: ${what}`)
process.exitCode = wrong.length === 0 ? 0 : 1
