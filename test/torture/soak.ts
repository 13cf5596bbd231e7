/**
 * A server under mixed load for a long time: small and large files up and down, ranges, moves, copies, deletions, listings,
 * sessions and resumable uploads, any of them broken off at random.
 *
 *     node --import=./scripts/typescript.js test/torture/soak.ts --engine sync --minutes 120
 *
 *     --minutes N     10 unless said. The first quarter is to warm up
 *     --clients N     at a time, 8 unless said
 *     --pause MS      of each client between two things that it does, 0 unless said: for machines that have other work
 *     --threads N, --workers N
 *     --seed N        told, and at random unless said
 *     --directory PATH  where to make the shared directory: in memory (`/dev/shm`) unless said
 *     --hold PATH     while this file exists nothing is begun, and its time does not count: something else is being measured
 *
 * Each client has a directory of its own, and so knows what must be there; in the end all of it is read again. Memory
 * and descriptors are looked at every two seconds, those of all workers together: from the second quarter to the last the median of
 * memory and the least number of descriptors must not grow by more than 2 %. The log must have no line but of requests, and none
 * of them with 500. The exit status is 1 when something is not so. An interrupt (SIGINT) ends it early, and what there is by then is judged.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { randomFrom } from './random.ts'
import { type Address, Soaker } from './soaking.ts'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'async' },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '8' },
    pause: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    directory: { type: 'string', default: '/dev/shm' },
    hold: { type: 'string' },
  },
})
let duration = Number(values.minutes) * 60_000
const sampleTime = 2000
/** How often to look whether to hold. */
const holdTime = 250
/** How much more the last quarter may have than the second. */
const tolerance = 0.02
const say = (line: string): void => void process.stdout.write(`${line}\n`)

interface Sample {
  readonly at: number
  readonly memory: number
  readonly descriptors: number
}

/** A process and those that it started. */
function family(pid: number): number[] {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean)
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

