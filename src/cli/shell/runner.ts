/** Runs lines: finds the commands in them, does them, and says what failed. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { type Progress, TreeError } from '../../client/index.ts'
import { exitOf, exits } from '../client/exits.ts'
import { printable } from '../printable.ts'
import { ProgressDisplay, type Screen } from '../progress.ts'
import { commands } from './commands.ts'
import type { History } from './history.ts'
import type { Local } from './local.ts'
import { codeOf, type Remote } from './remote.ts'
import { type Command, type Context, findCommand, readArguments, ShellError } from './table.ts'
import { type Open, readLine, type Word } from './words.ts'

export interface Surroundings {
  readonly local: Local
  readonly remote: Remote
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  /** Where failures are told. */
  readonly errors: Writable & Screen
  readonly environment: NodeJS.ProcessEnv
  readonly history: History
  readonly interactive: boolean
  /** Go on behind a command that failed. */
  readonly keepGoing: boolean
  /** A clock, in ms. */
  readonly now: () => number
  /** Runs a program that may want the terminal. @returns what to say of how it ended: nothing if all is well */
  readonly runProgram: (program: string, words: readonly string[], directory: string) => Promise<string>
}

const notClosed: Readonly<Record<Open, string>> = {
  single: "A ' is not closed.",
  double: 'A " is not closed.',
  escape: 'Nothing comes behind the \\ at the end.',
}

export class Runner {
  readonly #surroundings: Surroundings
  #running: AbortController | undefined
  #inProgram = false
  /** Of the line: 0 while all is well, then that of the first failure. */
  #status = 0
  #leaving = false

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** Whether the last line asked to leave. */
  get leaving(): boolean {
    return this.#leaving
  }

  /** @returns the exit status: 0 when all that was asked for is done */
  async run(line: string): Promise<number> {
    const { keepGoing } = this.#surroundings
    const running = new AbortController()
    this.#running = running
    this.#status = 0
    try {
      const { commands: asked, open } = readLine(line)
      if (open !== undefined) throw new ShellError(notClosed[open])
      for (const words of asked) {
        await this.#command(words, running.signal)
        if (this.#leaving || running.signal.aborted || (this.#status !== 0 && !keepGoing)) break
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#running = undefined
    }
    return this.#status
  }

  /** Cancels what is running, but not a program, to which Ctrl-C goes too. @returns whether something was running */
  cancel(): boolean {
    if (!this.#inProgram) this.#running?.abort()
    return this.#running !== undefined
  }

  async #command(words: readonly Word[], signal: AbortSignal): Promise<void> {
    let command: Command | undefined
    try {
      command = findCommand(commands, words[0]?.text ?? '')
      await command.run(this.#context(command, signal), readArguments(command, words))
    } catch (error) {
      if (!signal.aborted) this.#fail(error, command)
    }
    if (signal.aborted) {
      this.#status = exits.interrupted
      this.#tell('Cancelled.')
    }
  }

  #context(command: Command, signal: AbortSignal): Context {
    const { local, remote, environment, interactive, output, errors, history, runProgram, now } = this.#surroundings
    return {
      local,
      remote,
      signal,
      environment,
      now,
      interactive,
      terminal: output.isTTY === true,
      history: history.lines,
      print: (line) => void output.write(`${safe(line)}\n`),
      write: async (bytes) => {
        if (!output.write(bytes)) await once(output, 'drain', { signal })
      },
      fail: (error) => {
        if (signal.aborted) throw error
        this.#fail(error, command)
      },
      transfer: async (run, index = 0, count = 1) => {
        const display = new ProgressDisplay(errors, now)
        try {
          return await run((progress) => display.update(ofSeveral(progress, index, count)))
        } finally {
          display.clear()
        }
      },
      runProgram: async (program, args) => {
        this.#inProgram = true
        const ended = await runProgram(program, args, local.directory).finally(() => {
          this.#inProgram = false
        })
        if (ended !== '') throw new ShellError(ended)
      },
      leave: () => {
        this.#leaving = true
      },
    }
  }

  #fail(error: unknown, command?: Command): void {
    this.#status ||= exitOf(error)
    const failures = error instanceof TreeError ? [...error.failures, error] : [error]
    for (const failure of failures) this.#tell(sentence(failure, command))
  }

  #tell(sentence: string): void {
    const { errors, interactive } = this.#surroundings
    errors.write(`${interactive ? '' : 'twinserve: '}${safe(sentence)}\n`)
  }
}

/** What is told of one file, when it is one of several. */
function ofSeveral(progress: Progress, index: number, count: number): Progress {
  if (count === 1) return progress
  const { totalBytes = progress.total } = progress
  return { ...progress, totalBytes, files: index, totalFiles: count }
}

/** Tabs are kept, as text has them. */
const safe = (line: string): string => line.split('\t').map(printable).join('\t')

/** What the server says, with the switch that would have made a refused command work. */
function sentence(error: unknown, command: Command | undefined): string {
  const message = error instanceof Error ? error.message : String(error)
  const name = command?.names[0]
  const { f, r } = command?.switches ?? {}
  switch (codeOf(error)) {
    case 'exists':
      return f === undefined ? message : message.replace('or ask for it to be replaced.', `or replace it: ${name} -f`)
    case 'is_directory':
      return r === undefined ? message : `${message} To take it with all that is in it: ${name} -r`
    case 'not_empty':
      return message.replace('or ask for a recursive deletion.', 'or delete it with all that is in it: delete -r')
    case 'unauthorized':
      return `${message} Leave the shell, and start it with --user NAME.`
    default:
      return message
  }
}
