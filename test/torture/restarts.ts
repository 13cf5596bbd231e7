/**
 * Restarts that nobody may notice, and stops in the middle of transfers.
 *
 *     node --import=./scripts/typescript.js test/torture/restarts.ts --engine sync --loops 2 [--restarts 20] [--clients 16] [--transfers 100]
 *
 * 1. A listening socket is held here, and handed to one server after the other as systemd does it (sd_listen_fds(3)): SIGTERM,
 *    its end, the next one. Meanwhile clients ask all the time: over connections that they keep, over new ones, reading and
 *    storing. None of them ever tries again. Not one may be refused, cut off, or given something else than it asked for.
 * 2. SIGTERM in the middle of uploads and downloads, half of which are too slow to end within `--grace`. Each upload is there
 *    whole or not at all, and whole if it was acknowledged; each download is whole, or its client sees that it is not; a
 *    resumable upload goes on where it was; and nothing temporary is left after the next start.
 *
 * `--loops` is threads for the blocking engine and workers for the event loop. Ends with status 1 when something is not so.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { close, listen } from '../../src/posix/listening.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    loops: { type: 'string', default: '1' },
    restarts: { type: 'string', default: '20' },
    clients: { type: 'string', default: '16' },
    transfers: { type: 'string', default: '100' },
  },
})

const project = fileURLToPath(new URL('../..', import.meta.url))
const say = (line: string) => process.stdout.write(`${line}\n`)
const failures: string[] = []
const broken = (what: string) => void failures.push(what)

/** The command, from its sources. @param handed a listening socket for it */
async function start(
  root: string,
  words: readonly string[],
  handed?: number,
): Promise<{ child: ChildProcess; port: number }> {
  const loops = values.loops === '1' ? [] : [values.engine === 'sync' ? '--threads' : '--workers', values.loops]
  const node = [process.execPath, `--import=${path.join(project, 'scripts/typescript.js')}`]
  const all = [...node, path.join(project, 'src/cli/main.ts'), '--mode', values.engine, ...loops, ...words, root]
  const child = spawn(
    'sh',
    ['-c', `${handed === undefined ? '' : 'LISTEN_PID=$$ LISTEN_FDS=1 '}exec "$0" "$@"`, ...all],
    {
      stdio: ['ignore', 'pipe', 'inherit', ...(handed === undefined ? [] : [handed])],
    },
  )
  const [line] = (await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), ended(child)])) as [unknown]
  const port = /:(\d+)\/\n$/.exec(String(line))?.[1]
  if (port === undefined) throw new Error(`the server did not start: ${line}`)
  return { child, port: Number(port) }
}

async function ended(child: ChildProcess): Promise<[number | null]> {
  if (child.exitCode !== null) return [child.exitCode]
  const [code] = await once(child, 'exit')
  return [code as number | null]
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const [code] = await ended(child)
  if (code !== 0) broken(`the server ended with ${code}`)
}

interface Asked {
  readonly status: number
  readonly body: Buffer
}

/** One request, which is never tried again. */
function ask(
  port: number,
  agent: http.Agent,
  method: string,
  target: string,
  body?: Buffer,
  headers = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, agent, method, path: target, headers })
    request.on('error', reject)
    request.on('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    request.end(body)
  })
}

const contentOf = (name: string, bytes: number): Buffer => {
  const word = createHash('sha256').update(name).digest()
  return Buffer.alloc(bytes, word)
}

interface Load {
  requests: number
  longest: number
  running: boolean
  readonly stored: string[]
}

/** One client: asks, looks at the answer, waits a little, and asks again. */
async function client(port: number, number: number, load: Load): Promise<void> {
  const kept = number % 2 === 0
  const agent = new http.Agent({ keepAlive: kept, maxSockets: 1 })
  const storing = number % 4 >= 2
  for (let n = 0; load.running; n += 1) {
    const began = performance.now()
    const name = storing ? `put-${number}-${n}` : 'small'
    const content = contentOf(name, 4096)
    try {
      const { status, body } = await ask(
        port,
        agent,
        storing ? 'PUT' : 'GET',
        `/${name}`,
        storing ? content : undefined,
      )
      if (status !== (storing ? 201 : 200)) broken(`${name}: ${status} ${body}`)
      else if (storing) load.stored.push(name)
      else if (!body.equals(content)) broken(`${name}: other content`)
    } catch (error) {
      broken(`${name}, ${kept ? 'kept' : 'new'} connection: ${(error as Error).message}`)
    }
    load.requests += 1
    load.longest = Math.max(load.longest, performance.now() - began)
    await sleep(Math.random() * 20)
  }
  agent.destroy()
}

async function restarts(root: string): Promise<void> {
  const held = listen({ host: '127.0.0.1', port: 0 })
  const { port } = held.address as { port: number }
  fs.writeFileSync(path.join(root, 'small'), contentOf('small', 4096))
  const words = ['--log-format', 'off', '--no-fsync']
  let { child } = await start(root, words, held.fd)
  const load: Load = { requests: 0, longest: 0, running: true, stored: [] }
  const clients = Array.from({ length: Number(values.clients) }, (_, number) => client(port, number, load))
  const took: number[] = []
  for (let n = 0; n < Number(values.restarts); n += 1) {
    await sleep(300 + Math.random() * 300)
    const began = performance.now()
    await stop(child)
    ;({ child } = await start(root, words, held.fd))
    took.push(performance.now() - began)
  }
  load.running = false
  await Promise.all(clients)
  await stop(child)
  close(held.fd)
  for (const name of load.stored) {
    if (!fs.readFileSync(path.join(root, name)).equals(contentOf(name, 4096))) broken(`${name} is not what was stored`)
  }
  const mean = took.reduce((sum, time) => sum + time, 0) / took.length
  say(
    `${took.length} restarts of ${mean.toFixed(0)} ms: ${load.requests} requests, ${load.stored.length} of them stored something; ` +
      `the longest took ${load.longest.toFixed(0)} ms`,
  )
}

