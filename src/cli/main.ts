#!/usr/bin/env node
/**
 * `twinserve`: arguments, then options, then one call.
 *
 * Exit status: 0 when done or stopped, 1 when the server failed, 2 when the command has to be put right.
 */
import { createRequire } from 'node:module'
import { details, startLine } from './announce.ts'
import { parse } from './command-line.ts'
import { printable } from './printable.ts'
import { start } from './serve-command.ts'
import { stopOnSignals } from './signals.ts'
import { UsageError } from './usage-error.ts'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

async function main(): Promise<void> {
  const request = await parse(process.argv.slice(2), version)
  if (request.command === 'answered') return
  const started = await start(request, process.env)
  stopOnSignals(started.server, () => {
    if (process.stderr.isTTY)
      console.error('Stopping when the requests in progress are done. Ctrl-C again stops at once.')
  })
  console.log(startLine(started))
  if (process.stdout.isTTY) for (const line of details(started)) console.log(line)
  await started.server.closed
}

try {
  await main()
  process.exit(0)
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`twinserve: ${printable(error.message)}`)
    process.exit(2)
  }
  console.error('twinserve: the server failed.', error)
  process.exit(1)
}
