/** Results as files: all of it as JSON, a line for each run as CSV, and the distribution of latencies for HdrHistogram's tools. */
import fs from 'node:fs'
import path from 'node:path'
import { readRaw } from '../load/raw.ts'
import type { Summary } from '../load/summary.ts'
import { hgrm } from '../statistics/hgrm.ts'
import { sorted } from '../statistics/percentile.ts'
import { fellBehind } from '../statistics/stability.ts'
import type { Measured, Results, ScenarioResult } from './results.ts'

/** A name as part of a file's name. */
export const fileName = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-')

/** Where the distributions of each scenario lie: those that are over do not change, though results are written after each step. */
const distributed = new WeakMap<ScenarioResult, string>()

export function writeResults(results: Results, out: string): void {
  const text = JSON.stringify(results, (_, value) => (value === Infinity ? 'never' : value), 1)
  fs.writeFileSync(path.join(out, 'results.json'), `${text}\n`)
  fs.writeFileSync(path.join(out, 'results.csv'), csv(results))
  for (const scenario of results.scenarios) {
    if (distributed.get(scenario) === out) continue
    distributed.set(scenario, out)
    for (const engine of scenario.engines) {
      const name = `${scenario.name}.${fileName(engine)}.hgrm`
      fs.writeFileSync(path.join(out, name), hgrm(latencies(scenario, engine, out)))
    }
  }
}

/** Of all rounds that may be believed, in milliseconds, ascending: those without a right answer are left out, for a file that knows no end. */
function latencies(scenario: ScenarioResult, engine: string, out: string): Float64Array {
  const rounds = scenario.rounds.filter((round) => round.engine === engine && round.spoilt.length === 0)
  return sorted(
    rounds.flatMap(({ raw }) =>
      readRaw(path.join(out, raw)).flatMap(({ outcome, due, last }) =>
        outcome === 'answered' ? [(last - due) * 1000] : [],
      ),
    ),
  )
}

const columns: readonly (readonly [title: string, of: (scenario: ScenarioResult, run: Measured) => unknown])[] = [
  ['scenario', ({ name }) => name],
  ['engine', (_, { engine }) => engine],
  ['round', (_, { round }) => round],
  ['seed', (_, { seed }) => seed],
  ['offered_per_s', (_, { summary }) => summary.offered],
  ['achieved_per_s', (_, { summary }) => summary.achieved],
  ...([50, 90, 99, 99.9, 100] as const).map(
    (percent) => [`p${percent}_s`, (_: ScenarioResult, { summary }: Measured) => summary.latency[percent]] as const,
  ),
  ['backlog_growth_per_s', (_, { summary }) => summary.growth],
  ['fell_behind', ({ rate }, { summary }) => fellBehind(summary.growth, { rate, seconds: secondsOf(summary) })],
  ['lateness_p50_s', (_, { summary }) => summary.lateness[50]],
  ['lateness_p99_s', (_, { summary }) => summary.lateness[99]],
  ['requests', (_, { summary }) => summary.requests],
  ['failed', (_, { summary }) => summary.requests - summary.outcomes.answered],
  ['cpu_per_request_s', (_, { cpuPerRequest }) => cpuPerRequest],
  ['memory_bytes', (_, { memory }) => memory],
  ['stolen', (_, { stolen }) => stolen],
  ['others', (_, { others }) => others],
  ['void', (_, { spoilt }) => spoilt.join(' ')],
  ['count_void', (_, { miscounted }) => miscounted.join(' ')],
]

const secondsOf = ({ requests, offered }: Summary) => requests / offered

/** RFC 4180. */
function csv({ scenarios }: Results): string {
  const cell = (value: unknown) => {
    const text = value === undefined ? '' : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = scenarios.flatMap((scenario) =>
    [...scenario.rounds, ...(scenario.peers ?? []).flatMap(({ rounds }) => rounds)].map((run) =>
      columns.map(([, of]) => cell(of(scenario, run))).join(','),
    ),
  )
  return [columns.map(([title]) => title).join(','), ...lines, ''].join('\r\n')
}
