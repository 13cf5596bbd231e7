/** What every command works with. */
import { type Client, ClientError } from '../../client/index.ts'
import { exitOf } from './exits.ts'
import type { Asked } from './options.ts'
import type { Terminal } from './terminal.ts'

export interface Job {
  readonly client: Client
  readonly asked: Asked
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly environment: NodeJS.ProcessEnv
}

/** After these there is no use in going on with other names. */
const fatal: ReadonlySet<string> = new Set([
  'cancelled',
  'unreachable',
  'untrusted',
  'connection_lost',
  'read_only',
  'storage_full',
])

/**
 * Do something for each name, and go on after one that fails.
 *
 * @returns the exit status: that of the first failure
 */
export async function forEach<T>(
  { terminal }: Job,
  names: Iterable<T>,
  work: (name: T) => Promise<void>,
): Promise<number> {
  let status = 0
  for (const name of names) {
    try {
      await work(name)
    } catch (error) {
      terminal.failure(error)
      status ||= exitOf(error)
      if (error instanceof ClientError && fatal.has(error.code)) break
    }
  }
  return status
}

/** @throws ClientError not_found, not_directory */
export async function demandDirectory(client: Client, name: string, signal: AbortSignal): Promise<void> {
  if (await isDirectory(client, name, signal)) return
  throw new ClientError('not_directory', `${client.resolve(name)} is not a directory.`)
}

/** @throws ClientError not_found */
export async function isDirectory(client: Client, name: string, signal: AbortSignal): Promise<boolean> {
  const { kind, target } = await client.stat(name, { signal })
  return kind === 'directory' || target === 'directory'
}

/** The same, and whether there is anything. */
export async function lookAt(
  client: Client,
  name: string,
  signal: AbortSignal,
): Promise<'directory' | 'file' | 'absent'> {
  try {
    return (await isDirectory(client, name, signal)) ? 'directory' : 'file'
  } catch (error) {
    if (error instanceof ClientError && (error.code === 'not_found' || error.code === 'not_directory')) return 'absent'
    throw error
  }
}
