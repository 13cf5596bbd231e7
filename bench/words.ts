/** The words behind a command of the bench. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../src/cli/suggest.ts'

/** Something the person at the command line can put right: a sentence that says what to do. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

type Options = NonNullable<ParseArgsConfig['options']>
/** What `parseArgs` makes of them. */
type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values']

/** @param command to be named in what it says @throws Refused for an option that is none, and for an argument that is missing, or too many */
export function read<T extends Options>(command: string, words: readonly string[], options: T): Values<T> {
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    const unknown = /Unknown option '-+([^']*)'/.exec((error as Error).message)?.[1]
    const near = unknown === undefined ? undefined : nearest(unknown, Object.keys(options))
    const hint = near === undefined ? `${command} --help shows all options.` : `Did you mean --${near}?`
    throw new Refused(`${(error as Error).message.split('. ')[0]}. ${hint}`)
  }
}

/** @throws Refused for what is no number between these */
export function numberIn(name: string, text: string, least: number, most: number, whole = true): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value
  throw new Refused(
    `--${name} takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
  )
}
