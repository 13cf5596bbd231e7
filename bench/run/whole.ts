/** All that was chosen, one after the other: every step leaves what is known so far on disk, so that a bench that is stopped has not been for nothing. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Chosen, truthName } from '../chosen.ts'
import { type GeneratorProcess, startGenerator } from '../load/process.ts'
import type { Wanted } from '../options.ts'
import { writeReport } from '../report/write.ts'
import type { Scenario } from '../scenarios.ts'
import { timeOperations } from '../timing/operations.ts'
import { timeTrips } from '../timing/trips.ts'
import { roundsTake, scenarioTakes } from './expected.ts'
import { writeResults } from './export.ts'
import { machine } from './machine.ts'
import type { Peer } from './peers.ts'
import { Progress } from './progress.ts'
import type { Results, ScenarioResult, Timing, Truth } from './results.ts'
import { runScenario } from './scenario.ts'
import { processors, type Settings } from './settings.ts'
import { Stage, stagesOf } from './stage.ts'
import { scenarioTable, timingLine, truthLine } from './table.ts'
import { showTruth } from './truth.ts'

/** How long the steps take that are the same in every round, seconds. */
interface Pace {
  readonly timing: number
  /** Of each of the two runs of the demonstration. */
  readonly truth: number
}

const paceOf = (quick: boolean): Pace => (quick ? { timing: 0.8, truth: 4 } : { timing: 8, truth: 10 })

function settingsOf({ quick, rounds, seconds, seed, out }: Wanted, begun: Date): Settings {
  const byTime = begun.toISOString().slice(0, 16).replaceAll(':', '')
  return {
    ...{ rounds, seconds, seed },
    phases: quick ? 0.3 : 1.5,
    calibration: quick ? 0.4 : 1.5,
    retries: quick ? 3 : 2,
    out: out ?? path.join(import.meta.dirname, '../results', byTime),
    scratch: fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-bench-')),
    processors: processors(),
  }
}

export class WholeBench {
  private readonly begun = new Date()
  private readonly chosen: Chosen
  private readonly peers: readonly Peer[]
  private readonly settings: Settings
  /** Milliseconds of each timing of an operation. */
  private readonly timed: number
  private readonly pace: Pace
  private readonly stages: Scenario[][]
  private readonly progress: Progress
  /** When all of it is to be over, rounds that are given to what is left open among it; milliseconds since 1970. */
  private readonly end: number
  private readonly timings: Timing[] = []
  private readonly results: ScenarioResult[] = []
  private readonly truth: Truth[] = []

  constructor(wanted: Wanted, chosen: Chosen, peers: readonly Peer[]) {
    this.chosen = chosen
    this.peers = peers
    this.settings = settingsOf(wanted, this.begun)
    this.timed = wanted.quick ? 20 : 250
    this.pace = paceOf(wanted.quick)
    this.end = this.begun.getTime() + 60_000 * wanted.minutes
    this.stages = stagesOf(chosen.load)
    this.progress = new Progress(this.steps())
  }

  /** What each takes, seconds. */
  private steps(): number[] {
    const { operations, trips, truth } = this.chosen
    const perScenario = this.stages.flatMap((stage) =>
      stage.map((scenario, at) => scenarioTakes(scenario, this.settings, at === 0, this.peers.length)),
    )
    return [
      ...[...operations, ...trips].map(() => this.pace.timing),
      ...perScenario,
      ...(truth ? [2 * this.pace.truth + 1] : []),
    ]
  }

  /** @returns the directory with all of it */
  async run(): Promise<string> {
    const { out, scratch, processors } = this.settings
    fs.mkdirSync(out, { recursive: true })
    const generator = startGenerator(processors.generator)
    try {
      await this.time()
      for (const scenarios of this.stages) await this.load(scenarios, generator)
      if (this.chosen.truth) await this.show(generator)
    } finally {
      await generator.end()
      fs.rmSync(scratch, { recursive: true, force: true })
    }
    return out
  }

  private async time(): Promise<void> {
    const settings = { ...this.settings, milliseconds: this.timed }
    const add = (timing: Timing) => {
      this.timings.push(timing)
      this.progress.done(timingLine(timing))
      this.keep()
    }
    await timeOperations(this.chosen.operations, settings, add)
    await timeTrips(this.chosen.trips, settings, add)
  }

  /** On servers that they have in common. */
  private async load(scenarios: readonly Scenario[], generator: GeneratorProcess): Promise<void> {
    const open = () => new Stage(scenarios, generator, this.settings, this.peers)
    let stage = open()
    for (const scenario of scenarios) {
      try {
        const againUntil = this.end - 1000 * (this.progress.after() + roundsTake(scenario, this.settings))
        const own = { ...this.settings, againUntil }
        const result = await runScenario(scenario, stage, generator, own, (what) => this.progress.say(what))
        this.results.push(result)
        this.progress.done(`\n${scenarioTable(result)}`)
      } catch (error) {
        // The others can still be run, on servers of their own: what they take is not to be lost for one.
        process.exitCode = 1
        this.progress.done(`\n${scenario.name} could not be run: ${(error as Error).message}`)
        await stage.end()
        stage = open()
      }
      this.keep()
    }
    await stage.end()
  }

  private async show(generator: GeneratorProcess): Promise<void> {
    this.progress.say(truthName)
    const shown = await showTruth(generator, this.settings, this.pace.truth)
    this.truth.push(shown)
    this.progress.done(`\n${truthLine(shown)}`)
    this.keep()
  }

  private keep(): void {
    const { seed, out } = this.settings
    const seconds = (Date.now() - this.begun.getTime()) / 1000
    const whole: Results = {
      ...{ machine: machine(), command: process.argv.slice(2).join(' '), seed },
      ...{ begun: this.begun.toISOString(), seconds },
      ...{ scenarios: this.results, timings: this.timings, truth: this.truth },
    }
    writeResults(whole, out)
    try {
      writeReport(whole, out)
    } catch (error) {
      // A page can be made again, and a measurement cannot.
      process.exitCode = 1
      console.error(
        `The report could not be written: ${(error as Error).message}. Make it with --report when the bench is over.`,
      )
    }
  }
}
