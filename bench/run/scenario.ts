/** One scenario: both engines calibrated, then measured round by round in random order, and compared. */
import fs from 'node:fs'
import path from 'node:path'
import { processMemory } from '../load/machine.ts'
import type { GeneratorProcess } from '../load/process.ts'
import type { RawRequest } from '../load/raw.ts'
import { readRaw } from '../load/raw.ts'
import type { Summary } from '../load/summary.ts'
import type { Scenario } from '../scenarios.ts'
import { fewestRounds } from '../statistics/bootstrap.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { randomFrom, shuffled } from '../statistics/random.ts'
import { type Stability, stabilityOf } from '../statistics/stability.ts'
import { compare, type Verdict } from '../statistics/verdict.ts'
import { type Calibrated, calibrate } from './calibrate.ts'
import { invite } from './company.ts'
import { type Running, startEngine } from './engines.ts'
import { foretell } from './foretell.ts'
import type { Calibration, Measured, Prediction, ScenarioResult } from './results.ts'
import type { Settings } from './settings.ts'
import { makeShare, targetsOf } from './share.ts'

/** Is told what is being done, for progress. */
export type Say = (what: string) => void

export async function runScenario(
  scenario: Scenario,
  generator: GeneratorProcess,
  settings: Settings,
  say: Say,
): Promise<ScenarioResult> {
  const root = path.join(settings.scratch, scenario.name)
  makeShare(root, scenario.asked, scenario.company?.slowReaders !== undefined)
  const running: Running[] = []
  try {
    for (const engine of scenario.engines) {
      const { readDelay, limits } = scenario
      const slow = readDelay === undefined ? {} : { readDelay }
      const options = limits === undefined ? {} : { options: { limits } }
      running.push(await startEngine(engine, { root, processor: settings.processors.server, ...slow, ...options }))
    }
    const bench = new ScenarioBench(scenario, root, running, generator, settings, say)
    return await bench.run()
  } finally {
    await Promise.all(running.map((server) => server.stop()))
    fs.rmSync(root, { recursive: true, force: true })
  }
}

class ScenarioBench {
  private readonly scenario: Scenario
  private readonly root: string
  private readonly running: readonly Running[]
  private readonly generator: GeneratorProcess
  private readonly settings: Settings
  private readonly say: Say
  private readonly rounds: Measured[] = []

  constructor(
    scenario: Scenario,
    root: string,
    running: readonly Running[],
    generator: GeneratorProcess,
    settings: Settings,
    say: Say,
  ) {
    this.scenario = scenario
    this.root = root
    this.running = running
    this.generator = generator
    this.settings = settings
    this.say = say
  }

  async run(): Promise<ScenarioResult> {
    const { scenario, settings } = this
    const calibrations: Calibrated[] = []
    for (const server of this.running) {
      this.say(`calibrating ${server.engine.name}`)
      calibrations.push(await calibrate(server, scenario, this.root, this.generator, settings))
    }
    const rate = rateOf(scenario, calibrations)
    const random = randomFrom(settings.seed)
    for (let round = 0; round < settings.rounds; round += 1) {
      for (const server of shuffled(random, this.running)) {
        this.say(`round ${round + 1} of ${settings.rounds}, ${server.engine.name}`)
        this.rounds.push(await this.measure(server, round, rate))
      }
    }
    return this.result(rate, calibrations)
  }

  /** One run, tried again while it is void. */
  private async measure(server: Running, round: number, rate: number): Promise<Measured> {
    const { scenario, settings } = this
    const { engine, port, pid } = server
    const raw = `${scenario.name}.${engine.name.replaceAll(/[ ,]+/g, '-')}.${round}.jsonl`
    for (let left = settings.retries; ; left -= 1) {
      const company = await invite(scenario.company, port, settings.processors.generator)
      try {
        const seed = settings.seed + round
        const report = await this.generator.load(
          {
            ...{ port, rate, seed, seconds: settings.seconds, patience: 2, raw: path.join(settings.out, raw) },
            // Company may keep the server from answering anything at all for a while.
            warmup: scenario.company === undefined ? 32 : 0,
            newConnections: scenario.newConnections ?? false,
            targets: targetsOf(this.root, scenario.asked, `${round}-${left}-${pid}`),
          },
          pid,
          company?.pid,
        )
        const { summary, serverCpu, stolen, others, spoilt } = report
        if (spoilt.length > 0 && left > 0) continue
        const answered = summary.outcomes.answered
        const cpuPerRequest = serverCpu === undefined || answered === 0 ? undefined : serverCpu / answered
        return {
          ...{ round, engine: engine.name, seed, summary, cpuPerRequest, memory: processMemory(pid) },
          ...{ stolen, others, spoilt, raw },
        }
      } finally {
        await company?.leave()
      }
    }
  }

