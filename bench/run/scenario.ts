/** One scenario: its servers measured round by round in random order, and compared. */
import path from 'node:path'
import type { About } from '../load/judge.ts'
import { processMemory } from '../load/machine.ts'
import type { Phases } from '../load/phases.ts'
import type { GeneratorProcess, PartialOrder, Report } from '../load/process.ts'
import type { RawRequest } from '../load/raw.ts'
import { readRaw } from '../load/raw.ts'
import type { Intensity, Scenario } from '../scenarios.ts'
import { type Random, randomFrom, shuffled } from '../statistics/random.ts'
import { fellBehind, type Offered, type Stability } from '../statistics/stability.ts'
import { beside, type Foreseen, type Found, foresee } from './cliff.ts'
import { invite } from './company.ts'
import { type Found as Concluded, verdictOf } from './conclude.ts'
import { connectionsOf } from './connections.ts'
import { type Contestant, type Engine, fileThreads, type SlowDisk } from './engines.ts'
import { fileName } from './export.ts'
import { failedShare, mostFailed } from './failures.ts'
import { foretell } from './foretell.ts'
import type { Calibration, Measured, PeerResult, Prediction, ScenarioResult } from './results.ts'
import { half, middle, type Ran, ran, stabilityIn } from './rounds.ts'
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

/** Rounds that peers join: no verdict is about them, and there are many. */
export const peerRounds = (rounds: number): number => Math.min(3, rounds)

class ScenarioBench {
  private readonly scenario: Scenario
  private readonly stage: Ready
  private readonly generator: GeneratorProcess
  private readonly settings: Settings
  private readonly say: Say
  private readonly rate: number
  private readonly offered: Offered
  private readonly rounds: Measured[] = []
  /** Void runs that may still be tried again: of a machine that is never quiet, a scenario is to end all the same. */
  private retries: number

  constructor(scenario: Scenario, stage: Ready, generator: GeneratorProcess, settings: Settings, say: Say) {
    this.scenario = scenario
    this.stage = stage
    this.generator = generator
    const { parts = 1 } = scenario
    this.settings = { ...settings, rounds: settings.rounds * parts, seconds: settings.seconds / parts }
    this.say = say
    this.rate = rateOf(scenario, stage.calibrations)
    this.offered = { rate: this.rate, seconds: this.settings.seconds }
    this.retries = settings.retries
  }

