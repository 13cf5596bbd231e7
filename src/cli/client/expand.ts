/**
 * What the names of a command stand for, where there are patterns in them. Here `\` is a character like others, for there is nothing
 * that it would be needed for: a name that exists as it is written is meant as it is written, whatever is in it.
 */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, ClientError } from '../../client/index.ts'
import { escaped, isPattern, matcher } from '../glob.ts'

/** The names to look among: on a server, or here. */
interface Place {
  /** Whether there is something at a path. */
  exists(path: string): Promise<boolean>
  /** The names in a directory; none if it is not one. */
  names(directory: string): Promise<readonly string[]>
}

/** @throws ClientError not_found when nothing matches */
async function expand(pattern: string, place: Place): Promise<readonly string[]> {
  if (!isPattern(escaped(pattern)) || (await place.exists(pattern))) return [pattern]
  let found = [pattern.startsWith('/') ? '/' : '']
  const parts = pattern.split('/').filter((part) => part !== '')
  for (const [at, part] of parts.entries()) {
    const next: string[] = []
    for (const directory of found) {
      const prefix = directory === '' || directory.endsWith('/') ? directory : `${directory}/`
      if (isPattern(escaped(part)))
        next.push(...(await matches(part, directory, place)).map((name) => `${prefix}${name}`))
      else if (at < parts.length - 1 || (await place.exists(`${prefix}${part}`))) next.push(`${prefix}${part}`)
    }
    found = next
  }
  if (found.length === 0) throw new ClientError('not_found', `Nothing matches ${pattern}.`)
  return found
}

async function matches(part: string, directory: string, place: Place): Promise<readonly string[]> {
  return (await place.names(directory === '' ? '.' : directory)).filter(matcher(escaped(part)))
}

const absent: ReadonlySet<string> = new Set(['not_found', 'not_directory', 'bad_name'])

/** Whatever keeps a name from being there makes it absent; that the server is gone does not. */
async function unless<T>(instead: T, looked: Promise<T>): Promise<T> {
  try {
    return await looked
  } catch (error) {
    if (error instanceof ClientError && absent.has(error.code)) return instead
    throw error
  }
}

/** What a name on the server stands for. @throws ClientError not_found when nothing matches */
export async function expandThere(client: Client, pattern: string, signal: AbortSignal): Promise<readonly string[]> {
  return await expand(pattern, {
    exists: (path) =>
      unless(
        false,
        client.stat(path, { signal }).then(() => true),
      ),
    names: (directory) => unless([], namesThere(client, directory, signal)),
  })
}

async function namesThere(client: Client, directory: string, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of client.entries(directory, { signal })) names.push(name)
  return names
}

/** What a local name stands for: most shells have expanded it already. @throws ClientError not_found when nothing matches */
export async function expandHere(pattern: string): Promise<readonly string[]> {
  return await expand(pattern, {
    exists: (path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    names: async (directory) => (await readdir(join(directory)).catch((): string[] => [])).sort(),
  })
}
