/** Programs of this machine, run on behalf of somebody at a shell. */
import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

export interface Place {
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  /** Whether it may read what the shell reads. */
  readonly mayRead: boolean
  /** Where its output goes: to the terminal itself, if that is it. */
  readonly output: Writable
}

/**
 * Runs a program to its end.
 *
 * @returns what to say of how it ended: nothing if all is well
 */
export function runProgram(program: string, words: readonly string[], place: Place): Promise<string> {
  const { directory, environment, mayRead, output } = place
  // Ctrl-C at the terminal reaches both: it is for the program.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  return new Promise<string>((resolve) => {
    const isOwn = output === process.stdout
    const child = spawn(program, words, {
      cwd: directory,
      env: environment,
      stdio: [mayRead && isOwn ? 'inherit' : 'ignore', isOwn ? 'inherit' : 'pipe', isOwn ? 'inherit' : 'pipe'],
    })
    child.stdout?.pipe(output, { end: false })
    child.stderr?.pipe(output, { end: false })
    child.on('error', (error) => resolve(`${program} cannot be run: ${error.message}.`))
    child.on('close', (code, signal) => {
      if (signal !== null) resolve(`It was ended by ${signal}.`)
      else resolve(code === 0 ? '' : `It ended with status ${code}.`)
    })
  }).finally(() => process.off('SIGINT', ignore))
}
