/**
 * Is `twinserve predict` to be believed, where that can be seen? Both engines, with one thread and one worker on one processor, at shares of what each does at most, without
 * slow clients and with some, held against the simulation with what a calibration before has found.
 *
 *     node --import=./scripts/typescript.js bench/truth/predict.ts [--loads 0.3,0.6,0.8] [--rounds 6] [--seconds 2] [--seed 1] [--json FILE]
 *
 * It demands that the interval of p50 and of p99 over rounds meets what is predicted for costs that are 5 % off to either side, and that the server keeps up where that is predicted.
 * Where it does not, the assumption is named that failed, if there is a sign of it. Under three minutes; it needs two processors that nobody else uses. Ends with
 * status 1 when something does not agree and no assumption is named, with 3 when too few rounds of something may be believed, or they differ too much.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startGenerator } from '../load/process.ts'
import { costsOf, pointOf } from '../predict/costs.ts'
import type { Machine, Mode } from '../predict/model.ts'
import { calibrate } from '../run/calibrate.ts'
import { blocking, eventLoop, startEngine } from '../run/engines.ts'
import { processors, type Settings } from '../run/settings.ts'
import { makeShare } from '../run/share.ts'
import { time } from '../run/table.ts'
import { type Scenario, scenarios } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { agreementOf } from './agreement.ts'
import { bytes, type Case, type Ran, rateOf, runOnce } from './case.ts'

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '0.3,0.6,0.8' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
})
const loads = values.loads.split(',').map(Number)
const [rounds, seconds, seed] = [values.rounds, values.seconds, values.seed].map(Number) as [number, number, number]
if (!(rounds >= fewestRounds && seconds > 0 && Number.isInteger(seed) && loads.every((load) => load > 0 && load < 1))) {
  console.error(
    `It takes loads between 0 and 1, ${fewestRounds} rounds or more of some seconds, and a whole number as seed.`,
  )
  process.exit(2)
}

const effort = { draws: 10, requests: 20_000, seed }
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-foretold-'))
const root = path.join(scratch, 'share')
const scenario: Scenario = { ...(scenarios[0] as Scenario), name: 'foretold', asked: [{ file: bytes }] }
const settings: Settings = {
  ...{ rounds, seconds, phases: 0, calibration: 1.5, seed, retries: 0 },
  ...{ out: scratch, scratch, processors: processors() },
}
const generator = startGenerator(settings.processors.generator)
const results: unknown[] = []
let [unexplained, untold] = [0, 0]

function conclude(one: Case, ran: readonly Ran[]): void {
  const { load, slow, machine } = one
  const { mode } = machine
  const { sentence, ...found } = agreementOf(one, ran, seconds, effort)
  if (found.agrees === undefined) untold += 1
  if (found.agrees === false && found.failed === undefined) unexplained += 1
  const rate = rateOf(one)
  const name = `--mode ${mode}, ${Math.round(load * 100)} % (${Math.round(rate)}/s)${slow ? ', slow clients' : ''}`
  console.log(`${name.padEnd(44)} ${sentence}`)
  results.push({ mode, load, slow, rate, ...found })
}

/** All that is asked of one engine, the cases in turn in each round. */
async function engine(mode: Mode): Promise<void> {
  const running = await startEngine(mode === 'sync' ? blocking : eventLoop, {
    root,
    processor: settings.processors.server,
  })
  try {
    const calibrated = await calibrate(running, scenario, root, generator, settings)
    const { costs } = costsOf([pointOf(bytes, calibrated)])
    const machine: Machine = {
      mode,
      seats: 1,
      processors: 1,
      connections: 'kept',
      costs,
      disk: { delay: 0, threads: 4 },
    }
    console.log(
      `--mode ${mode} takes ${time(costs.perRequest)} of a processor for a request of 10 KB (c² ${costs.variability.toPrecision(2)}), and ${time(costs.way)} there and back`,
    )
    const common = { running, calibrated, machine }
    const cases: Case[] = [
      ...loads.map((load) => ({ ...common, load, slow: false })),
      { ...common, load: Math.min(...loads), slow: true },
    ]
    const ran = cases.map((): Ran[] => [])
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, one] of cases.entries()) ran[at]?.push(await runOnce(one, round, root, generator, settings))
    }
    for (const [at, one] of cases.entries()) conclude(one, ran[at] ?? [])
  } finally {
    await running.stop()
  }
}

try {
  makeShare(root, scenario.asked, false)
  await engine('sync')
  await engine('async')
} finally {
  await generator.end()
  fs.rmSync(scratch, { recursive: true, force: true })
}
if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify({ values, results }, null, 1)}\n`)
console.log(
  `${unexplained} do not agree, and why is not known; ${untold} cannot be told; load average ${os.loadavg()[0]?.toFixed(1)}`,
)
process.exitCode = unexplained > 0 ? 1 : untold > 0 ? 3 : 0
