/**
 * The servers of one or several scenarios, which are started and calibrated once: scenarios of a family differ in their load alone.
 *
 * Besides the two that are compared there are the same two with `Server-Timing` switched on, for the phases, which are never measured; and the
 * peers, where they are wanted.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { GeneratorProcess } from '../load/process.ts'
import type { Scenario } from '../scenarios.ts'
import { type Calibrated, calibrate } from './calibrate.ts'
import { type Circumstances, type Contestant, type Engine, type Running, startEngine } from './engines.ts'
import { type Peer, startPeer } from './peers.ts'
import type { Settings } from './settings.ts'
import { makeShare } from './share.ts'

/** Is told what is being done, for progress. */
export type Say = (what: string) => void

/** What has been set up. */
export interface Ready {
  readonly root: string
  readonly servers: readonly Running[]
  readonly calibrations: readonly Calibrated[]
  /** The servers once more, with `Server-Timing`. */
  readonly timed: readonly Running[]
  readonly peers: readonly Contestant[]
}

/** Scenarios that one stage can serve, in their order: those of a family together. */
export function stagesOf(scenarios: readonly Scenario[]): Scenario[][] {
  const stages = new Map<string, Scenario[]>()
  for (const scenario of scenarios) {
    const name = scenario.family ?? `scenario ${scenario.name}`
    stages.set(name, [...(stages.get(name) ?? []), scenario])
  }
  return [...stages.values()]
}

export class Stage {
  private readonly scenario: Scenario
  private readonly generator: GeneratorProcess
  private readonly settings: Settings
  private readonly peers: readonly Peer[]
  private readonly running: Contestant[] = []
  private readonly root: string
  private begun: Promise<Ready> | undefined

  /** @param scenarios that it is for, at least one @param peers those that are installed, if they are wanted */
  constructor(scenarios: readonly Scenario[], generator: GeneratorProcess, settings: Settings, peers: readonly Peer[]) {
    this.scenario = scenarios[0] as Scenario
    this.generator = generator
    this.settings = settings
    this.peers = scenarios.some((scenario) => scenario.peers) ? peers : []
    this.root = path.join(settings.scratch, this.scenario.name)
  }

  /** Its servers, started and calibrated by whoever asks first. */
  ready(say: Say): Promise<Ready> {
    this.begun ??= this.begin(say)
    return this.begun
  }

  async end(): Promise<void> {
    await Promise.all(this.running.splice(0).map((server) => server.stop()))
    fs.rmSync(this.root, { recursive: true, force: true })
  }

  private async begin(say: Say): Promise<Ready> {
    const { scenario, root, generator, settings } = this
    makeShare(root, scenario.asked, scenario.company?.slowReaders !== undefined)
    const [servers, calibrations, timed]: [Running[], Calibrated[], Running[]] = [[], [], []]
    for (const engine of scenario.engines) {
      say(`calibrating ${engine.name}`)
      const circumstances = this.circumstances(engine, calibrations[0])
      const [server, other] = await Promise.all([
        this.start(engine, circumstances),
        this.start(engine, { ...circumstances, options: { ...circumstances.options, serverTiming: true } }),
      ])
      servers.push(server)
      timed.push(other)
      calibrations.push(await calibrate(server, scenario, root, generator, settings))
    }
    const peers: Contestant[] = []
    for (const peer of this.peers) {
      say(`starting ${peer.name}`)
      const started = await startPeer(peer, root, path.join(settings.scratch, peer.name), settings.processors.server)
      this.running.push(started)
      peers.push(started)
    }
    return { root, servers, calibrations, timed, peers }
  }

  private async start(engine: Engine, circumstances: Circumstances): Promise<Running> {
    const server = await startEngine(engine, circumstances)
    this.running.push(server)
    return server
  }

  /** @param first the calibration of the first engine, where that is known: what is slowed is slowed by a share of its service */
  private circumstances(engine: Engine, first: Calibrated | undefined): Circumstances {
    const { limits, slowDisk } = this.scenario
    const { slowedBy } = engine
    return {
      root: this.root,
      processor: this.settings.processors.server,
      ...(slowDisk === undefined ? {} : { slowDisk }),
      ...(limits === undefined ? {} : { options: { limits } }),
      ...(slowedBy === undefined || first === undefined ? {} : { spin: (1000 * slowedBy) / first.capacity }),
    }
  }
}