  private result(rate: number, calibrations: readonly Calibrated[]): ScenarioResult {
    const { scenario, rounds } = this
    const [a, b] = scenario.engines.map(({ name }) => name) as [string, string]
    const good = (name: string) => rounds.filter(({ engine, spoilt }) => engine === name && spoilt.length === 0)
    const stability = Object.fromEntries([a, b].map((name) => [name, stabilityIn(good(name), rate)]))
    const pairs = good(a).flatMap((of) => {
      const other = good(b).find(({ round }) => round === of.round)
      return other === undefined
        ? []
        : [{ a: measuredBy(of.summary, scenario), b: measuredBy(other.summary, scenario) }]
    })
    const verdict = verdictOf(scenario, pairs, stability)
    return {
      ...{ name: scenario.name, title: scenario.title, expected: scenario.expected, mechanism: scenario.mechanism },
      ...{ measure: scenario.measure.name, engines: [a, b], rate, rounds, pairs: pairs.length, stability },
      calibrations: calibrations.map(({ latencies: _, ...rest }): Calibration => rest),
      percentiles: Object.fromEntries([a, b].map((name) => [name, middle(good(name))])),
      verdict: verdict.verdict,
      sentence: verdict.sentence,
      predictions: this.predictions(calibrations, good),
    }
  }

  private predictions(calibrations: readonly Calibrated[], good: (name: string) => Measured[]): Prediction[] {
    const { settings, scenario } = this
    return calibrations.flatMap((calibrated) => {
      const [first] = good(calibrated.engine)
      if (first === undefined) return []
      const samples: readonly RawRequest[] = readRaw(path.join(settings.out, first.raw))
      const { threads = 1, workers = 1 } =
        scenario.engines.find(({ name }) => name === calibrated.engine)?.options ?? {}
      // Threads share one processor: they are several servers only while they wait for something else.
      const pinned = settings.processors.server !== undefined
      const circumstances = {
        ...(scenario.company === undefined ? {} : { company: scenario.company }),
        ...(pinned ? { together: Math.max(threads, workers) } : {}),
      }
      const servers = pinned ? 1 : threads
      return foretell(calibrated, samples, settings.seconds, servers, settings.seed, circumstances)
    })
  }
}

/** Of the slower of the two, so that both get the same. */
function rateOf({ intensity }: Scenario, calibrations: readonly Calibration[]): number {
  if ('rate' in intensity) return intensity.rate
  return intensity.share * Math.min(...calibrations.map(({ capacity }) => capacity))
}

function measuredBy(summary: Summary, { measure }: Scenario): number {
  if (measure.name === 'achieved') return summary.achieved
  return summary.latency[Number(measure.name.slice(1)) as 50 | 90 | 99] ?? Number.NaN
}

function stabilityIn(rounds: readonly Measured[], rate: number): Stability | undefined {
  // The growth over a whole round: its blocks follow one from another.
  const growth = rounds.map(
    ({ summary }) => summary.growths.reduce((sum, one) => sum + one, 0) / summary.growths.length,
  )
  return growth.length < fewestRounds ? undefined : stabilityOf(growth, rate)
}

/** The middle of the rounds, by percentile. */
function middle(rounds: readonly Measured[]): Record<string, number | undefined> {
  return Object.fromEntries(
    ([50, 90, 99, 99.9, 100] as const).map((percent) => {
      const values = rounds.map(({ summary }) => summary.latency[percent]).filter((value) => value !== undefined)
      return [percent, values.length === 0 ? undefined : percentile(sorted(values), 50)]
    }),
  )
}

interface Found {
  readonly verdict: Verdict | undefined
  readonly sentence: string
}

export function verdictOf(
  { engines, measure }: Scenario,
  pairs: readonly { readonly a: number; readonly b: number }[],
  stability: Readonly<Record<string, Stability | undefined>>,
): Found {
  const [a, b] = engines.map(({ name }) => name) as [string, string]
  if (pairs.length < fewestRounds) {
    const sentence = `no verdict: ${pairs.length} rounds may be believed, and it takes ${fewestRounds}; run it where less else is going on`
    return { verdict: undefined, sentence }
  }
  const unstable = [a, b].filter((name) => stability[name]?.stable === false)
  if (measure.name !== 'achieved' && unstable.length > 0) {
    // A percentile of a queue that grows would say how long the run was.
    const said = [a, b].map((name) => `${name} is ${stability[name]?.sentence ?? 'not known'}`)
    return { verdict: undefined, sentence: said.join('; ') }
  }
  const finite = pairs.every((pair) => Number.isFinite(pair.a) && Number.isFinite(pair.b))
  if (!finite) {
    const without = `no verdict: some rounds have no ${measure.name}, for too few requests or too many without a right answer`
    return { verdict: undefined, sentence: without }
  }
  const verdict = compare(pairs, { a, b }, measure)
  return { verdict, sentence: verdict.sentence }
}
