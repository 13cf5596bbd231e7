/** The shell, from the command line to the exit status. */
import { exits } from '../client/exits.ts'
import { parseShell } from './arguments.ts'
import { startShell } from './start.ts'

/** @param words behind `twinserve shell`. @returns the exit status @throws UsageError */
export async function main(words: readonly string[]): Promise<number> {
  const request = await parseShell(words)
  if (request === undefined) return 0
  const { stdin: input, stdout: output, stderr: errors, env: environment } = process
  // Whoever read our output has had enough (as `head` does).
  output.on('error', () => process.exit(exits.failed))
  const status = await startShell(request, { input, output, errors, environment, directory: process.cwd() })
  await new Promise<void>((resolve) => void output.write('', () => resolve()))
  return status
}
