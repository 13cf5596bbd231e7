/** What a command is: one row tells its names, its arguments, its help and what it does. */
import { didYouMean } from '../suggest.ts'
import type { Local } from './local.ts'
import type { Remote, TransferOptions } from './remote.ts'
import type { Word } from './words.ts'

/** What an argument names: something on a side, a command of this table, or it is a line for another program. */
export type ArgumentKind = 'local' | 'local directory' | 'remote' | 'remote directory' | 'command' | 'line'

export interface Parameter {
  /** As help shows it: `NAME`. */
  readonly name: string
  readonly kind: ArgumentKind
  readonly optional?: boolean
  /** Any number of them, but at least one unless optional. */
  readonly many?: boolean
}

/** Switches of one letter, and what each does. `-r` is also written `--recursive`, `-f` `--force`. */
export type Switch = 'f' | 'l' | 'r'

export interface Arguments {
  readonly words: readonly Word[]
  readonly switches: ReadonlySet<Switch>
}

/** What a command works on. */
export interface Context {
  readonly local: Local
  readonly remote: Remote
  /** Aborts when the command is cancelled. */
  readonly signal: AbortSignal
  readonly environment: NodeJS.ProcessEnv
  /** Whether somebody types the commands. */
  readonly interactive: boolean
  /** Whether the output goes to a terminal. */
  readonly terminal: boolean
  /** The lines typed so far. */
  readonly history: readonly string[]
  /** A clock, in ms. */
  readonly now: () => number
  /** Prints one line, made safe for a terminal. */
  print(line: string): void
  /** Writes bytes as they are, where the output is not a terminal. */
  write(bytes: Uint8Array): Promise<void>
  /** Tells of a failure, and goes on: the command counts as failed. */
  fail(error: unknown): void
  /** Shows how far a transfer is while it runs. @param index of so many that are done one after the other */
  transfer<T>(
    run: (onProgress: TransferOptions['onProgress']) => Promise<T>,
    index?: number,
    count?: number,
  ): Promise<T>
  /** Runs a program on this side, with the terminal to itself. */
  runProgram(program: string, words: readonly string[]): Promise<void>
  /** Ends the shell when the command is done. */
  leave(): void
}

export interface Command {
  /** The name that help shows first, then its synonyms: in lower case, but typed in any. */
  readonly names: readonly [string, ...string[]]
  readonly parameters: readonly Parameter[]
  readonly switches?: Partial<Readonly<Record<Switch, string>>>
  /** One line. */
  readonly summary: string
  /** What else there is to say. */
  readonly details: string
  run(context: Context, args: Arguments): Promise<void> | void
}

/** What was typed is not a command, or not its arguments. */
export class ShellError extends Error {
  override readonly name: string = 'ShellError'
}

const longSwitches: Readonly<Record<string, Switch>> = { '--force': 'f', '--long': 'l', '--recursive': 'r' }

export function findCommand(table: readonly Command[], name: string): Command {
  const wanted = name.toLowerCase()
  const found = table.find(({ names }) => names.includes(wanted))
  if (found !== undefined) return found
  const hint = didYouMean(
    wanted,
    table.flatMap(({ names }) => names),
  )
  throw new ShellError(`There is no command ${name}.${hint || ' Type help for all of them.'}`)
}

/** `get [-r] [-f] NAME...` */
export function usage({ names, parameters, switches = {} }: Command, name: string = names[0]): string {
  const options = Object.keys(switches).map((letter) => `[-${letter}]`)
  const words = parameters.map((parameter) => {
    const shown = parameter.many ? `${parameter.name}...` : parameter.name
    return parameter.optional ? `[${shown}]` : shown
  })
  return [name, ...options, ...words].join(' ')
}

/** Takes the switches out of the words behind a command, and counts the rest. */
export function readArguments(command: Command, [first, ...rest]: readonly Word[]): Arguments {
  const switches = new Set<Switch>()
  const words: Word[] = []
  const name = first?.text.toLowerCase() ?? ''
  const allowed = Object.keys(command.switches ?? {})
  for (const [index, word] of rest.entries()) {
    if (word.text === '--') {
      words.push(...rest.slice(index + 1))
      break
    }
    if (command.parameters[0]?.kind === 'line' || !/^-./.test(word.text)) words.push(word)
    else for (const letter of lettersOf(word.text, allowed, command, name)) switches.add(letter)
  }
  const { parameters } = command
  const least = parameters.filter(({ optional }) => !optional).length
  const most = parameters.some(({ many }) => many) ? Number.POSITIVE_INFINITY : parameters.length
  if (words.length < least) {
    throw new ShellError(`${name} needs ${parameters[words.length]?.name}: ${usage(command, name)}`)
  }
  if (words.length > most) throw new ShellError(`${words[most]?.text} is one word too many: ${usage(command, name)}`)
  return { words, switches }
}

function lettersOf(text: string, allowed: readonly string[], command: Command, name: string): readonly Switch[] {
  const letters = text.startsWith('--') ? [longSwitches[text.toLowerCase()] ?? text] : [...text.slice(1)]
  const unknown = letters.find((letter) => !allowed.includes(letter))
  if (unknown === undefined) return letters as Switch[]
  const dashed = unknown.startsWith('-') ? unknown : `-${unknown}`
  throw new ShellError(`${name} has no option ${dashed}: ${usage(command, name)}`)
}

/** The parameter that the argument at a place stands for. */
export function parameterAt(command: Command, index: number): Parameter | undefined {
  const many = command.parameters.findIndex((parameter) => parameter.many)
  return command.parameters[many < 0 ? index : Math.min(index, many)]
}
