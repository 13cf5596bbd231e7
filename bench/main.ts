/**
 * The bench: `npm run bench`, or `twinserve bench` in a checkout. docs/benchmarking.md says what it does, and what it cannot show.
 *
 *     npm run bench -- --quick            # under two minutes: six short rounds, a few scenarios
 *     npm run bench                       # all of it
 *     npm run bench -- --only small       # the scenarios, operations and round trips whose names begin with this
 *     npm run bench -- --part load        # one part: operations, trips, load, truth
 *     npm run bench -- --peers            # with other servers beside, as far as they are installed
 *     npm run bench -- --minutes 0        # no scenario has more rounds than the others: they have them while all of it is over in 60 minutes
 *     npm run bench -- --list             # what there is
 *     npm run bench -- --report DIRECTORY # the page of results that are there, once more
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startGenerator } from './load/process.ts'
import { reportOf, writeReport } from './report/write.ts'
import { roundsTake, scenarioTakes } from './run/expected.ts'
import { writeResults } from './run/export.ts'
import { machine } from './run/machine.ts'
import { findPeers } from './run/peers.ts'
import { Progress } from './run/progress.ts'
import type { Results, ScenarioResult, Timing, Truth } from './run/results.ts'
import { runScenario } from './run/scenario.ts'
import { processors, type Settings } from './run/settings.ts'
import { Stage, stagesOf } from './run/stage.ts'
import { scenarioTable, timingLine, truthLine } from './run/table.ts'
import { showTruth } from './run/truth.ts'
import { scenarios } from './scenarios.ts'
import { operationNames, timeOperations } from './timing/operations.ts'
import { timeTrips, tripNames } from './timing/trips.ts'

const parts = ['operations', 'trips', 'load', 'truth'] as const
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
  peers: { type: 'boolean', default: false },
  minutes: { type: 'string' },
  list: { type: 'boolean', default: false },
  report: { type: 'string' },
} as const

function given() {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return refuse(`${(error as Error).message.split('. ')[0]}. It takes ${Object.keys(options).join(', ')}.`)
  }
}
const values = given()

if (values.report !== undefined) {
  try {
    console.log(`The report is ${reportOf(values.report, values.out)}.`)
  } catch (error) {
    refuse((error as Error).message)
  }
  process.exit(0)
}

function numberOf(name: 'rounds' | 'seconds' | 'seed' | 'minutes', least: number, otherwise: number): number {
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
const truthName = 'freeze'
const named = (name: string) => values.only === undefined || values.only.split(',').some((one) => name.startsWith(one))

const wanted = {
  operations: chosen.includes('operations') ? operationNames(values.quick).filter(named) : [],
  trips: chosen.includes('trips') ? tripNames.filter(named) : [],
  load: chosen.includes('load')
    ? scenarios.filter(({ name, quick }) => named(name) && (!values.quick || values.only !== undefined || quick))
    : [],
  truth: chosen.includes('truth') && named(truthName),
}
if (values.list) {
  for (const name of wanted.operations) console.log(`operations  ${name}`)
  for (const name of wanted.trips) console.log(`trips       ${name}`)
  for (const { name, title } of wanted.load) console.log(`load        ${name.padEnd(20)} ${title}`)
  if (wanted.truth) console.log(`truth       ${truthName}`)
  process.exit(0)
}
if (wanted.operations.length + wanted.trips.length + wanted.load.length === 0 && !wanted.truth) {
  refuse(`Nothing is called ${JSON.stringify(values.only)}: --list shows what there is.`)
}

const begun = new Date()
const out =
  values.out ?? path.join(import.meta.dirname, 'results', begun.toISOString().slice(0, 16).replaceAll(':', ''))
const settings: Settings = {
  rounds: numberOf('rounds', 1, 6),
  seconds: numberOf('seconds', 0.1, values.quick ? 0.55 : 2.5),
  phases: values.quick ? 0.3 : 1.5,
  calibration: values.quick ? 0.4 : 1.5,
  seed: numberOf('seed', 0, 1),
  retries: values.quick ? 1 : 2,
  out: path.resolve(out),
  scratch: fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-bench-')),
  processors: processors(),
}
fs.mkdirSync(settings.out, { recursive: true })

const peers = values.peers ? findPeers() : { found: [], missing: [] }
if (peers.missing.length > 0) console.log(`Not installed, and left out: ${peers.missing.join(', ')}.`)

/** When all of it is to be over, rounds that are given to what is left open among it; milliseconds since 1970. */
const end = begun.getTime() + 60_000 * numberOf('minutes', 0, values.quick ? 0 : 60)
const stages = stagesOf(wanted.load)
const perScenario = stages.flatMap((stage) =>
  stage.map((scenario, at) => scenarioTakes(scenario, settings, at === 0, peers.found.length)),
)
const perTiming = values.quick ? 0.8 : 8
/** Of each of the two runs of the demonstration. */
const truthSeconds = values.quick ? 4 : 10
const progress = new Progress([
  ...wanted.operations.map(() => perTiming),
  ...wanted.trips.map(() => perTiming),
  ...perScenario,
  ...(wanted.truth ? [2 * truthSeconds + 1] : []),
])
const generator = startGenerator(settings.processors.generator)
const timings: Timing[] = []
const results: ScenarioResult[] = []
const truth: Truth[] = []

/** Every step leaves what is known so far on disk: a bench that is stopped has not been for nothing. */
function keep(): void {
  const seconds = (Date.now() - begun.getTime()) / 1000
  const whole: Results = {
    ...{ machine: machine(), command: process.argv.slice(2).join(' '), seed: settings.seed },
    ...{ begun: begun.toISOString(), seconds, scenarios: results, timings, truth },
  }
  writeResults(whole, settings.out)
  try {
    writeReport(whole, settings.out)
  } catch (error) {
    // A page can be made again, and a measurement cannot.
    process.exitCode = 1
    console.error(
      `The report could not be written: ${(error as Error).message}. Make it with --report when the bench is over.`,
    )
  }
}

try {
  const timingSettings = { ...settings, milliseconds: values.quick ? 20 : 250 }
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
  for (const scenarios of stages) {
    let stage = new Stage(scenarios, generator, settings, peers.found)
    for (const scenario of scenarios) {
      try {
        const againUntil = end - 1000 * (progress.after() + roundsTake(scenario, settings))
        const own = { ...settings, againUntil }
        const result = await runScenario(scenario, stage, generator, own, (what) => progress.say(what))
        results.push(result)
        progress.done(`\n${scenarioTable(result)}`)
      } catch (error) {
        // The others can still be run, on servers of their own: what they take is not to be lost for one.
        process.exitCode = 1
        progress.done(`\n${scenario.name} could not be run: ${(error as Error).message}`)
        await stage.end()
        stage = new Stage(scenarios, generator, settings, peers.found)
      }
      keep()
    }
    await stage.end()
  }
  if (wanted.truth) {
    progress.say(truthName)
    const shown = await showTruth(generator, settings, truthSeconds)
    truth.push(shown)
    progress.done(`\n${truthLine(shown)}`)
    keep()
  }
} finally {
  await generator.end()
  fs.rmSync(settings.scratch, { recursive: true, force: true })
}
console.log(`\nAll of it is in ${path.relative('.', settings.out) || '.'}: open report.html there.`)
