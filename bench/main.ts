/**
 * The bench: `npm run bench`, or `twinserve bench` in a checkout. docs/benchmarking.md says what it does, and what it cannot show.
 *
 *     npm run bench -- --quick            # under two minutes: five rounds of a second, a few scenarios
 *     npm run bench                       # all of it
 *     npm run bench -- --only small       # the scenarios, operations and round trips whose names begin with this
 *     npm run bench -- --part load        # one part: operations, trips, load
 *     npm run bench -- --list             # what there is
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startGenerator } from './load/process.ts'
import { writeResults } from './run/export.ts'
import { machine } from './run/machine.ts'
import { Progress } from './run/progress.ts'
import type { Results, ScenarioResult, Timing } from './run/results.ts'
import { runScenario } from './run/scenario.ts'
import { processors, type Settings } from './run/settings.ts'
import { scenarioTable, timingLine } from './run/table.ts'
import { scenarios } from './scenarios.ts'
import { operationNames, timeOperations } from './timing/operations.ts'
import { timeTrips, tripNames } from './timing/trips.ts'

const parts = ['operations', 'trips', 'load'] as const
type Part = (typeof parts)[number]

/** Ends with a sentence and status 2: the command has to be put right. */
function refuse(sentence: string): never {
  console.error(sentence)
  process.exit(2)
}

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  part: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string' },
  list: { type: 'boolean', default: false },
} as const

function given() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(`${(error as Error).message.split('. ')[0]}. It takes ${Object.keys(options).join(', ')}.`)
  }
}
const values = given()

function numberOf(name: 'rounds' | 'seconds' | 'seed', least: number, otherwise: number): number {
  const text = values[name]
  const value = text === undefined ? otherwise : Number(text)
  if (value >= least && value < 1e6) return value
  return refuse(`--${name} takes a number from ${least} to 999999, not ${JSON.stringify(text)}.`)
}

const chosen: readonly Part[] =
  values.part === undefined
    ? parts
    : values.part.split(',').map((part) => {
        if ((parts as readonly string[]).includes(part)) return part as Part
        return refuse(`There is no part ${JSON.stringify(part)}: choose from ${parts.join(', ')}.`)
      })
const named = (name: string) => values.only === undefined || values.only.split(',').some((one) => name.startsWith(one))

const wanted = {
  operations: chosen.includes('operations') ? operationNames(values.quick).filter(named) : [],
  trips: chosen.includes('trips') ? tripNames.filter(named) : [],
  load: chosen.includes('load')
    ? scenarios.filter(({ name, quick }) => named(name) && (!values.quick || values.only !== undefined || quick))
    : [],
}
if (values.list) {
  for (const name of wanted.operations) console.log(`operations  ${name}`)
  for (const name of wanted.trips) console.log(`trips       ${name}`)
  for (const { name, title } of wanted.load) console.log(`load        ${name.padEnd(20)} ${title}`)
  process.exit(0)
}
if (wanted.operations.length + wanted.trips.length + wanted.load.length === 0) {
  refuse(`Nothing is called ${JSON.stringify(values.only)}: --list shows what there is.`)
}

const begun = new Date()
const out =
  values.out ?? path.join(import.meta.dirname, 'results', begun.toISOString().slice(0, 16).replaceAll(':', ''))
const settings: Settings = {
  rounds: numberOf('rounds', 1, values.quick ? 5 : 8),
  seconds: numberOf('seconds', 0.1, values.quick ? 1 : 4),
  calibration: values.quick ? 0.7 : 3,
  seed: numberOf('seed', 0, 1),
  retries: values.quick ? 0 : 2,
  out: path.resolve(out),
  scratch: fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-bench-')),
  processors: processors(),
}
fs.mkdirSync(settings.out, { recursive: true })

/** Seconds that one scenario takes, but for what is tried again. */
const perScenario = 2 * settings.rounds * (settings.seconds + 0.4) + 4 * settings.calibration + 3
const perTiming = values.quick ? 0.8 : 12
const progress = new Progress([
  ...wanted.operations.map(() => perTiming),
  ...wanted.trips.map(() => perTiming),
  ...wanted.load.map(() => perScenario),
])
const generator = startGenerator(settings.processors.generator)
const timings: Timing[] = []
const results: ScenarioResult[] = []

/** Every step leaves what is known so far on disk: a bench that is stopped has not been for nothing. */
function keep(): void {
  const seconds = (Date.now() - begun.getTime()) / 1000
  const whole: Results = {
    ...{ machine: machine(), command: process.argv.slice(2).join(' '), seed: settings.seed },
    ...{ begun: begun.toISOString(), seconds, scenarios: results, timings },
  }
  writeResults(whole, settings.out)
}

try {
  const timingSettings = { ...settings, milliseconds: values.quick ? 40 : 400 }
  for (const [names, run] of [
    [wanted.operations, timeOperations],
    [wanted.trips, timeTrips],
  ] as const) {
    await run(names, timingSettings, (timing) => {
      timings.push(timing)
      progress.done(timingLine(timing))
      keep()
    })
  }
  for (const scenario of wanted.load) {
    try {
      const say = (what: string) => progress.say(`${scenario.name}: ${what}`)
      const result = await runScenario(scenario, generator, settings, say)
      results.push(result)
      progress.done(`\n${scenarioTable(result)}`)
    } catch (error) {
      // The others can still be run: half an hour is not to be lost for one.
      process.exitCode = 1
      progress.done(`\n${scenario.name} could not be run: ${(error as Error).message}`)
    }
    keep()
  }
} finally {
  await generator.end()
  fs.rmSync(settings.scratch, { recursive: true, force: true })
}
console.log(`\nAll of it is in ${path.relative('.', settings.out) || '.'}.`)
