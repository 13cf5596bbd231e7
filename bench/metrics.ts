/**
 * What counting costs: processor time for a request, of a server with `--metrics` against one without.
 *
 *     npm run build && node --import=./scripts/typescript.js bench/metrics.ts [--rounds 9] [--seconds 2]
 *
 * - The cheapest request there is, a small file from the cache over 32 kept connections, so that the difference is as large
 *   as it can be. wrk runs on another core.
 * - Rounds are interleaved in random order, and each compares servers that have just run: the ratio is the median of the
 *   ratios of the rounds. Processor time (proc(5)) is disturbed less than throughput by what else the machine does.
 * - `timing` is a server that keeps the record of each request (`Server-Timing`), and does not count: what it costs is
 *   the larger part, and whoever has that or a log pays it in any case.
 */
import { type ChildProcess, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { accepting, freePort, median, pinned, places, shuffled, ticksOf, twinserveMain } from './serving.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, seconds: { type: 'string', default: '2' } },
})

const { directory, root } = places('metrics')
fs.writeFileSync(path.join(root, 'small'), Buffer.alloc(1024, 'x'))

interface Contestant {
  readonly name: string
  readonly port: number
  readonly child: ChildProcess
}

const ways: Readonly<Record<string, readonly string[]>> = {
  bare: ['--no-server-timing'],
  metrics: ['--no-server-timing', '--metrics'],
  timing: [],
  'timing+metrics': ['--metrics'],
}

async function start(mode: string, name: string, words: readonly string[]): Promise<Contestant> {
  const port = await freePort()
  const args = ['serve', root, '--mode', mode, '-p', String(port), '--read-only', '--log-format', 'off', ...words]
  const child = pinned(process.execPath, [twinserveMain, ...args])
  await accepting(port)
  return { name, port, child }
}

/** Processor time of a process so far, in seconds. */
const cpu = (pid: number): number => ticksOf(`/proc/${pid}`) / 100

/** Microseconds of processor time for one request. */
function perRequest({ child, port }: Contestant, seconds: number): number {
  const before = cpu(child.pid as number)
  const args = ['-c', '1', 'wrk', '-t1', '-c32', `-d${seconds}s`, `http://127.0.0.1:${port}/small`]
  const output = execFileSync('taskset', args, { encoding: 'utf8' })
  const requests = Number(/(\d+) requests in/.exec(output)?.[1])
  if (/Non-2xx/.test(output)) throw new Error(output)
  return ((cpu(child.pid as number) - before) / requests) * 1e6
}

try {
  for (const mode of ['sync', 'async']) {
    const contestants = await Promise.all(Object.entries(ways).map(([name, words]) => start(mode, name, words)))
    try {
      for (const each of contestants) perRequest(each, 1)
      const costs = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
      for (let round = 0; round < Number(values.rounds); round += 1) {
        for (const each of shuffled(contestants)) costs.get(each.name)?.push(perRequest(each, Number(values.seconds)))
      }
      const [bare = []] = costs.values()
      console.log(`\n${mode}: median of ${values.rounds} rounds of ${values.seconds} s`)
      for (const [name, each] of costs) {
        const ratios = each.map((cost, round) => cost / (bare[round] as number)).sort((a, b) => a - b)
        const spread = `${ratios[0]?.toFixed(3)} to ${ratios.at(-1)?.toFixed(3)}`
        console.log(
          `  ${name.padEnd(15)} ${median(each).toFixed(2)} µs  ${median(ratios).toFixed(3)} x bare (${spread})`,
        )
      }
    } finally {
      for (const { child } of contestants) child.kill('SIGKILL')
    }
  }
} finally {
  fs.rmSync(directory, { recursive: true, force: true })
}
