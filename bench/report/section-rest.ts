/** What is to be known to judge the rest: the machine, the method, and the data. */

import type { Results } from '../run/results.ts'
import { type Html, html } from './html.ts'

/** What the entries of `machine.ts` are called. */
const names: Readonly<Record<string, string>> = {
  processor: 'Processor',
  processors: 'Processors',
  memory: 'Memory',
  system: 'System',
  virtualized: 'Below a hypervisor',
  node: 'Node',
  twinserve: 'twinserve',
  commit: 'Commit',
  loadAverage: 'Load average at the end',
}

function entry(name: string, value: string | number): string {
  if (name === 'memory' && typeof value === 'number') return `${(value / 1024 ** 3).toFixed(1)} GiB`
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : value
}

export function duration(seconds: number): string {
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

export function when(begun: string): string {
  const date = new Date(begun)
  return Number.isNaN(date.getTime()) ? begun : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function machineSection({ machine, command, seed, begun, seconds, scenarios }: Results): Html {
  const rounds = Math.max(0, ...scenarios.flatMap((scenario) => scenario.rounds.map(({ round }) => round + 1)))
  const entries: [string, string][] = [
    ['Command', `npm run bench${command === '' ? '' : ` -- ${command}`}`],
    ['Seed', String(seed)],
    ['Begun', when(begun)],
    ['Took', duration(seconds)],
    ...(rounds === 0 ? [] : [['Rounds', `${rounds} of each engine in each scenario`] as [string, string]]),
    ...Object.entries(machine).map(([name, value]): [string, string] => [names[name] ?? name, entry(name, value)]),
  ]
  const lines = entries.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${name === 'Command' ? html`<code>${value}</code>` : value}</dd>`,
  )
  return html`<section id="machine"><h2>Machine, versions, command</h2><div class="card"><dl>${lines}</dl></div></section>`
}

export const methodSection = html`<section id="method"><h2>Method, and what it cannot show</h2>
<p>Requests are sent by a plan that is made before the run: a Poisson process from a seed, the same for both engines, whatever becomes of the requests before. A latency counts from when the request was to be sent to the last byte of its answer, and every byte is checked; a request without a right answer counts as longer than all others. Both engines are run in rounds, in random order, and compared round by round; intervals come from drawing rounds again, never requests. Loads are shares of what the slower engine does at most, so that both can keep up. What models say comes from calibration at low load alone, never from the run that it is held against. A run in which the generator was late, or in which the machine did something else, is void.</p>
<p>One machine, one kernel, a loopback: nothing here says what a network loses or delays. At low load much of a latency is the wake-up of a processor that slept, dear on a virtual machine, and is in both engines’ figures. Servers have one processor and the generator another, so nothing is said of how either uses more. Clients that rest, stall or are slow share the generator’s processor. A verdict does not prove its mechanism, which was told before and might have been refuted. Of twenty intervals one misses its truth.</p>
</section>`

/** @param files names of what lies beside the results */
export function dataSection(files: number): Html {
  return html`<section id="data"><h2>Data</h2>
<p>This page holds all of <code>results.json</code>, and what its charts were drawn from. The line of each single request would be too much for it: ${
    files === 0 ? 'they lie' : `they lie in ${files} files`
  } beside the results, named <code>SCENARIO.ENGINE.ROUND.jsonl</code>, with the distributions for HdrHistogram’s tools as <code>.hgrm</code> and a line for each run in <code>results.csv</code>.</p>
<p><button class="save" type="button" data-save="results" data-name="results.json">Save results.json</button><button class="save" type="button" data-save="charts" data-name="curves.json">Save the curves</button></p>
<p class="still hint">Charts need a script. The figures are in the tables, and the data are in the source of this page.</p></section>`
}
