/** What a request costs an engine: from results of the bench, from a calibration now, or given by hand. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { startGenerator } from '../load/process.ts'
import { calibrate } from '../run/calibrate.ts'
import { blocking, type Engine, eventLoop, startEngine } from '../run/engines.ts'
import type { Calibration, Results } from '../run/results.ts'
import { processors } from '../run/settings.ts'
import { makeShare } from '../run/share.ts'
import { type Scenario, scenarios } from '../scenarios.ts'
import { percentile, sorted } from '../statistics/percentile.ts'
import { Refused } from '../words.ts'
import type { Costs, Mode, Sized } from './model.ts'

/** What a calibration with files of one size has shown. Seconds. */
export interface Point {
  readonly bytes: number
  readonly service: number
  readonly way: number
  readonly variability: number
  readonly spoilt: boolean
}

export interface Known {
  readonly costs: Costs
  /** Sizes that were calibrated. */
  readonly sizes: readonly number[]
  readonly spoilt: boolean
}

const engines: Readonly<Record<Mode, Engine>> = { sync: blocking, async: eventLoop }

export function pointOf(
  bytes: number,
  calibration: Pick<Calibration, 'capacity' | 'latency' | 'variability' | 'spoilt'>,
): Point {
  const { capacity, latency, variability, spoilt } = calibration
  const service = Math.min(1 / capacity, latency)
  // The spread was measured of the whole latency. More than 1 is a hiccup of the machine, and no service.
  const own = Math.min(1, (variability * latency * latency) / (service * service))
  return { bytes, service, way: latency - service, variability: own, spoilt: spoilt.length > 0 }
}

/** A straight line through the smallest and the largest size; where there is one size only, bytes cost nothing. */
export function costsOf(points: readonly Point[]): Known {
  const ordered = [...points].sort((a, b) => a.bytes - b.bytes)
  const [small, large] = [ordered[0], ordered.at(-1)]
  if (small === undefined || large === undefined) throw new Error('Nothing was calibrated.')
  const apart = large.bytes - small.bytes
  const perByte = apart === 0 ? 0 : Math.max(0, (large.service - small.service) / apart)
  return {
    costs: {
      perRequest: Math.max(0, small.service - perByte * small.bytes),
      perByte,
      way: small.way,
      variability: small.variability,
    },
    sizes: [...new Set(ordered.map(({ bytes }) => bytes))],
    spoilt: points.some(({ spoilt }) => spoilt),
  }
}

/** @throws Refused where they cannot be had from there */
export function costsFrom(directory: string, mode: Mode): Known {
  const file = path.join(directory, 'results.json')
  let results: Results
  try {
    results = JSON.parse(fs.readFileSync(file, 'utf8')) as Results
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is no JSON'
    throw new Refused(`${file} cannot be read (${why}): name a directory that npm run bench has written.`)
  }
  const bySize = new Map<number, Point[]>()
  for (const { name, calibrations } of results.scenarios ?? []) {
    const bytes = plainSize(scenarios.find((scenario) => scenario.name === name))
    const calibration = calibrations.find(({ engine }) => engine === engines[mode].name)
    if (bytes === undefined || calibration === undefined) continue
    bySize.set(bytes, [...(bySize.get(bytes) ?? []), pointOf(bytes, calibration)])
  }
  const points = [...bySize.values()].map(middle)
  if (points.length > 0) return costsOf(points)
  throw new Refused(
    `${file} has no calibration of the ${engines[mode].name} with files: run npm run bench -- --only small,large.`,
  )
}

/** The size of the files, where a scenario is about files of one size and nothing else. */
function plainSize(scenario: Scenario | undefined): number | undefined {
  if (scenario === undefined || scenario.asked.length > 1 || scenario.newConnections === true) return undefined
  if (scenario.company !== undefined || scenario.slowDisk !== undefined) return undefined
  const [asked] = scenario.asked
  return asked !== undefined && 'file' in asked ? asked.file : undefined
}

/** Of several calibrations with one size, the one in the middle, by service. */
function middle(points: readonly Point[]): Point {
  const at = percentile(sorted(points.map(({ service }) => service)), 50)
  return points.find(({ service }) => service === at) as Point
}

/** What is asked for in a calibration. */
const sizes = [10 * 1024, 8 * 1024 * 1024]

/** Measure here and now: seconds for each engine, as the bench does before its rounds. */
export async function costsHere(mode: Mode, seconds: number): Promise<Known> {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-predict-'))
  const places = processors()
  const generator = startGenerator(places.generator)
  const settings = {
    rounds: 1,
    phases: 0,
    seconds,
    calibration: seconds,
    seed: 1,
    retries: 0,
    out: scratch,
    scratch,
    processors: places,
  }
  const points: Point[] = []
  try {
    for (const bytes of sizes) {
      const root = path.join(scratch, String(bytes))
      const scenario = { ...(scenarios[0] as Scenario), name: `predict-${bytes}`, asked: [{ file: bytes }] }
      makeShare(root, scenario.asked, false)
      const running = await startEngine(engines[mode], { root, processor: places.server })
      try {
        points.push(pointOf(bytes, await calibrate(running, scenario, root, generator, settings)))
      } finally {
        await running.stop()
      }
    }
  } finally {
    await generator.end()
    fs.rmSync(scratch, { recursive: true, force: true })
  }
  return costsOf(points)
}

/** The sizes in a mix that are so much larger than what was calibrated, or with one size only so far from it, that their cost is a guess. */
export function guessed(mix: readonly Sized[], calibrated: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...calibrated), Math.max(...calibrated)]
  const far = (bytes: number) => bytes > 4 * most || (least === most && bytes < least / 4)
  return mix.map(({ bytes }) => bytes).filter(far)
}
