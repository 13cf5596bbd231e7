/** `twinserve shell`: connects, and takes commands from a person, a pipe or the command line. */
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { type Client, ClientError, connect, defaultUrl, type RetryEvent } from '../../client/index.ts'
import { loginOf } from '../client/credentials.ts'
import { exitOf, exits, sentenceOf } from '../client/exits.ts'
import { trustOf, trustWords } from '../client/trust.ts'
import { printable } from '../printable.ts'
import type { ShellRequest } from './arguments.ts'
import { type Conversation, converse } from './converse.ts'
import { History, historyFile } from './history.ts'
import { Local } from './local.ts'
import { runProgram } from './programs.ts'
import { Remote } from './remote.ts'
import { Runner } from './runner.ts'

/** Where the shell lives. */
export interface Station {
  readonly input: Conversation['input'] & { readonly isTTY?: boolean }
  readonly output: Conversation['output'] & { readonly isTTY?: boolean }
  readonly errors: Conversation['output'] & { readonly isTTY?: boolean }
  readonly environment: NodeJS.ProcessEnv
  /** The current directory of this side, to begin with. */
  readonly directory: string
  /** A clock, in ms, for the progress of transfers. */
  readonly now?: () => number
}

const defaultClock = (): number => performance.now()

/** @returns the exit status @throws UsageError when there can be no server at the address */
export async function startShell(request: ShellRequest, station: Station): Promise<number> {
  const { input, output, errors } = station
  const interactive = request.commands === undefined && input.isTTY === true && output.isTTY === true
  // There may be a bar on the line.
  const start = `${errors.isTTY ? '\r\u001B[K' : ''}${interactive ? '' : 'twinserve: '}`
  const tell = (sentence: string): void => void errors.write(`${start}${printable(sentence)}\n`)
  let client: Client | undefined
  try {
    client = await reach(request, station, tell)
    if (!interactive) return await script(client, request, station)
    await talk(client, station)
    return 0
  } catch (error) {
    if (!(error instanceof ClientError)) throw error
    tell(sentenceOf(error, 'shell'))
    return exitOf(error)
  } finally {
    await client?.close()
  }
}

async function reach(
  { url, user, trust }: ShellRequest,
  { input, errors, environment }: Station,
  tell: (sentence: string) => void,
): Promise<Client> {
  let directory = (): string => '/'
  const client = await connect({
    url: url ?? (environment.TWINSERVE_URL || defaultUrl),
    ...(await trustOf(trustWords(trust, environment))),
    ...(await loginOf({ url, user }, environment, { input, errors })),
    stateDirectory: dirname(historyFile(environment)),
    onRetry: (event) => {
      const sentence = waiting(event)
      if (sentence !== undefined) tell(sentence)
    },
    onReopen: () => tell(`The connection had broken. It is there again, and you are in ${directory()} on the server.`),
  })
  directory = () => client.directory
  return client
}

/** What to say before something is tried again: nothing where the wait is so short that nobody would read it. */
export function waiting({ error, attempt, attempts, delay }: RetryEvent): string | undefined {
  if (delay < 1000) return undefined
  return `${error.message} Trying again in ${Math.round(delay / 1000)} s (${attempt} of ${attempts}); Ctrl-C gives up.`
}

async function talk(client: Client, station: Station): Promise<void> {
  const { input, output, environment, now = defaultClock } = station
  const local = new Local(station.directory)
  const remote = new Remote(client)
  const history = await History.open(historyFile(environment))
  output.write(`Connected to ${client.url.href}. Type help for the commands, quit to leave.\n`)
  await converse({
    input,
    output,
    local,
    remote,
    history,
    runner: (handOver) =>
      new Runner({
        ...{ local, remote, output, errors: output, environment, history, interactive: true, keepGoing: true, now },
        runProgram: (program, words, directory) =>
          handOver(() => runProgram(program, words, { directory, environment, output, mayRead: true })),
      }),
  })
}

async function script(client: Client, { commands, keepGoing }: ShellRequest, station: Station): Promise<number> {
  const { input, output, errors, environment, now = defaultClock } = station
  const runner = new Runner({
    ...{ local: new Local(station.directory), remote: new Remote(client), output, errors, environment, keepGoing, now },
    history: await History.open(),
    interactive: false,
    // What stands in the script is for the shell, and not for the programs that it runs.
    runProgram: (program, words, directory) =>
      runProgram(program, words, { directory, environment, output, mayRead: commands !== undefined }),
  })
  let interrupted = false
  const interrupt = (): void => {
    interrupted = true
    runner.cancel()
  }
  process.on('SIGINT', interrupt)
  try {
    let status = 0
    const lines = commands?.split('\n') ?? createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
    for await (const line of lines) {
      const ended = await runner.run(line)
      status ||= ended
      if (interrupted) return exits.interrupted
      if (runner.leaving || (status !== 0 && !keepGoing)) break
    }
    return status
  } finally {
    process.off('SIGINT', interrupt)
    if (commands === undefined) input.destroy()
  }
}
