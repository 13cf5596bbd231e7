/**
 * The bench: `npm run bench`, or `twinserve bench` in a checkout. `options.ts` has what it may be told; docs/benchmarking.md says what it does, and
 * what it cannot show.
 */
import path from 'node:path'
import { chosenBy, listed } from './chosen.ts'
import { commandOf, help, type Wanted } from './options.ts'
import { reportOf } from './report/write.ts'
import { findPeers } from './run/peers.ts'
import { WholeBench } from './run/whole.ts'
import { Refused } from './words.ts'

async function measure(wanted: Wanted): Promise<void> {
  const chosen = chosenBy(wanted)
  const { found, missing } = wanted.peers ? findPeers() : { found: [], missing: [] }
  if (missing.length > 0) console.log(`Not installed, and left out: ${missing.join(', ')}.`)
  const out = await new WholeBench(wanted, chosen, found).run()
  console.log(`\nAll of it is in ${path.relative('.', out) || '.'}: open report.html there.`)
}

function report(directory: string, out: string | undefined): void {
  try {
    console.log(`The report is ${reportOf(directory, out)}.`)
  } catch (error) {
    throw new Refused((error as Error).message)
  }
}

try {
  const command = commandOf(process.argv.slice(2))
  if (command.kind === 'help') console.log(help)
  else if (command.kind === 'report') report(command.directory, command.out)
  else if (command.kind === 'list') for (const line of listed(chosenBy(command.wanted))) console.log(line)
  else await measure(command.wanted)
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(`npm run bench: ${error.message}`)
  process.exitCode = 2
}