function sample(pid: number, at: number): Sample {
  const all = family(pid)
  const memory = all.map((each) =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${each}/status`, 'latin1'))?.[1]),
  )
  const descriptors = all.map((each) => fs.readdirSync(`/proc/${each}/fd`).length)
  const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0)
  return { at, memory: sum(memory) * 1024, descriptors: sum(descriptors) }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number
}

/** Whether something does not grow, and what it was. @param middle of the samples of a quarter */
function flat(
  name: string,
  samples: readonly Sample[],
  of: (sample: Sample) => number,
  middle: (numbers: readonly number[]) => number,
): boolean {
  const quarter = (number: number) =>
    middle(samples.filter(({ at }) => Math.floor((4 * at) / duration) === number).map(of))
  const [second, third, last] = [quarter(1), quarter(2), quarter(3)]
  const change = last / second - 1
  const figures = [second, third, last].map((value) => value.toFixed(1)).join(', ')
  say(`  ${name}: ${figures} in the second, third and last quarter: ${(100 * change).toFixed(2)} %`)
  // What becomes less is no leak.
  return change <= tolerance
}

/** Lines of the log that are not of requests as they should be. */
function strange(log: string): string[] {
  // A client that has reset its connection before it was accepted has no address any more (getpeername(2)).
  const usual = /^(127\.0\.0\.1|-) - - \[[^\]]+\] "(-|[^"]*)" (0|1\d\d|2\d\d|3\d\d|4\d\d) \d+$/
  return log.split('\n').filter((line) => line !== '' && !usual.test(line))
}

const held = () => values.hold !== undefined && fs.existsSync(values.hold)

/** The time in which something was done. */
class Worked {
  private readonly begun = Date.now()
  private rested = 0

  /** Milliseconds. */
  get time(): number {
    return Date.now() - this.begun - this.rested
  }

  /** Takes note of when nothing is to be done, until all has been. */
  async watch(): Promise<void> {
    let before = Date.now()
    while (this.time < duration) {
      await sleep(holdTime)
      const now = Date.now()
      if (held()) this.rested += now - before
      before = now
    }
  }
}

async function client(soaker: Soaker, worked: Worked): Promise<void> {
  await soaker.begin()
  while (worked.time < duration) {
    if (held()) {
      soaker.rest()
      await sleep(holdTime)
    } else await soaker.step()
    await sleep(Number(values.pause))
  }
}

async function soak(address: Address, pid: number): Promise<boolean> {
  const worked = new Worked()
  process.once('SIGINT', () => {
    duration = worked.time
  })
  const watching = worked.watch()
  const chance = randomFrom(Number(values.seed))
  const soakers = Array.from({ length: Number(values.clients) }, (_, i) => {
    return new Soaker(address, `/client${i}`, randomFrom(Math.floor(chance() * 2 ** 31)))
  })
  const samples: Sample[] = []
  let over = false
  const sampling = (async () => {
    while (!over) {
      if (!held()) samples.push(sample(pid, worked.time))
      await sleep(sampleTime)
    }
  })()
  await Promise.all(soakers.map((soaker) => client(soaker, worked)))
  over = true
  await Promise.all([sampling, watching])
  const files = await Promise.all(soakers.map((soaker) => soaker.verify()))
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((one, other) => one + other, 0)
  const steps = sum(soakers.flatMap(({ done }) => [...done.values()]))
  const each = [...(soakers[0] as Soaker).done.keys()]
    .sort()
    .map((way) => `${way} ${sum(soakers.map(({ done }) => done.get(way) ?? 0))}`)
  say(
    `  ${(worked.time / 60_000).toFixed(0)} minutes: ${steps} steps (${each.join(', ')}), and ${sum(files)} files read again: nothing is lost`,
  )
  const memory = flat('MiB of memory, median', samples, (one) => one.memory / 1024 ** 2, median)
  // What requests in progress hold comes and goes; what is never given back raises the least of them.
  const least = (numbers: readonly number[]) => Math.min(...numbers)
  return flat('descriptors, least', samples, (one) => one.descriptors, least) && memory
}

const directory = fs.mkdtempSync(join(values.directory, 'twinserve-soak-'))
const [root, log] = [join(directory, 'share'), join(directory, 'log')]
fs.mkdirSync(root)
const logFile = fs.openSync(log, 'a')
const loops = values.engine === 'sync' ? { threads: Number(values.threads) } : { workers: Number(values.workers) }
const options = {
  root,
  cacheBytes: 1 << 22,
  logFormat: 'common',
  metrics: true,
  serverTiming: true,
  fsync: true,
  ...loops,
}
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const words = [`--import=${script('../../scripts/typescript.js')}`, script('./server-entry.ts')]
const server = spawn(process.execPath, [...words, values.engine, JSON.stringify(options)], {
  stdio: ['ignore', 'pipe', logFile],
  // An interrupt from the terminal is for the clients alone.
  detached: true,
})
const ended = once(server, 'close')
say(
  `${values.engine} ${JSON.stringify(loops)}: ${values.minutes} minutes, ${values.clients} clients, seed ${values.seed}`,
)
let good = false
try {
  const [line] = (await Promise.race([once(server.stdout as Readable, 'data'), ended])) as [unknown]
  good = await soak(JSON.parse(String(line)), server.pid as number)
  const lines = strange(fs.readFileSync(log, 'latin1'))
  say(
    `  the log: ${lines.length} lines that are not of requests, or tell of a failure; load ${loadavg()[0]?.toFixed(1)}`,
  )
  for (const each of lines.slice(0, 5)) say(`    ${each}`)
  good &&= lines.length === 0
} finally {
  server.kill('SIGKILL')
  await ended
  fs.rmSync(directory, { recursive: true, force: true })
}
say(good ? 'flat, and nothing lost' : 'NOT as it should be')
process.exitCode = good ? 0 : 1
