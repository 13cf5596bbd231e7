/**
 * `twinserve predict`: what machines would do under a load that nobody here can make. A simulation, from what a request costs.
 * docs/benchmarking.md says what it is good for.
 */
import { Refused } from '../words.ts'
import { answer, machinesFor } from './answer.ts'
import { costsFrom, costsHere, guessed, type Known } from './costs.ts'
import type { Machine, Mode } from './model.ts'
import { help, type Source, type Wanted, wantedOf } from './options.ts'
import { type Answered, costLine, fleetLine, introduction, leftOut, lines } from './text.ts'

/** Seconds of each of the runs of a calibration. */
const calibration = 3

async function known(source: Source, mode: Mode): Promise<Known> {
  if (source.kind === 'calibrate') return await costsHere(mode, calibration)
  if (source.kind === 'from') return costsFrom(source.directory, mode)
  const { service, perMib, way, variability } = source
  const costs = { perRequest: service[mode], perByte: perMib[mode] / 1024 ** 2, way: way[mode], variability }
  return { costs, sizes: [], spoilt: false }
}

async function predict(wanted: Wanted): Promise<void> {
  const { demand, rates, effort, target, source, json } = wanted
  const say = (line: string) => (json ? console.error(line) : console.log(line))
  for (const line of introduction(wanted)) say(line)
  const machines: Machine[] = []
  for (const machine of wanted.machines) {
    if (source.kind === 'calibrate') say(`measuring what a request costs with --mode ${machine.mode} …`)
    const { costs, sizes, spoilt } = await known(source, machine.mode)
    say(costLine(`--mode ${machine.mode}`, costs))
    if (spoilt)
      say(
        '  The machine was busy with other things while that was measured: it may be far off. Measure again when it is quiet.',
      )
    const far = sizes.length === 0 ? [] : guessed(demand.sizes, sizes)
    if (far.length > 0)
      say(`  What files of ${far.join(', ')} bytes cost is a guess: nothing near that size was calibrated.`)
    machines.push({ ...machine, costs })
  }
  const found: Answered[] = rates.flatMap((rate) =>
    machines.map((machine) => {
      const given = { ...demand, rate }
      const enough = target === undefined ? undefined : (machinesFor(target, given, machine, effort) ?? 'never')
      return { rate, machine, answer: answer(given, machine, effort), enough }
    }),
  )
  if (json) {
    console.log(JSON.stringify({ simulation: true, demand, effort, target, found, leftOut }, null, 1))
    return
  }
  for (const one of found) {
    console.log('')
    for (const line of lines(one, target)) console.log(line)
    const fleet = fleetLine(demand, one)
    if (fleet !== undefined) console.log(fleet)
  }
  console.log(`\n${leftOut}`)
}

try {
  const wanted = wantedOf(process.argv.slice(2))
  if (wanted === undefined) console.log(help)
  else await predict(wanted)
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(`twinserve predict: ${error.message}`)
  process.exitCode = 2
}
