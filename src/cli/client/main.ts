/** The commands that talk to a server, from the command line to the exit status. */
import { exits } from './exits.ts'
import type { ClientCommand } from './options.ts'
import { parseClient } from './parse.ts'
import { runClient } from './run.ts'

/** @returns the exit status @throws UsageError */
export async function main(command: ClientCommand, words: readonly string[], version: string): Promise<number> {
  const asked = await parseClient(command, words, version, process.env)
  if (asked === undefined) return 0
  const { stdin, stdout, stderr } = process
  const stop = new AbortController()
  // The first one ends in good order: what can be resumed is noted. The second does not wait.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort()
      process.once(signal, () => process.exit(exits.interrupted))
    })
  }
  // Whoever read our output has had enough (as `head` does).
  stdout.on('error', () => process.exit(exits.failed))
  const status = await runClient(asked, { stdin, stdout, stderr }, process.env, stop.signal)
  await new Promise<void>((resolve) => void stdout.write('', () => resolve()))
  return status
}
