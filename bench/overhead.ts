/**
 * What it costs to keep a record of each request: processor time, throughput and latency of a server that does, against one that does not.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/overhead.ts [--mode sync,async] [--only timing,log] [--rounds 9] [--seconds 2]
 *
 * - The cheapest request there is, a small file from the cache over 32 kept connections, so that the difference is as large
 *   as it can be. wrk runs on another core; it is a closed loop, so its median latency is the other face of the throughput.
 * - Rounds are interleaved in random order, and each compares servers that have just run: the ratio is the median of the
 *   ratios of the rounds. Processor time (proc(5)) is disturbed less than throughput by what else the machine does.
 * - `timing` sends `Server-Timing`, `metrics` counts, `log` writes a line of JSON for each request to a file, and
 *   `all` does all of that. `trace` appends trace events to a file. They share the record of a request: whoever pays for it once has it for the others.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { pinnedTo } from './load/process.ts'
import { accepting, freePort, median, places, shuffled, ticksOf, twinserveMain } from './serving.ts'

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'sync,async' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '2' },
  },
})

const { directory, root } = places('overhead')
fs.writeFileSync(path.join(root, 'small'), Buffer.alloc(1024, 'x'))

interface Contestant {
  readonly name: string
  readonly port: number
  readonly child: ChildProcess
}

const unlogged = ['--log-format', 'off']
const ways: Readonly<Record<string, readonly string[]>> = {
  bare: ['--no-server-timing', ...unlogged],
  timing: unlogged,
  metrics: ['--no-server-timing', ...unlogged, '--metrics'],
  log: ['--no-server-timing', '--log-format', 'json'],
  all: ['--log-format', 'json', '--metrics'],
  trace: ['--no-server-timing', ...unlogged],
}
const wanted = Object.entries(ways).filter(
  ([name]) => name === 'bare' || (values.only ?? name).split(',').includes(name),
)

async function start(mode: string, name: string, words: readonly string[]): Promise<Contestant> {
  const port = await freePort()
  const args = ['serve', root, '--mode', mode, '-p', String(port), '--read-only', ...words]
  if (name === 'trace') args.push('--trace', path.join(directory, `${mode}.trace`))
  const [command, ...rest] = pinnedTo(0, [process.execPath, twinserveMain, ...args])
  const log = fs.openSync(path.join(directory, `${mode}-${name}.log`), 'w')
  const child = spawn(command as string, rest, { stdio: ['ignore', 'ignore', log] })
  fs.closeSync(log)
  await accepting(port)
  return { name, port, child }
}

/** Processor time of a process so far, in seconds. */
const cpu = (pid: number): number => ticksOf(`/proc/${pid}`) / 100

interface Cost {
  /** Microseconds of processor time for one request. */
  readonly processor: number
  /** Requests per second. */
  readonly rate: number
  /** The median latency, in microseconds. */
  readonly half: number
}

const units: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6 }

function costOf({ child, port }: Contestant, seconds: number): Cost {
  const before = cpu(child.pid as number)
  const url = `http://127.0.0.1:${port}/small`
  const args = ['-c', '1', 'wrk', '-t1', '-c32', '--latency', `-d${seconds}s`, url]
  const output = execFileSync('taskset', args, { encoding: 'utf8' })
  if (/Non-2xx/.test(output)) throw new Error(output)
  const [, half, unit] = /50%\s+([\d.]+)(us|ms|s)/.exec(output) ?? []
  return {
    processor: ((cpu(child.pid as number) - before) / Number(/(\d+) requests in/.exec(output)?.[1])) * 1e6,
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    half: Number(half) * (units[unit ?? ''] ?? Number.NaN),
  }
}

/** Of the ratios to bare, round by round: the median, the least and the largest. */
function ratio(costs: readonly Cost[], bare: readonly Cost[], of: keyof Cost): string {
  const ratios = costs.map((cost, round) => cost[of] / (bare[round]?.[of] ?? Number.NaN)).sort((a, b) => a - b)
  return `${median(ratios).toFixed(3)} (${ratios[0]?.toFixed(3)} to ${ratios.at(-1)?.toFixed(3)})`
}

try {
  for (const mode of values.mode.split(',')) {
    const contestants = await Promise.all(wanted.map(([name, words]) => start(mode, name, words)))
    try {
      for (const each of contestants) costOf(each, 1)
      const costs = new Map<string, Cost[]>(contestants.map(({ name }) => [name, []]))
      for (let round = 0; round < Number(values.rounds); round += 1) {
        for (const each of shuffled(contestants)) costs.get(each.name)?.push(costOf(each, Number(values.seconds)))
      }
      const bare = costs.get('bare') ?? []
      console.log(
        `\n${mode}: median of ${values.rounds} rounds of ${values.seconds} s, as ratios to bare (least to largest)`,
      )
      for (const [name, each] of costs) {
        const processor = `${median(each.map((cost) => cost.processor)).toFixed(2)} µs`
        const ratios = (['processor', 'rate', 'half'] as const).map((of) => `${of} ${ratio(each, bare, of)}`)
        console.log(`  ${name.padEnd(8)} ${processor.padEnd(9)} ${ratios.join('  ')}`)
      }
    } finally {
      for (const { child } of contestants) child.kill('SIGKILL')
    }
  }
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
