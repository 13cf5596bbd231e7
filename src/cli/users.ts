/** Who can log in to a server, from the settings. */
import { createHash, randomBytes, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Accounts, type AuthOptions } from '../core/access/accounts.ts'
import { BadEntry, type Entry, parseEntry, parseFile } from '../core/access/entries.ts'
import {
  bytesOf,
  defaultCost,
  formatHash,
  hashBytes,
  parseHash,
  saltBytes,
  scryptOptions,
} from '../core/access/passwords.ts'
import { allowedBy } from '../core/policy.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** The hash of a password, as it is kept. */
export function hashOf(password: string, salt: Uint8Array = randomBytes(saltBytes)): Promise<string> {
  return new Promise((resolve, reject) => {
    scrypt(bytesOf(password), salt, hashBytes, scryptOptions(defaultCost), (error, hash) => {
      if (error === null) resolve(formatHash({ cost: defaultCost, salt, hash }))
      else reject(error)
    })
  })
}

/** @returns undefined when everybody may do everything @throws UsageError */
export async function usersOf(settings: Settings): Promise<AuthOptions | undefined> {
  const { auth = [], 'auth-file': file } = settings
  if (auth.length === 0 && file === undefined) return undefined
  const named = auth.map((text) => orUsage('--auth cannot be understood', () => parseEntry(text)))
  const listed = file === undefined ? [] : await entriesIn(file)
  // Whether they go together is for the one who reads them later to say.
  const entries = await hashed(named)
  const all = { entries: [...entries, ...listed], fallbackKey: '' }
  orUsage('Users contradict each other', () => new Accounts(allowedBy({ readOnly: false }), all))
  return {
    entries,
    ...(file === undefined ? {} : { file: resolve(file) }),
    insecure: settings['allow-insecure-auth'] ?? false,
    fallbackKey: randomBytes(32).toString('hex'),
  }
}

/** What is wrong with it as a sentence. */
function orUsage<T>(beginning: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof BadEntry) throw new UsageError(`${beginning}: ${error.message}.`)
    throw error
  }
}

/** The entries of a file. @throws UsageError */
export async function entriesIn(file: string): Promise<Entry[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new UsageError(`The file of users ${file} ${why}. Make it with twinserve passwd ${file} NAME.`)
  }
  return orUsage(`The file of users ${file} cannot be understood`, () => parseFile(text))
}

/**
 * The same with hashes in place of passwords. A hash that is kept nowhere needs no salt of chance; and with always the same
 * one, whoever has logged in stays so when the server is started again.
 */
async function hashed(entries: readonly Entry[]): Promise<Entry[]> {
  const known = new Map<string, Promise<string>>()
  const hash = (user: string, password: string) => {
    const key = JSON.stringify([user, password])
    const salt = createHash('sha256').update(`twinserve ${user}`).digest().subarray(0, saltBytes)
    const made = known.get(key) ?? hashOf(password, salt)
    known.set(key, made)
    return made
  }
  return await Promise.all(
    entries.map(async (entry) => {
      const { user, secret } = entry
      if (user === undefined || secret === undefined || parseHash(secret) !== undefined) return entry
      return { ...entry, secret: await hash(user, secret) }
    }),
  )
}

/** Whether somebody can log in. */
export function hasUsers(auth: AuthOptions | undefined): boolean {
  return auth !== undefined && (auth.file !== undefined || auth.entries.some(({ user }) => user !== undefined))
}

/** Whether whoever comes may change something somewhere, as far as is known at the start. */
export async function hasOpenPlaces(auth: AuthOptions | undefined): Promise<boolean> {
  if (auth === undefined) return true
  const entries = [...auth.entries, ...(auth.file === undefined ? [] : await entriesIn(auth.file))]
  return entries.some(({ user, rules }) => user === undefined && rules.some(({ level }) => level === 'rw'))
}
