/**
 * Those who can log in, and what they and everybody else may do.
 *
 * - They come from the options and from a file, which is read again when it has changed. Whoever is not in it any more, or
 *   not as before, must log in again: what he had done that with is worth nothing.
 * - A file that cannot be used any more changes nothing: the log says so, and those who were there before stay.
 */
import { errnoOf } from '../errors.ts'
import { notice } from '../log.ts'
import { Access, type Allowed, type Rule, wholeTree } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { BadEntry, type Entry, parseFile } from './entries.ts'
import { defaultCost, hashBytes, type PasswordHash, parseHash } from './passwords.ts'

/** Somebody who can log in. */
export interface Account {
  readonly name: string
  readonly password: PasswordHash
  /** The same as text, which tells whether it has changed. */
  readonly secret: string
  readonly access: Access
}

/** What the options say of users. Plain values. */
export interface AuthOptions {
  /** Those that are named, with hashes in place of passwords. */
  readonly entries: readonly Entry[]
  /** The path of a file with more. */
  readonly file?: string
  /** Take passwords over connections that others can listen to. */
  readonly insecure?: boolean
  /** What cookies are signed with where no key can be kept: the same for all threads and workers of a server. */
  readonly fallbackKey: string
}

const noBytes = new Uint8Array(hashBytes)

export class Accounts {
  /** What everybody may do. */
  everybody: Access
  readonly #allowed: Allowed
  readonly #options: AuthOptions | undefined
  #accounts: ReadonlyMap<string, Account> = new Map()
  #version: string | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #said = ''

  constructor(allowed: Allowed, options: AuthOptions | undefined) {
    this.#allowed = allowed
    this.#options = options
    this.everybody = new Access(allowed, wholeTree)
    if (options !== undefined) this.#replace(options.entries)
  }

  /** Whether somebody can log in, or may once the file has changed. */
  get any(): boolean {
    return this.#accounts.size > 0 || this.changing
  }

  /** Whether there is more to find out than is known. */
  get changing(): boolean {
    return this.#options?.file !== undefined
  }

  /** Whether passwords are taken over any connection. */
  get insecure(): boolean {
    return this.#options?.insecure ?? false
  }

  get fallbackKey(): string {
    return this.#options?.fallbackKey ?? ''
  }

  find(name: string): Account | undefined {
    return this.#accounts.get(name)
  }

  /** What the password of one whom nobody knows is checked against: it costs what that of the others costs. */
  get decoy(): PasswordHash {
    const [first] = this.#accounts.values()
    return { cost: first?.password.cost ?? defaultCost, salt: noBytes, hash: noBytes }
  }

  /** Read the file at the start. @throws BadEntry, ENOENT, EACCES */
  *open(): Program<void> {
    const { file } = this.#options ?? {}
    if (file !== undefined) yield* this.#read(file)
  }

  /** Read the file again, if it was not looked at just now, and has changed. */
  *freshen(site: Site): Program<void> {
    const { file } = this.#options ?? {}
    const now = site.environment.now()
    if (file === undefined || now - this.#lookedAt < site.limits.usersFresh) return
    this.#lookedAt = now
    try {
      yield* this.#read(file)
      this.#said = ''
    } catch (error) {
      const reason = error instanceof BadEntry ? error.message : errnoOf(error)
      if (reason === undefined) throw error
      const sentence = `the file of users ${file} cannot be used (${reason}), and they stay as they were.`
      if (this.#said !== reason) site.log(notice(sentence))
      this.#said = reason
    }
  }

  *#read(file: string): Program<void> {
    const found = yield* call('readConfiguration', file, this.#version)
    if (found === undefined) return
    // What is wrong with it is told once.
    this.#version = found.version
    this.#replace([...(this.#options as AuthOptions).entries, ...parseFile(found.text)])
  }

  /** @throws BadEntry when somebody is there twice, with two passwords or for one path */
  #replace(entries: readonly Entry[]): void {
    const everybody = merged(entries.filter(({ user }) => user === undefined))
    const byName = new Map<string, Entry[]>()
    for (const entry of entries) {
      if (entry.user !== undefined) byName.set(entry.user, [...(byName.get(entry.user) ?? []), entry])
    }
    const accounts = new Map<string, Account>()
    for (const [name, own] of byName) accounts.set(name, this.#account(name, own, everybody))
    for (const [name, { access }] of this.#accounts) access.revoked = accounts.get(name)?.access !== access
    this.#accounts = accounts
    const access = new Access(this.#allowed, everybody, { members: this.any })
    if (access.rightsText === this.everybody.rightsText) return
    this.everybody.revoked = true
    this.everybody = access
  }

  /** The same as before where nothing has changed: who has logged in stays so. */
  #account(name: string, entries: readonly Entry[], everybody: readonly Rule[]): Account {
    const secrets = new Set(entries.map(({ secret }) => secret as string))
    if (secrets.size > 1) throw new BadEntry(`${name} has two passwords`)
    const [secret] = secrets as unknown as [string]
    const own = merged(entries)
    const access = new Access(this.#allowed, everybody, { user: name, own, members: true })
    const known = this.#accounts.get(name)
    if (known?.secret === secret && known.access.rightsText === access.rightsText) return known
    return { name, secret, password: parseHash(secret) as PasswordHash, access }
  }
}

function merged(entries: readonly Entry[]): readonly Rule[] {
  const rules = new Map<string, Rule>()
  for (const rule of entries.flatMap((entry) => entry.rules)) {
    const path = `/${rule.names.join('/')}`
    if (rules.has(path)) throw new BadEntry(`${entries[0]?.user ?? 'everybody'} has rights to ${path} twice`)
    rules.set(path, rule)
  }
  return [...rules.values()]
}
