/** Results for a terminal. */
import { percentile, sorted } from '../statistics/percentile.ts'
import type { Stability } from '../statistics/stability.ts'
import { failuresOf } from './failures.ts'
import type { Measured, ScenarioResult, Timing, Truth } from './results.ts'

/** A time with three digits, in the unit that suits it. */
export function time(seconds: number | undefined): string {
  if (seconds === undefined) return '-'
  if (seconds === Infinity) return 'never'
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, 'µs'] : seconds < 1 ? [seconds * 1e3, 'ms'] : [seconds, 's']
  return `${Number(value.toPrecision(3))} ${unit}`
}

/** A scenario: what was offered, the percentiles of each engine, and the verdict. */
export function scenarioTable(result: ScenarioResult): string {
  const lines = [`${result.name}: ${result.title}, ${Math.round(result.rate)}/s`]
  for (const engine of result.engines) {
    const of = result.percentiles[engine] ?? {}
    const stability = result.stability[engine]
    const own = result.rounds.filter((round) => round.engine === engine)
    const cells =
      stability?.stable === false
        ? stability.sentence
        : ['50', '90', '99', '99.9'].map((percent) => `p${percent} ${time(of[percent])}`.padEnd(15)).join(' ')
    lines.push(`  ${engine.padEnd(20)} ${cells} ${failures(own, stability)}`.trimEnd())
  }
  for (const { engine, model, points, none, failed } of result.predictions) {
    const cells = points.map(({ percent, latency }) => `p${percent} ${time(latency)}`.padEnd(15)).join(' ')
    lines.push(`    ${`predicted, ${model}`.padEnd(38)} ${engine}: ${none ?? cells}`.trimEnd())
    if (failed !== undefined) lines.push(`      it does not hold that ${failed}`)
  }
  for (const { sentence } of result.cliff ?? []) lines.push(`    before the rounds, ${sentence}`)
  for (const { name, percentiles, achieved, stability, rounds } of result.peers ?? []) {
    const cells = ['50', '90', '99', '99.9'].map((percent) => `p${percent} ${time(percentiles[percent])}`.padEnd(15))
    const kept = stability?.stable === false ? stability.sentence : cells.join(' ')
    const answered = achieved === undefined ? 'void' : `${Math.round(achieved)}/s`
    lines.push(`    beside it, ${name.padEnd(16)} ${kept} ${answered} ${failures(rounds, stability)}`.trimEnd())
  }
  lines.push(`  -> ${result.sentence}`)
  const winner = result.verdict?.winner
  const won = winner === undefined ? 'neither' : result.engines[winner === 'a' ? 0 : 1]
  if (result.verdict !== undefined && won !== result.expected) lines.push(`     Expected was ${result.expected}.`)
  return lines.join('\n')
}

/** What went wrong with requests in the runs that count, and how many rounds were void. */
function failures(own: readonly Measured[], kept: Stability | undefined): string {
  const voided = own.filter(({ spoilt }) => spoilt.length > 0).length
  const counted = own.filter(({ miscounted }) => miscounted.length === 0)
  const parts = failuresOf(counted).map(([outcome, count]) => `${count} ${outcome}`)
  if (kept?.stable === true && kept.behind) parts.push(kept.sentence)
  if (voided > 0) parts.push(`${voided} of ${own.length} rounds void`)
  return parts.length === 0 ? '' : `(${parts.join(', ')})`
}

/** What the generator saw of a server whose truth is known. */
export function truthLine({ name, agrees, text }: Truth): string {
  const verdict = agrees === undefined ? '' : agrees ? 'as computed: ' : 'NOT as computed: '
  return `${name}: ${verdict}${text}`
}

/** What was timed: the middle of each engine's rounds, and the verdict. */
export function timingLine({ name, rounds, sentence }: Timing): string {
  const times = Object.entries(rounds).map(([engine, values]) => `${engine} ${time(percentile(sorted(values), 50))}`)
  return `${name.padEnd(22)} ${times.join(', ').padEnd(44)} ${sentence}`
}