const bytes = 4 * 1024 * 1024
/** More than the kernel keeps between a server and a client. */
const largeBytes = 24 * 1024 * 1024
type Outcome = 'whole' | 'broken off' | 'refused'

/** Bytes in pieces with pauses: `pause` of 0 is as fast as it goes. */
async function upload(port: number, name: string, pause: number): Promise<Outcome> {
  const content = contentOf(name, bytes)
  const request = http.request({
    host: '127.0.0.1',
    port,
    method: 'PUT',
    path: `/${name}`,
    agent: new http.Agent(),
    headers: { 'Content-Length': bytes },
  })
  const answered = new Promise<Outcome>((resolve) => {
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'broken off'),
    )
    request.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode === 201 ? 'whole' : 'broken off')
    })
  })
  for (let at = 0; at < bytes && !request.destroyed; at += 65536) {
    request.write(content.subarray(at, at + 65536), () => {})
    await sleep(pause)
  }
  request.end()
  return await answered
}

async function download(port: number, pause: number): Promise<Outcome> {
  const request = http.request({ host: '127.0.0.1', port, path: '/large', agent: new http.Agent() }).end()
  try {
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer)
      await sleep(pause)
    }
    if (!Buffer.concat(chunks).equals(contentOf('large', largeBytes))) broken('a download that looked whole was not')
    return 'whole'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'refused' : 'broken off'
  }
}

/** Begin a resumable upload and send half of it. @returns where it is */
async function halfResumable(port: number): Promise<string> {
  const tus = { 'Tus-Resumable': '1.0.0' }
  const name = Buffer.from('resumed').toString('base64')
  const created = await fetch(`http://127.0.0.1:${port}/.twinserve/uploads`, {
    method: 'POST',
    headers: { ...tus, 'Upload-Length': String(bytes), 'Upload-Metadata': `filename ${name}` },
  })
  const location = new URL(created.headers.get('location') ?? '', created.url).pathname
  const half = contentOf('resumed', bytes).subarray(0, bytes / 2)
  const headers = { ...tus, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' }
  const sent = await fetch(`http://127.0.0.1:${port}${location}`, { method: 'PATCH', headers, body: half })
  if (sent.status !== 204) broken(`half of a resumable upload: ${sent.status} ${await sent.text()}`)
  return location
}

async function resume(port: number, root: string, location: string): Promise<void> {
  const url = `http://127.0.0.1:${port}${location}`
  const tus = { 'Tus-Resumable': '1.0.0' }
  const offset = (await fetch(url, { method: 'HEAD', headers: tus })).headers.get('upload-offset')
  if (offset !== String(bytes / 2)) broken(`a resumable upload was at ${offset} after the restart`)
  const headers = { ...tus, 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }
  await fetch(url, { method: 'PATCH', headers, body: contentOf('resumed', bytes).subarray(Number(offset)) })
  if (!fs.readFileSync(path.join(root, 'resumed')).equals(contentOf('resumed', bytes)))
    broken('it was not resumed whole')
}

async function stops(root: string): Promise<void> {
  fs.writeFileSync(path.join(root, 'large'), contentOf('large', largeBytes))
  const { child, port } = await start(root, ['--port', '0', '--log-format', 'off', '--grace', '2s'])
  const location = await halfResumable(port)
  const count = Number(values.transfers) / 2
  // Every other one takes longer than there is time.
  const pauses = Array.from({ length: count }, (_, n) => (n % 2 === 0 ? 1 : 100))
  const uploads = pauses.map((pause, n) => upload(port, `up-${n}`, pause))
  const downloads = pauses.map((pause) => download(port, pause))
  await sleep(250)
  await stop(child)
  const outcomes = await Promise.all([...uploads, ...downloads])
  for (const [n, outcome] of outcomes.slice(0, count).entries()) {
    const file = path.join(root, `up-${n}`)
    if (!fs.existsSync(file)) {
      if (outcome === 'whole') broken(`up-${n} was acknowledged, and is not there`)
    } else if (!fs.readFileSync(file).equals(contentOf(`up-${n}`, bytes))) broken(`up-${n} is there in part`)
  }
  const next = await start(root, ['--port', '0', '--log-format', 'off'])
  await resume(next.port, root, location)
  await stop(next.child)
  const left = fs.readdirSync(path.join(root, '.twinserve/temporary'))
  if (left.length > 0) broken(`left over: ${left.join(' ')}`)
  const tell = (some: readonly Outcome[]) =>
    (['whole', 'broken off', 'refused'] as const)
      .map((what) => `${some.filter((o) => o === what).length} ${what}`)
      .join(', ')
  say(`SIGTERM in the middle: uploads ${tell(outcomes.slice(0, count))}; downloads ${tell(outcomes.slice(count))}`)
}

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-restarts-'))
try {
  say(`${values.engine}, ${values.loops} loop(s)`)
  await restarts(root)
  await stops(root)
  for (const failure of failures.slice(0, 20)) say(`BROKEN: ${failure}`)
  say(failures.length === 0 ? 'nothing was broken' : `${failures.length} things were broken`)
  process.exitCode = failures.length === 0 ? 0 : 1
} finally {
  fs.rmSync(root, { recursive: true, force: true })
}
