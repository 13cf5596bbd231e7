/** One scenario: its servers measured round by round in random order, and compared. */
import path from 'node:path'
import { processMemory } from '../load/machine.ts'
import type { Phases } from '../load/phases.ts'
import type { GeneratorProcess, PartialOrder, Report } from '../load/process.ts'
import type { Scenario } from '../scenarios.ts'
import { type Random, randomFrom, shuffled } from '../statistics/random.ts'
import { fellBehind, type Offered } from '../statistics/stability.ts'
import { foresee } from './cliff.ts'
import { invite } from './company.ts'
import { connectionsOf } from './connections.ts'
import type { Contestant } from './engines.ts'
import { peerRounds } from './expected.ts'
import { fileName } from './export.ts'
import { failedShare, mostFailed } from './failures.ts'
import { amountOf, rateOf } from './intensity.ts'
import type { Measured, ScenarioResult } from './results.ts'
import { aboutOf, type RoundsOf } from './rounds.ts'
import { conclusionOf, resultOf } from './scenario-result.ts'
import type { Settings } from './settings.ts'
import { targetsOf } from './share.ts'
import type { Ready, Say, Stage } from './stage.ts'

export async function runScenario(
  scenario: Scenario,
  stage: Stage,
  generator: GeneratorProcess,
  settings: Settings,
  say: Say,
): Promise<ScenarioResult> {
  const told: Say = (what) => say(`${scenario.name}: ${what}`)
  return new ScenarioBench(scenario, await stage.ready(told), generator, settings, told).run()
}

class ScenarioBench implements RoundsOf {
  readonly scenario: Scenario
  readonly stage: Ready
  readonly settings: Settings
  readonly offered: Offered
  readonly rounds: Measured[] = []
  private readonly generator: GeneratorProcess
  private readonly say: Say
  /** Void runs that may still be tried again: of a machine that is never quiet, a scenario is to end all the same. */
  private retries: number

  constructor(scenario: Scenario, stage: Ready, generator: GeneratorProcess, settings: Settings, say: Say) {
    this.scenario = scenario
    this.stage = stage
    this.generator = generator
    const { parts = 1 } = scenario
    this.settings = { ...settings, rounds: settings.rounds * parts, seconds: settings.seconds / parts }
    this.say = say
    this.offered = { rate: rateOf(scenario.intensity, stage.calibrations), seconds: this.settings.seconds }
    this.retries = settings.retries
  }

  async run(): Promise<ScenarioResult> {
    const { scenario, settings, stage, offered } = this
    // Before the first round: what is told afterwards is no prediction.
    const foreseen = foresee({ scenario, ...offered, seed: settings.seed }, stage.calibrations)
    const random = randomFrom(settings.seed)
    await this.batch(random, 0, settings.rounds)
    // Once, and for no other reason than that the interval is wide: whoever went on until it shows something would be shown it.
    if (conclusionOf(this).wide && Date.now() < (settings.againUntil ?? 0)) {
      await this.batch(random, settings.rounds, 2 * settings.rounds)
    }
    return resultOf(this, await this.phases(), foreseen)
  }

  /** The rounds from one to another. */
  private async batch(random: Random, from: number, to: number): Promise<void> {
    const { scenario, settings, stage } = this
    for (let round = from; round < to; round += 1) {
      const peers = scenario.peers && round < peerRounds(settings.rounds) ? stage.peers : []
      for (const server of shuffled<Contestant>(random, [...stage.servers, ...peers])) {
        this.say(`round ${round + 1} of ${to}, ${server.name}`)
        this.rounds.push(await this.measure(server, round))
      }
    }
  }

  /** One run, tried again while it is void. */
  private async measure(server: Contestant, round: number): Promise<Measured> {
    const { scenario, settings } = this
    const raw = `${scenario.name}.${fileName(server.name)}.${round}.jsonl`
    const seed = settings.seed + round
    for (;;) {
      const report = await this.load(server, `${round}`, { seed, raw: path.join(settings.out, raw) })
      const { summary, serverCpu, stolen, others, spoilt, miscounted } = report
      // That a server fell behind, or failed requests, is a result, and not one to be tried again until it comes out better.
      const worse = fellBehind(summary.growth, this.offered) || failedShare(summary) > mostFailed
      const told = miscounted.length === 0 && worse
      if (spoilt.length > 0 && !told && this.retries > 0) {
        this.retries -= 1
        continue
      }
      const answered = summary.outcomes.answered
      const cpuPerRequest = serverCpu === undefined || answered === 0 ? undefined : serverCpu / answered
      return {
        ...{ round, engine: server.name, seed, summary, cpuPerRequest, memory: processMemory(server.pid) },
        ...{ stolen, others, spoilt, miscounted, raw },
      }
    }
  }

  private async load(server: Contestant, label: string, order: Partial<PartialOrder>): Promise<Report> {
    const { scenario, settings, stage } = this
    const company = await invite(scenario.company, server.port, settings.processors.generator)
    try {
      return await this.generator.load(
        {
          ...{ port: server.port, seconds: settings.seconds, patience: 2 },
          ...connectionsOf(scenario),
          ...amountOf(scenario.intensity, this.offered.rate),
          // Company may keep the server from answering anything at all for a while.
          ...(scenario.company === undefined ? {} : { warmup: 0 }),
          about: aboutOf(scenario),
          targets: targetsOf(stage.root, scenario.asked, `${scenario.name}-${label}-${this.retries}-${server.pid}`),
          ...order,
        },
        server.pid,
        company?.pid,
      )
    } finally {
      await company?.leave()
    }
  }

  /** What the servers say of their own time, in a run of their own. A run that is void tells nothing. */
  private async phases(): Promise<Record<string, Phases>> {
    const { settings, stage } = this
    const found: Record<string, Phases> = {}
    if (settings.phases === 0) return found
    for (const server of stage.timed) {
      this.say(`phases, ${server.name}`)
      const { summary, spoilt } = await this.load(server, 'phases', { seconds: settings.phases, phases: true })
      if (spoilt.length === 0 && summary.phases !== undefined) found[server.name] = summary.phases
    }
    return found
  }
}
