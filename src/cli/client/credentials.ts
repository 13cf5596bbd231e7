/** As whom a command logs in: by its address, its option, or the environment. */

import type { Readable, Writable } from 'node:stream'
import type { ConnectOptions } from '../../client/index.ts'
import { askPassword } from '../passwd/ask.ts'
import { UsageError } from '../usage-error.ts'

/** As it was typed. */
export interface LoginWords {
  /** The server's address, if it was given with the command. */
  readonly url: string | undefined
  readonly user: string | undefined
}

interface Station {
  readonly input: AsyncIterable<unknown> & { readonly isTTY?: boolean }
  readonly errors: Writable
}

function isTerminal(input: Station['input']): input is Readable & { readonly isTTY: true } {
  return input.isTTY === true
}

type Login = Pick<ConnectOptions, 'user' | 'password'>

/**
 * Names and passwords in the address itself are the client's to read, and go before all others.
 *
 * @throws UsageError when there is a name and no password, nor anybody to ask
 */
export async function loginOf(
  words: LoginWords,
  environment: NodeJS.ProcessEnv,
  { input, errors }: Station,
): Promise<Login> {
  const { TWINSERVE_USER: name, TWINSERVE_PASSWORD: password } = isOurs(words.url, environment) ? environment : {}
  const user = words.user ?? (name || undefined)
  if (user === undefined) return {}
  // A password in the environment is that of the user there.
  if (password && (words.user === undefined || words.user === name || !name)) return { user, password }
  // What else comes from standard input is to be stored, or commands.
  const answer = isTerminal(input) ? await askPassword(`Password for ${user}: `, { input, errors }) : undefined
  if (answer !== undefined) return { user, password: answer }
  throw new UsageError(`There is no password for ${user}. Set TWINSERVE_PASSWORD, or run the command at a terminal.`)
}

/** Whether what the environment says is said of this server: the password of one must not be sent to another. */
function isOurs(url: string | undefined, { TWINSERVE_URL: usual }: NodeJS.ProcessEnv): boolean {
  if (url === undefined || !usual) return true
  return hostOf(url) === hostOf(usual)
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
