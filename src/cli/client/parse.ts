/** The command line of a command that talks to a server. */
import type { Options } from 'yargs'
import { last, parserOf, spelledOut, unknownOption, type Words } from '../parser.ts'
import { UsageError } from '../usage-error.ts'
import {
  type Asked,
  type ClientCommand,
  type ClientOption,
  clientOptions,
  commonOptions,
  described,
} from './options.ts'
import { trustWords } from './trust.ts'

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
  const parser = parserOf({ name: 'twinserve', negation: false }, (parser) =>
    parser
      .usage(`$0 ${command} ${usage}\n\n${describe}`)
      .options(Object.fromEntries(known.map((name): [string, Options] => [name, { ...textual(clientOptions[name]) }])))
      .example(examples.map(([example, meaning]): [string, string] => [`$0 ${example}`, meaning]))
      .completion('completion', false)
      .version(version),
  )
  const values: Words = await parser.parseAsync(words.map((word) => spelledOut(word, clientOptions)))
  if (values.help || values.version || words[0] !== command) return undefined
  return interpret(command, known, values, environment)
}

function optionsOf(command: ClientCommand): readonly ClientOption[] {
  const all = [...described(command).options, ...commonOptions]
  return (Object.keys(clientOptions) as ClientOption[]).filter((name) => all.includes(name))
}

const textual = (option: Options): Options =>
  'type' in option ? option : { type: 'string', ...option, requiresArg: false }

function interpret(
  command: ClientCommand,
  known: readonly ClientOption[],
  values: Words,
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
    user: text('user', values.user),
    trust: trustWords(
      { fingerprint: text('fingerprint', values.fingerprint), cacert: text('cacert', values.cacert) },
      environment,
    ),
    to,
    recursive: flag('recursive'),
    force: flag('force'),
    verify: flag('verify'),
    long: flag('long'),
    json: flag('json'),
    quiet: flag('quiet'),
  }
}

function text(name: ClientOption, value: unknown): string | undefined {
  const given = last(value)
  if (given === '') throw new UsageError(`--${name} needs a value.`)
  return given === undefined ? undefined : String(given)
}

function refuseUnknown(command: ClientCommand, known: readonly ClientOption[], { _, $0, ...values }: Words): void {
  const names: readonly string[] = [...known, 'help', 'version']
  for (const name of Object.keys(values)) {
    if (names.includes(name) || name === 'h') continue
    const { typed, hint } = unknownOption(name, names)
    throw new UsageError(
      `${command} has no option ${typed}.${hint || ` See twinserve ${command} --help for all of them.`}`,
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
