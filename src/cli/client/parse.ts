/** The command line of a command that talks to a server. */
import yargs, { type Options } from 'yargs'
import { readers } from '../settings.ts'
import { didYouMean } from '../suggest.ts'
import { UsageError } from '../usage-error.ts'
import {
  type Asked,
  type ClientCommand,
  type ClientOption,
  clientOptions,
  commonOptions,
  described,
} from './options.ts'

/**
 * @param words with the command before all others
 * @returns undefined when help, the version or a completion was asked for, and has been given
 * @throws UsageError when a word means nothing
 */
export async function parseClient(
  command: ClientCommand,
  words: readonly string[],
  version: string,
  environment: NodeJS.ProcessEnv,
): Promise<Asked | undefined> {
  const { usage, describe, examples } = described(command)
  const known = optionsOf(command)
  const parser = yargs()
    .scriptName('twinserve')
    .locale('en')
    .parserConfiguration({
      'camel-case-expansion': false,
      'strip-aliased': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'boolean-negation': false,
      'duplicate-arguments-array': true,
    })
    .usage(`$0 ${command} ${usage}\n\n${describe}`)
    .options(Object.fromEntries(known.map((name): [string, Options] => [name, { ...textual(clientOptions[name]) }])))
    .example(examples.map(([example, meaning]): [string, string] => [`$0 ${example}`, meaning]))
    .completion('completion', false)
    .version(version)
    .help()
    .alias('help', 'h')
    .wrap(100)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(`${message}.`)
    })
  const values: Values = await parser.parseAsync(words.map(spelledOut))
  if (values.help || values.version || words[0] !== command) return undefined
  return interpret(command, known, values, environment)
}

function optionsOf(command: ClientCommand): readonly ClientOption[] {
  const all = [...described(command).options, ...commonOptions]
  return (Object.keys(clientOptions) as ClientOption[]).filter((name) => all.includes(name))
}

const textual = (option: Options): Options =>
  'type' in option ? option : { type: 'string', ...option, requiresArg: false }

/** yargs takes `--force=yes`, and whatever else is not `true`, for `false`. */
function spelledOut(word: string): string {
  const [, name = '', value = ''] = /^--([a-z-]+)=(.*)$/s.exec(word) ?? []
  const isSwitch = Object.hasOwn(clientOptions, name) && 'type' in clientOptions[name as ClientOption]
  return isSwitch ? `--${name}=${readers['read-only'](value, `--${name}`)}` : word
}

type Values = Readonly<Record<string, unknown>>

function interpret(
  command: ClientCommand,
  known: readonly ClientOption[],
  values: Values,
  environment: NodeJS.ProcessEnv,
): Asked {
  refuseUnknown(command, known, values)
  const [url, to] = [text('url', values.url), text('to', values.to)]
  // The command itself is the first of the words, whatever yargs has made of it.
  const [, ...names] = (values._ as readonly unknown[]).map(String)
  refuseNumber(command, names)
  const flag = (name: ClientOption) => last(values[name]) === true
  return {
    command,
    names,
    url: url ?? (environment.TWINSERVE_URL || undefined),
    to,
    recursive: flag('recursive'),
    force: flag('force'),
    verify: flag('verify'),
    long: flag('long'),
    json: flag('json'),
    quiet: flag('quiet'),
  }
}

/** The last of several values of an option counts. */
const last = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : value)

function text(name: ClientOption, value: unknown): string | undefined {
  const given = last(value)
  if (given === '') throw new UsageError(`--${name} needs a value.`)
  return given === undefined ? undefined : String(given)
}

function refuseUnknown(command: ClientCommand, known: readonly ClientOption[], { _, $0, ...values }: Values): void {
  const names: readonly string[] = [...known, 'help', 'version']
  for (const name of Object.keys(values)) {
    if (names.includes(name) || name === 'h') continue
    const dashed = name.length === 1 ? `-${name}` : `--${name}`
    const hint = name.length === 1 ? '' : didYouMean(name, names, (found) => `--${found}`)
    throw new UsageError(
      `${command} has no option ${dashed}.${hint || ` See twinserve ${command} --help for all of them.`}`,
    )
  }
}

function refuseNumber(command: ClientCommand, names: readonly string[]): void {
  const { usage, names: bounds } = described(command)
  const [least, most] = bounds
  if (names.length >= least && names.length <= most && !names.includes('')) return
  const what = names.includes('')
    ? 'A name cannot be empty'
    : names.length < least
      ? 'A name is missing'
      : 'There is a name too many'
  throw new UsageError(`${what}. Write twinserve ${command} ${usage}.`)
}
