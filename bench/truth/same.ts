/**
 * Does the bench find differences where there are none, and find those that are there? The same engine twice, and an engine against itself with
 * a tenth of its service time added to each request, compared again and again, each time in processes of their own and with another plan.
 *
 *     node --import=./scripts/typescript.js bench/truth/same.ts [--only same-sync,same-async,slower-10-sync,slower-10-async] [--times 20]
 *         [--rounds 6] [--seconds 0.6] [--seed 1]
 *
 * Of 20 comparisons of an engine with itself, 19 must show no difference; of those with a slower one, 19 must show it. Comparisons with too few rounds
 * that may be believed count as neither. One takes half a minute, and one with a slower engine, which has four times as many rounds, a whole one. Ends with status 1 when something was mistaken more often.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type GeneratorProcess, startGenerator } from '../load/process.ts'
import { runScenario } from '../run/scenario.ts'
import { processors, type Settings } from '../run/settings.ts'
import { Stage } from '../run/stage.ts'
import { type Scenario, scenarios } from '../scenarios.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'same-sync,same-async,slower-10-sync,slower-10-async' },
    times: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '6' },
    seconds: { type: 'string', default: '0.6' },
    seed: { type: 'string', default: '1' },
  },
})
const [times, rounds, seconds, seed] = [values.times, values.rounds, values.seconds, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
]

async function compared(scenario: Scenario, generator: GeneratorProcess, settings: Settings) {
  const stage = new Stage([scenario], generator, settings, [])
  try {
    return await runScenario(scenario, stage, generator, settings, () => {})
  } finally {
    await stage.end()
  }
}

/** @returns whether at most one in twenty was mistaken */
async function often(scenario: Scenario, generator: GeneratorProcess, scratch: string): Promise<boolean> {
  const counts = { right: 0, mistaken: 0, none: 0 }
  for (let time = 0; time < times; time += 1) {
    const settings: Settings = {
      ...{
        rounds,
        seconds: seconds * (scenario.parts ?? 1),
        phases: 0,
        calibration: 1.5,
        seed: seed + 1000 * time,
        retries: rounds,
      },
      ...{ out: scratch, scratch, processors: processors() },
    }
    const { verdict, sentence, engines } = await compared(scenario, generator, settings)
    const winner = verdict?.winner === undefined ? 'neither' : engines[verdict.winner === 'a' ? 0 : 1]
    counts[verdict === undefined ? 'none' : winner === scenario.expected ? 'right' : 'mistaken'] += 1
    console.log(`  ${scenario.name} ${String(time + 1).padStart(2)}: ${sentence}`)
  }
  const { right, mistaken, none } = counts
  const what = scenario.expected === 'neither' ? 'no difference shown' : 'told apart'
  console.log(`${scenario.name}: ${what} ${right} times of ${right + mistaken}; ${none} without a verdict`)
  return mistaken <= (right + mistaken) / 20
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'twinserve-same-'))
const generator = startGenerator(processors().generator)
try {
  for (const scenario of scenarios.filter(({ name }) => values.only.split(',').includes(name))) {
    if (!(await often(scenario, generator, scratch))) process.exitCode = 1
  }
} finally {
  await generator.end()
  fs.rmSync(scratch, { recursive: true, force: true })
}
