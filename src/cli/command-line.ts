/**
 * The command line, as yargs reads and explains it.
 *
 * yargs splits words into options and shows the help; values stay strings, and `settings.ts` gives them their types,
 * so that an option, a variable and a line of a configuration file are read and refused alike.
 */
import type { Argv, CommandModule, Options } from 'yargs'
import { benchSummary, predictSummary } from './bench-command.ts'
import { clientCommands, clientOptions } from './client/options.ts'
import { commands } from './commands.ts'
import { limitOptions } from './limit-options.ts'
import { last, parserOf, spelledOut, unknownOption, type Words } from './parser.ts'
import { passwdSummary } from './passwd/summary.ts'
import { type Name, names, read, type Settings } from './settings.ts'
import { shellSummary } from './shell/arguments.ts'
import { didYouMean } from './suggest.ts'
import { tlsOptions } from './tls/options.ts'
import { UsageError } from './usage-error.ts'

/** Those with a type are switches: they need no value. */
const options = {
  mode: {
    choices: ['async', 'sync'],
    defaultDescription: 'async',
    describe: 'The engine: async serves many requests at a time, sync one after the other',
    group: 'Server:',
  },
  port: { alias: 'p', defaultDescription: '8080', describe: 'The port; 0 lets the system choose', group: 'Server:' },
  bind: {
    alias: 'b',
    defaultDescription: '127.0.0.1, which only this machine can reach',
    describe: 'An address, 0.0.0.0 for all of them, a host name, or the path of a Unix socket',
    group: 'Server:',
  },
  threads: {
    defaultDescription: '1',
    describe: 'With --mode sync: requests served at a time, each by a thread; auto for one to a processor',
    group: 'Server:',
  },
  workers: {
    defaultDescription: '1',
    describe: 'With --mode async: processes that serve side by side; auto for one to a processor',
    group: 'Server:',
  },
  cache: {
    defaultDescription: '64M',
    describe: 'Memory for files that are asked for often; 0 for none',
    group: 'Server:',
  },
  fsync: {
    type: 'boolean',
    defaultDescription: 'on',
    describe: 'Flush what is stored to disk before saying so; --no-fsync is faster, and a power cut may lose files',
    group: 'Server:',
  },
  'read-only': { type: 'boolean', describe: 'Refuse every change', group: 'Rights:' },
  'allow-all': {
    alias: 'A',
    type: 'boolean',
    defaultDescription: 'on, unless another --allow is given',
    describe: 'Allow every change',
    group: 'Rights:',
  },
  'allow-upload': { type: 'boolean', describe: 'Allow new files and directories, and copies', group: 'Rights:' },
  'allow-move': { type: 'boolean', describe: 'Allow moving and renaming', group: 'Rights:' },
  'allow-overwrite': { type: 'boolean', describe: 'Allow replacing files that are there', group: 'Rights:' },
  'allow-delete': { type: 'boolean', describe: 'Allow deleting', group: 'Rights:' },
  'max-upload-size': { describe: 'The most bytes that one stored file may have, such as 500M', group: 'Rights:' },
  quota: { describe: 'The most bytes that all shared files may have together, such as 20G', group: 'Rights:' },
  'allow-anonymous-writes': {
    type: 'boolean',
    describe: 'Let everybody who can reach the server change and delete files',
    group: 'Rights:',
  },
  auth: {
    alias: 'a',
    array: true,
    describe: 'NAME:PASSWORD, or NAME:PASSWORD@/PATH:ro|rw, or @/PATH for everybody; may be repeated',
    group: 'Rights:',
  },
  'auth-file': { describe: 'A file of users, made by twinserve passwd; read again when it changes', group: 'Rights:' },
  'allow-insecure-auth': {
    type: 'boolean',
    describe: 'Take passwords over connections that others can listen to',
    group: 'Rights:',
  },
  'host-name': {
    array: true,
    defaultDescription: 'the name of this machine',
    describe: 'A further name by which browsers reach the server; may be repeated',
    group: 'Rights:',
  },
  index: { describe: 'Show this file, such as index.html, in place of a listing', group: 'Answers:' },
  'server-timing': {
    type: 'boolean',
    defaultDescription: 'on',
    describe: 'Tell browsers where the time of each request went',
    group: 'Answers:',
  },
  metrics: {
    type: 'boolean',
    describe: 'Count requests and times, for Prometheus, at /.twinserve/metrics',
    group: 'Answers:',
  },
  'log-format': {
    choices: ['common', 'combined', 'json', 'off'],
    defaultDescription: 'common',
    describe: 'How requests are logged, to standard error',
    group: 'Answers:',
  },
  trace: {
    describe: 'Append what each request spends its time on to this file, as events that Perfetto shows',
    group: 'Answers:',
  },
  ...limitOptions,
  config: { alias: 'c', describe: 'A JSON file with settings, named as these options are', group: 'Settings:' },
  ...tlsOptions,
  'default-directory': { hidden: true },
} satisfies Record<string, Options>

const aliases: readonly string[] = ['p', 'b', 'c', 'A', 'a', 'h', 'help', 'version']

