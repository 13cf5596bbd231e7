/** What the parsers of all commands have in common, however different the options are. */
import yargs, { type Argv, type Options } from 'yargs'
import { readers } from './settings.ts'
import { didYouMean } from './suggest.ts'
import { UsageError } from './usage-error.ts'

/** Options by name, as yargs takes them. Those with a type are switches: they need no value. */
export type OptionTable = Readonly<Record<string, Options>>

/** What yargs has made of the words. */
export type Words = Readonly<Record<string, unknown>>

interface Manner {
  /** What is put before the words in help. */
  readonly name: string
  /** Whether `--no-…` turns a switch off. */
  readonly negation: boolean
  /** Follows what yargs complains of. */
  readonly hint?: string
}

/**
 * A parser that guesses no types, prints nothing but help, and refuses by a `UsageError`.
 *
 * @param declare gives it its options, which help shows before its own
 */
export function parserOf({ name, negation, hint = '' }: Manner, declare: (parser: Argv) => Argv): Argv {
  const parser = yargs().scriptName(name).locale('en').parserConfiguration({
    'camel-case-expansion': false,
    'strip-aliased': true,
    'parse-numbers': false,
    'parse-positional-numbers': false,
    'greedy-arrays': false,
    'dot-notation': false,
    'boolean-negation': negation,
  })
  return declare(parser)
    .help()
    .alias('help', 'h')
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      if (error !== undefined && error.name !== 'YError') throw error
      throw new UsageError(`${message ?? error?.message}.${hint}`)
    })
}

/** yargs takes `--read-only=yes`, and whatever else is not `true`, for `false`. @throws UsageError */
export function spelledOut(word: string, options: OptionTable): string {
  const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? []
  const isSwitch = Object.hasOwn(options, name) && options[name]?.type === 'boolean'
  return isSwitch ? `--${name}=${readers['read-only'](value, `--${name}`)}` : word
}

/** The last of several values of an option counts. */
export const last = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : value)

/** How an option that nobody knows is told of: as it was typed, and what was probably meant. @param known names of more than one letter */
export function unknownOption(
  name: string,
  known: readonly string[],
): { readonly typed: string; readonly hint: string } {
  if (name.length === 1) return { typed: `-${name}`, hint: '' }
  return { typed: `--${name}`, hint: didYouMean(name, known, (found) => `--${found}`) }
}
