/**
 * Is the generator to be believed? It is let loose on servers whose truth is known, and what it measures is held against what
 * can be computed from its own sends.
 *
 *     node --import=./scripts/typescript.js bench/truth/validate.ts [--seconds 30] [--mean 0.002] [--loads 0.3,0.5,0.7,0.9]
 *         [--only lateness,fixed,exponential,freeze] [--tries 3] [--seed 1] [--json FILE]
 *
 * - lateness: 5,000 requests/s to a server that answers at once.
 * - fixed, exponential: service in a blocking sleep, at each load. p50 and p99 must lie within a tenth of Lindley's replay of the
 *   actual sends. What a request takes beyond its service comes from another run, at a load of 0.04.
 * - freeze: a server that stands still for 200 ms every 2 s. The open loop must see it where the replay has it, and the closed loop
 *   is shown beside it, hiding it.
 *
 * A run that the machine has spoilt is void, and is tried again. It needs two processors that nobody else uses. Ends with status 1
 * when something does not agree, with 3 when all tries of something were void.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type PartialOrder, startGenerator } from '../load/process.ts'
import type { RawRequest } from '../load/raw.ts'
import { percentile } from '../statistics/percentile.ts'
import { attempt } from './attempt.ts'
import { type Compared, compareAt, loadOf, overheadOf, replayed } from './compare.ts'
import { freezing } from './freeze.ts'
import type { Shape } from './service.ts'
import { serviceTimes } from './service.ts'
import { withTruth } from './start.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    mean: { type: 'string', default: '0.002' },
    loads: { type: 'string', default: '0.3,0.5,0.7,0.9' },
    only: { type: 'string', default: 'lateness,fixed,exponential,freeze' },
    tries: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const [seconds, mean, seed] = [Number(values.seconds), Number(values.mean), Number(values.seed)]
const percents = [50, 90, 99]
/** How far p50 and p99 may be off. */
const tolerance = 0.1
/** The server has one processor, and the generator the other. */
const processors = { server: 0, generator: 1 }
const generator = startGenerator(processors.generator)
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-truth-'))

/** One run. @returns undefined when all tries were void */
const run = (pid: number, order: Omit<PartialOrder, 'targets'>) =>
  attempt(generator, pid, { seconds, seed, ...order }, { tries: Number(values.tries), scratch, say: console.log })

const results: unknown[] = []
let [wrong, voided] = [0, 0]

/** Say what has come out. @param agrees undefined when there is nothing to say but that it was void */
function tell(what: string, agrees: boolean | undefined, text: string, figures: unknown = undefined): void {
  if (agrees === undefined) voided += 1
  if (agrees === false) wrong += 1
  const verdict = agrees === undefined ? 'VOID ' : agrees ? 'ok   ' : 'WRONG'
  console.log(`${verdict} ${what.padEnd(18)} ${text}`)
  results.push({ what, agrees, figures })
}

const ms = (value: number) => `${(value * 1000).toFixed(value < 0.01 ? 3 : 1)} ms`

function sentence(compared: readonly Compared[]): string {
  return compared
    .map((c) => `p${c.percent} ${ms(c.measured)}, computed ${ms(c.computed)} (${(c.residual * 100).toFixed(1)} %)`)
    .join('; ')
}

const agree = (compared: readonly Compared[]) =>
  compared.every(({ percent, residual }) => percent === 90 || Math.abs(residual) <= tolerance)

const latencies = (samples: readonly RawRequest[]) => samples.map(({ due, last }) => last - due)

async function lateness(): Promise<void> {
  await withTruth({ shape: 'fixed', mean: 0, seed, count: 0 }, processors.server, async (port, pid) => {
    const measured = await run(pid, { port, rate: 5000, connections: 64 })
    if (measured === undefined) return tell('lateness', undefined, 'at 5,000/s')
    const { 50: half, 99: most, 100: worst } = measured.report.summary.lateness as Record<number, number>
    const text = [half, most, worst].map((value) => ms(value as number))
    tell('lateness', true, `at 5,000/s: p50 ${text[0]}, p99 ${text[1]}, the latest ${text[2]}`, measured.report.summary)
  })
}

async function queue(shape: Shape): Promise<void> {
  const loads = values.loads.split(',').map(Number)
  const count = Math.ceil((Math.max(...loads) / mean) * seconds * 1.2) + 1000
  const services = serviceTimes(shape, mean, seed, count)
  await withTruth({ shape, mean, seed, count }, processors.server, async (port, pid) => {
    const calm = await run(pid, { port, rate: 0.04 / mean, seed: seed + 1 })
    if (calm === undefined) return tell(shape, undefined, 'no calibration')
    const overhead = overheadOf(calm.samples, services)
    console.log(`      ${shape}: a request takes ${ms(overhead)} beyond its service`)
    for (const wanted of loads) {
      const measured = await run(pid, { port, rate: wanted / mean, connections: 200 })
      const name = `${shape} ${wanted}`
      if (measured === undefined) {
        tell(name, undefined, '')
        continue
      }
      const computed = replayed(measured.samples, services, overhead).sort()
      const compared = compareAt(
        percents,
        latencies(measured.samples),
        percents.map((percent) => percentile(computed, percent)),
      )
      const share = loadOf(measured.samples, services, seconds)
      tell(name, agree(compared), `load ${share.toFixed(2)}: ${sentence(compared)}`, { share, overhead, compared })
    }
  })
}

async function frozen(): Promise<void> {
  const found = await freezing(generator, { seconds, seed, tries: Number(values.tries), processors, scratch })
  if (found === undefined) return tell('freeze', undefined, '')
  const { compared, calm, worst } = found
  tell('freeze, open', agree(compared.slice(1)), sentence(compared), compared)
  const text = `p99 ${ms(calm)}, and the longest ${ms(worst)}`
  tell('freeze, closed', found.hides, text, { calm, worst })
}

try {
  const only = values.only.split(',')
  if (only.includes('lateness')) await lateness()
  if (only.includes('fixed')) await queue('fixed')
  if (only.includes('exponential')) await queue('exponential')
  if (only.includes('freeze')) await frozen()
} finally {
  await generator.end()
  fs.rmSync(scratch, { recursive: true })
}
if (values.json !== undefined)
  fs.writeFileSync(values.json, JSON.stringify({ values, load: os.loadavg(), results }, null, 1))
console.log(`${wrong} wrong, ${voided} void; load average ${os.loadavg()[0]?.toFixed(1)}`)
process.exitCode = wrong > 0 ? 1 : voided > 0 ? 3 : 0
