#!/usr/bin/env node
/**
 * `twinserve`: arguments, then options, then one call.
 *
 * Exit status: 0 when done or stopped, 1 when the server failed, 2 when the command has to be put right. Those of the
 * commands that talk to a server are in `client/exits.ts`,
 * also for the shell.
 */
import { createRequire } from 'node:module'
import { notifier } from './activation.ts'
import { details, fingerprintLine, startLine } from './announce.ts'
import { clientCommandOf } from './client/options.ts'
import { parse } from './command-line.ts'
import { printable } from './printable.ts'
import { start } from './serve-command.ts'
import { heedSignals } from './signals.ts'
import { renewing } from './tls/renewing.ts'
import { UsageError } from './usage-error.ts'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/** @returns the exit status */
async function main(): Promise<number> {
  const words = process.argv.slice(2)
  const command = clientCommandOf(words)
  // What serves need not be loaded for these, nor these for what serves.
  if (command !== undefined) return await (await import('./client/main.ts')).main(command, words, version)
  if (words[0] === 'passwd') {
    const told = await (await import('./passwd/main.ts')).passwd(words.slice(1), {
      input: process.stdin,
      errors: process.stderr,
    })
    if (told !== undefined) console.log(told)
    return 0
  }
  if (words[0] === 'shell') return await (await import('./shell/main.ts')).main(words.slice(1))
  if (words[0] === 'bench') return await (await import('./bench-command.ts')).bench(words.slice(1))
  if (words[0] === 'predict') return await (await import('./bench-command.ts')).predict(words.slice(1))
  const request = await parse(words, version)
  if (request.command === 'answered') return 0
  const notify = notifier(process.env)
  const stopping = () => {
    void notify('STOPPING=1')
    if (process.stderr.isTTY)
      console.error('Stopping when the requests in progress are done. Ctrl-C again stops at once.')
  }
  const tell = (sentence: string) => console.error(`twinserve: ${sentence}`)
  const attach = heedSignals(stopping)
  const started = await start(request, process.env)
  attach(started.server, renewing(started, tell))
  for (const warning of started.secured?.warnings ?? []) tell(printable(warning))
  await notify('READY=1')
  console.log(startLine(started))
  if (started.secured !== undefined) console.log(fingerprintLine(started.secured))
  if (process.stdout.isTTY) for (const line of details(started)) console.log(line)
  await started.server.closed
  return 0
}

try {
  process.exit(await main())
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`twinserve: ${printable(error.message)}`)
    process.exit(2)
  }
  console.error('twinserve failed, by a mistake of its own.', error)
  process.exit(1)
}