/** What was asked for. `help`, `version` and `completion` have been answered already. */
export type Request =
  | { readonly command: 'serve'; readonly settings: Settings; readonly config?: string; readonly fallback?: string }
  | { readonly command: 'answered' }

/** @throws UsageError when a word means nothing */
export async function parse(words: readonly string[], version: string): Promise<Request> {
  let request: Request = { command: 'answered' }
  const parser = build(version, words.includes('--get-yargs-completions'), (values) => {
    request = interpret(values)
  })
  // As a command of yargs, it would print the script and then run the default command too.
  if (words[0] === 'completion') parser.showCompletionScript()
  else await parser.parseAsync(words.map((word) => spelledOut(word, options)))
  return request
}

function build(version: string, completing: boolean, serve: (values: Words) => void): Argv {
  return parserOf({ name: 'twinserve', negation: true }, (parser) =>
    parser
      .options(declared(completing))
      .command(
        ['$0 [directory]', 'serve [directory]'],
        'Share a directory: the current one, unless another is named',
        (command) =>
          command
            .positional('directory', { describe: 'The directory to share', type: 'string' })
            .example('$0', 'Share the current directory with this machine')
            .example('$0 --read-only --bind 0.0.0.0 photos', 'Let everybody on the network see photos')
            .example('$0 --tls self-signed --read-only --bind 0.0.0.0 photos', 'The same, and encrypted')
            .example('$0 --mode sync --port 9000', 'Serve one request after the other')
            .example('$0 --bind /run/user/1000/files.sock', 'Listen on a Unix socket'),
        serve,
      )
      .command(otherCommands())
      .completion('completion', 'Print a completion script for the shell')
      .epilog(
        'Every option can also be set by a variable (TWINSERVE_READ_ONLY=true) or in the file of --config. ' +
          'The command line goes first, then variables, then the file.',
      )
      .version(version),
  )
}

/** Commands that are for others to read (`client/parse.ts`, `shell/arguments.ts`, `bench-command.ts`): named for the help and for completion. */
function otherCommands(): CommandModule[] {
  return Object.entries({
    ...clientCommands,
    shell: { describe: shellSummary },
    passwd: { describe: passwdSummary },
    bench: { describe: benchSummary },
    predict: { describe: predictSummary },
  }).map(([name, { describe }]) => ({
    command: name,
    describe,
    handler: () => {
      throw new UsageError(`Write the command before its options: twinserve ${name} …`)
    },
  }))
}

/**
 * The options, as yargs is to know them: whatever is not a switch is text, so that yargs neither guesses nor refuses.
 *
 * @param completing whether yargs may know the words to choose from, which it would otherwise refuse by itself
 */
function declared(completing: boolean): Record<string, Options> {
  return Object.fromEntries(
    Object.entries<Options>(options).map(([name, { choices, ...option }]) => {
      if (choices === undefined) return [name, { type: 'string', ...option }]
      if (completing) return [name, { type: 'string', choices, ...option }]
      return [name, { type: 'string', ...option, describe: `${option.describe} (${choices.join(', ')})` }]
    }),
  )
}

/** Options of which every value counts. */
const several: readonly Name[] = ['host-name', 'auth']

function interpret(values: Words): Request {
  refuseUnknown(values)
  const given: Record<string, unknown> = {}
  for (const name of names) given[name] = several.includes(name) ? values[name] : last(values[name])
  const settings = read(given, (name: Name) => (name === 'directory' ? 'The directory' : `--${name}`))
  const config = last(values.config)
  const fallback = last(values['default-directory'])
  if (config === '') throw new UsageError('--config needs a value.')
  return {
    command: 'serve',
    settings,
    ...(config === undefined ? {} : { config: String(config) }),
    ...(fallback === undefined ? {} : { fallback: String(fallback) }),
  }
}

/** Who names such a command by mistake has named a directory. */
function forOthers(directory: unknown): string {
  const hint =
    typeof directory === 'string' ? didYouMean(directory, commands, (command) => `the command ${command}`) : ''
  return `the commands that talk to a server, and not for the server itself.${hint || ' See twinserve --help for all of them.'}`
}

function refuseUnknown({ _: words, $0: _script, ...values }: Words): void {
  const known = [...Object.keys(options).filter((name) => name !== 'default-directory'), 'help', 'version']
  for (const name of Object.keys(values)) {
    if (name in options || name === 'directory' || aliases.includes(name)) continue
    const { typed, hint } = unknownOption(name, known)
    if (Object.hasOwn(clientOptions, name)) throw new UsageError(`${typed} is for ${forOthers(values.directory)}`)
    throw new UsageError(`There is no option ${typed}.${hint || ' See twinserve --help for all of them.'}`)
  }
  const extra = (words as readonly unknown[]).filter((word) => word !== 'serve')
  if (extra.length > 0) {
    const hint = didYouMean(String(values.directory), commands, (command) => `the command ${command}`)
    throw new UsageError(`Only one directory can be shared, and ${extra[0]} is one too many.${hint}`)
  }
}