  async run(): Promise<ScenarioResult> {
    const { scenario, settings, stage } = this
    // Before the first round: what is told afterwards is no prediction.
    const { rate } = this
    const foreseen = foresee({ scenario, rate, seconds: settings.seconds, seed: settings.seed }, stage.calibrations)
    const random = randomFrom(settings.seed)
    await this.batch(random, 0, settings.rounds)
    // Once, and for no other reason than that the interval is wide: whoever went on until it shows something would be shown it.
    if (this.conclusion().wide && Date.now() < (settings.againUntil ?? 0)) {
      await this.batch(random, settings.rounds, 2 * settings.rounds)
    }
    return this.result(await this.phases(), foreseen)
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
          ...amountOf(scenario.intensity, this.rate),
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

  private result(phases: Record<string, Phases>, foreseen: readonly Foreseen[]): ScenarioResult {
    const { scenario, stage, rate } = this
    const { name, title, family, expected, mechanism } = scenario
    const [a, b] = scenario.engines.map((engine) => engine.name) as [string, string]
    const stability = Object.fromEntries([a, b].map((each) => [each, stabilityIn(this.ran(each), this.offered)]))
    const { verdict, sentence, pairs } = this.conclusion()
    return {
      ...{ name, title, expected, mechanism, measure: scenario.measure.name, engines: [a, b], rate },
      ...(family === undefined ? {} : { family }),
      load: rate / Math.min(...stage.calibrations.map(({ capacity }) => capacity)),
      ...{ rounds: this.rounds.filter(({ engine }) => engine === a || engine === b), pairs, stability },
      calibrations: stage.calibrations.map(({ latencies: _, ...rest }): Calibration => rest),
      percentiles: Object.fromEntries([a, b].map((each) => [each, middle(this.good(each))])),
      ...{ verdict, sentence },
      predictions: this.predictions(),
      ...(foreseen.length === 0 ? {} : { cliff: beside(foreseen, (engine) => this.found(engine, stability[engine])) }),
      phases,
      ...(scenario.peers && stage.peers.length > 0 ? { peers: stage.peers.map((peer) => this.peer(peer.name)) } : {}),
    }
  }

  private conclusion(): Concluded {
    const [a, b] = this.scenario.engines
    return verdictOf(this.scenario, { a: this.ran(a.name), b: this.ran(b.name) }, this.offered)
  }

  private ran(name: string): Ran[] {
    return this.rounds.filter(({ engine }) => engine === name).map((round) => ran(round, this.scenario))
  }

  /** The rounds of one whose latencies may be believed. */
  private good(name: string): Measured[] {
    return this.rounds.filter(({ engine, spoilt }) => engine === name && spoilt.length === 0)
  }

  /** What there is to hold against what was foreseen. */
  private found(name: string, stability: Stability | undefined): Found {
    const good = this.good(name)
    return {
      percentiles: stability?.stable === false ? undefined : middle(good),
      achieved: half(good.map(({ summary }) => summary.achieved)),
      growth: stability?.growth.estimate,
    }
  }

  private peer(name: string): PeerResult {
    const good = this.good(name)
    const rounds = this.rounds.filter(({ engine }) => engine === name)
    return {
      ...{ name, percentiles: middle(good), achieved: half(good.map(({ summary }) => summary.achieved)) },
      ...{ cpuPerRequest: half(good.map(({ cpuPerRequest }) => cpuPerRequest)) },
      ...{ stability: stabilityIn(this.ran(name), this.offered), rounds },
    }
  }

  private predictions(): Prediction[] {
    const { settings, scenario, stage } = this
    // In the closed loop nothing comes by a plan.
    if ('connections' in scenario.intensity) return []
    return stage.calibrations.flatMap((calibrated) => {
      const [first] = this.good(calibrated.engine)
      if (first === undefined) return []
      const samples: readonly RawRequest[] = readRaw(path.join(settings.out, first.raw))
      const engine = scenario.engines.find(({ name }) => name === calibrated.engine) as Engine
      const { threads = 1, workers = 1 } = engine.options ?? {}
      const pinned = settings.processors.server !== undefined
      const circumstances = {
        ...(scenario.company === undefined ? {} : { company: scenario.company }),
        ...(pinned ? { together: Math.max(threads, workers) } : {}),
        ...(first.cpuPerRequest === undefined ? {} : { cpu: first.cpuPerRequest }),
      }
      const servers = serversOf(engine, scenario.slowDisk, pinned)
      return foretell(calibrated, samples, settings.seconds, servers, settings.seed, circumstances)
    })
  }
}

/**
 * How many requests a server has under way at a time. Threads that share one processor are several only while they wait for something else,
 * which here is a slow disk: then it is those that read.
 *
 * @param pinned whether it has one processor
 */
export function serversOf(engine: Engine, slowDisk: SlowDisk | undefined, pinned: boolean): number {
  const { threads = 1 } = engine.options ?? {}
  if (slowDisk === undefined) return pinned ? 1 : threads
  if (engine.engine === 'sync') return threads
  // A timer holds none of them: what remains is the loop.
  return slowDisk.holds === 'nobody' ? 1 : fileThreads(engine)
}

/** Of the slower of the two, so that both get the same. */
function rateOf({ intensity }: Scenario, calibrations: readonly Calibration[]): number {
  if ('rate' in intensity) return intensity.rate
  const least = Math.min(...calibrations.map(({ capacity }) => capacity))
  return 'share' in intensity ? intensity.share * least : least
}

function aboutOf({ measure: { name } }: Scenario): About {
  return name === 'achieved' ? 'count' : (Number(name.slice(1)) as 50 | 90 | 99)
}

function amountOf(intensity: Intensity, rate: number): Partial<PartialOrder> {
  return 'connections' in intensity ? { loop: 'closed', connections: intensity.connections } : { rate }
}
