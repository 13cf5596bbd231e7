/**
 * Slow clients, by the hundred: what they cost others. `slowhttptest` attacks over loopback, while two healthy clients ask
 * for a small file, one over a connection that it keeps, and one over a new connection each time.
 *
 *     node --import=./scripts/typescript.js test/torture/slow.ts --engine async
 *     node --import=./scripts/typescript.js test/torture/slow.ts --engine sync --threads 4
 *
 *     --connections N    of the attacker, 1,000 unless said
 *     --kinds LIST       of header,body,read,range; all unless said
 *     --seconds N        how long healthy clients are measured quiet and, on the event loop, attacked; 20 unless said
 *     --threads N, --workers N
 *     --timeout MS       what bounds one slow client in the blocking engine, 100 ms unless said: with the 10 s and 30 s that
 *                        are usual, 1,000 of them would take hours. The bounds are computed from it by the same function
 *
 * On the event loop the 99th percentile of a healthy client must stay within three times that of the quiet server, over the whole
 * attack and when all have connected. What it is while they connect is told: few requests fall into these seconds. In the
 * blocking engine the longest wait must stay below the bound of docs/limits.md: as many slow clients as there are, one after the
 * other on each thread. How much of the bound is reached is told. The exit status is 1 when something is not so.
 *
 * It needs `slowhttptest`. The attackers stay on loopback, and have nobody else to attack.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { limitsOf } from '../../src/core/limits.ts'
import { partsOf, tickOf } from '../../src/core/waiting.ts'
import { cpuTime } from '../fixtures/processor-time.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { type EngineName, type Server, withServer } from './server.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    connections: { type: 'string', default: '1000' },
    kinds: { type: 'string', default: 'header,body,read,range' },
    seconds: { type: 'string', default: '20' },
    threads: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    timeout: { type: 'string', default: '100' },
  },
})

const engine = values.engine as EngineName
const blocking = engine === 'sync'
const connections = Number(values.connections)
const [threads, workers] = [Number(values.threads), Number(values.workers)]
const time = Number(values.timeout)
/** Longer than any bound here: what is waited for is what is measured. */
const patience = 3_600_000
/** How many times the quiet 99th percentile a healthy client of the event loop may wait. */
const mostFactor = 3
/** Connections that the attacker makes in a second. */
const rate = 300
const readBytes = 4 * 1024 * 1024
const changed = blocking ? { headerTime: time, bodyStall: time, sendStall: time, requestTime: 2 * time } : {}
const limits = limitsOf(changed)
const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Attack {
  readonly words: readonly string[]
  readonly target: string
  /** How long one such client can hold a thread, in milliseconds. */
  readonly hold: number
}

const tick = tickOf(limits)
/** None of its waits can last longer than all of them together. */
const atMost = (part: number): number => Math.min(part, limits.requestTime) + tick
const attacks: Readonly<Record<string, Attack>> = {
  header: { words: ['-H', '-i', '2'], target: '/', hold: atMost(partsOf(limits, { body: 0, answer: 0 }).head) },
  body: {
    words: ['-B', '-t', 'PUT', '-s', '8192', '-i', '2'],
    target: '/slow',
    hold: atMost(partsOf(limits, { body: 8192, answer: 0 }).body),
  },
  read: {
    words: ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32'],
    target: '/large',
    hold: atMost(partsOf(limits, { body: 0, answer: readBytes }).answer),
  },
  // Answered at once: more than 32 ranges are not looked at.
  range: { words: ['-R'], target: '/large', hold: atMost(0) },
}

/** Sorted, in milliseconds. */
function told(times: readonly number[]): { p50: number; p99: number; max: number; text: string } {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (p: number) => sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] as number
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)]
  return { p50, p99, max, text: `${[p50, p99, max].map((ms) => ms.toFixed(2)).join(' / ')} ms of ${sorted.length}` }
}

/** One request of a healthy client, in milliseconds of `performance.now()`. */
interface Wait {
  readonly begun: number
  readonly time: number
}

/** A healthy client: one request after the other. @param keep over one connection, or over a new one each time */
async function healthy({ address }: Server, keep: boolean, going: () => boolean): Promise<Wait[]> {
  const where = { ...address, localAddress: keep ? '127.0.0.2' : '127.0.0.3' }
  const waits: Wait[] = []
  let client: RawClient | undefined
  while (going()) {
    const begun = performance.now()
    client ??= await RawClient.connect(where)
    client.patience = patience
    await client.send(message('GET', '/small'))
    const { status } = await client.answer()
    if (status !== 200) throw new Error(`a healthy client was answered with ${status}`)
    waits.push({ begun, time: performance.now() - begun })
    if (!keep || client.isEnded) {
      client.destroy()
      client = undefined
    }
    await sleep(10)
  }
  client?.destroy()
  return waits
}

/** Both healthy clients for a time. @param until what ends it */
async function measured(server: Server, until: Promise<unknown>): Promise<readonly [kept: Wait[], fresh: Wait[]]> {
  let going = true
  const end = until.then(() => {
    going = false
  })
  const both = await Promise.all([healthy(server, true, () => going), healthy(server, false, () => going)])
  await end
  return both
}

/** Resolves when the attacker has ended. @param seconds after which it ends by itself */
async function attacked({ address }: Server, { words, target }: Attack, seconds: number): Promise<string> {
  const url = `http://${address.host}:${address.port}${target}`
  const common = ['-c', `${connections}`, '-r', `${rate}`, '-l', `${seconds}`, '-p', '3600', '-x', '8', '-u', url]
  const child = spawn('slowhttptest', [...words, ...common], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes
  })
  await once(child, 'close')
  return stripVTControlCharacters(output).trim().split('\n').slice(-3).join(' ').replace(/\s+/g, ' ')
}

/** What each healthy client waited, in a part of the attack. */
interface Part {
  readonly name: string
  /** Whether the exit status is about it. */
  readonly counts: boolean
  readonly waits: readonly [kept: number[], fresh: number[]]
}

/**
 * The parts of an attack: the attacker connects, and then its connections are there. Only of the event loop: a healthy client of
 * the blocking engine waits for longer than either.
 */
function partsOfAttack(during: readonly [Wait[], Wait[]], begun: number): readonly Part[] {
  const connected = begun + (connections / rate + 1) * 1000
  const part = (name: string, counts: boolean, has: (wait: Wait) => boolean): Part => {
    const [kept, fresh] = during.map((waits) => waits.filter(has).map(({ time }) => time))
    return { name, counts, waits: [kept as number[], fresh as number[]] }
  }
  const all = part('in all', true, () => true)
  // An attack may be over before all have connected: where it is answered at once.
  if (blocking || during.some((waits) => !waits.some(({ begun }) => begun >= connected))) return [all]
  const connecting = part('while it connects', false, (wait) => wait.begun < connected)
  return [all, connecting, part('afterwards', true, (wait) => wait.begun >= connected)]
}

/** @returns whether healthy clients were served within the bound */
function judged(quiet: readonly number[], attacked: readonly number[], bound: number): boolean {
  const [before, after] = [told(quiet), told(attacked)]
  if (blocking) {
    say(`    ${after.text}: ${((100 * after.max) / bound).toFixed(0)} % of the bound of ${bound.toFixed(0)} ms`)
    return after.max <= bound + before.max
  }
  say(`    ${after.text}: p99 ${(after.p99 / before.p99).toFixed(2)} times the quiet one`)
  return after.p99 <= mostFactor * before.p99
}

async function one(server: Server, kind: string, attack: Attack): Promise<boolean> {
  const seconds = Number(values.seconds)
  const quiet = await measured(server, sleep(seconds * 1000))
  // The new connection waits behind all that came before it, and each thread takes its part of them.
  const bound = Math.ceil(connections / threads) * attack.hold
  const length = blocking ? Math.ceil((1.2 * bound) / 1000) + 10 : seconds
  const begun = performance.now()
  const used = cpuTime(server.pid)
  const attacker = attacked(server, attack, length)
  const during = await measured(server, attacker)
  const busy = (cpuTime(server.pid) - used) / (performance.now() - begun)
  say(`\n${kind}: ${connections} connections, load ${loadavg()[0]?.toFixed(1)}; ${await attacker}`)
  say(`  the server took ${(100 * busy).toFixed(1)} % of a processor; p50 / p99 / max:`)
  const parts = partsOfAttack(during, begun)
  return ['kept connection', 'new connections']
    .flatMap((name, i) => {
      const before = (quiet[i] as Wait[]).map(({ time }) => time)
      say(`  ${name}: quiet ${told(before).text}`)
      return parts.map((part) => {
        say(`    ${part.name}`)
        return judged(before, part.waits[i] as number[], bound) || !part.counts
      })
    })
    .every((good) => good)
}

const directory = mkdtempSync(join(tmpdir(), 'twinserve-slow-'))
const root = join(directory, 'share')
mkdirSync(root)
writeFileSync(join(root, 'small'), Buffer.alloc(1024, 'x'))
writeFileSync(join(root, 'large'), Buffer.alloc(readBytes, 'x'))
const loops = blocking ? { threads } : { workers }
say(`${engine}, ${blocking ? `${threads} threads, ${time} ms for each wait` : `${workers} workers`}`)
let good = true
try {
  for (const kind of values.kinds.split(',')) {
    const attack = attacks[kind]
    if (attack === undefined)
      throw new Error(`There is no attack ${kind}: they are ${Object.keys(attacks).join(', ')}.`)
    const wishes = {
      root,
      cacheBytes: 1 << 20,
      limits: { ...changed, connectionsPerAddress: 2 * connections },
      ...loops,
    }
    good = (await withServer(engine, wishes, (server) => one(server, kind, attack))) && good
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}
say(good ? '\nwithin the bounds' : '\nNOT within the bounds')
process.exitCode = good ? 0 : 1
