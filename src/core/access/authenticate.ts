/**
 * Who sent a request: by `Authorization: Basic` (RFC 7617), by the cookie that logging in gives, or nobody in particular.
 *
 * - A password is taken only where nobody can listen: over TLS, from the machine itself, and by a Unix socket; elsewhere only
 *   if the server was started so.
 * - A name that nobody has is as much work as one that somebody has.
 */
import { Refusal } from '../errors.ts'
import type { Ends } from '../http/connection.ts'
import { originOf } from '../http/crowd.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Account } from './accounts.ts'
import { findKey } from './key.ts'
import { verify } from './passwords.ts'
import { cookieIn, cookieName, ownerOf } from './token.ts'

/** What a request is known by. */
export interface Credentials {
  /** @param name in lower case */
  field(name: string): string | undefined
}

const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i

/** Whether a password may be sent over a connection. */
export function isPrivate({ remote, secure }: Ends, { accounts }: Pick<Site, 'accounts'>): boolean {
  return secure || remote === '-' || loopback.test(remote) || accounts.insecure
}

/** @throws Refusal insecure, bad_credentials, too_many_attempts */
export function* authenticate(head: Credentials, ends: Ends, site: Site): Program<Access> {
  const { accounts } = site
  if (accounts.changing) yield* accounts.freshen(site)
  if (!accounts.any) return accounts.everybody
  const basic = basicOf(head.field('authorization'))
  if (basic !== undefined) return (yield* logIn(site, ends, basic.name, basic.password)).access
  const account = yield* byCookie(head, ends, site)
  return account?.access ?? accounts.everybody
}

/** Check a name and a password. @throws Refusal insecure, bad_credentials, too_many_attempts */
export function* logIn(site: Site, ends: Ends, given: string, password: string): Program<Account> {
  const { accounts, attempts, environment } = site
  if (!isPrivate(ends, site)) throw new Refusal('insecure')
  const name = given.normalize('NFC')
  const account = accounts.find(name)
  const now = environment.now()
  if (account !== undefined && attempts.remembers(account, password, now)) return account
  const address = originOf(ends.remote)
  attempts.begin(address, name, now)
  const right = yield* verify(password, account?.password ?? accounts.decoy)
  if (account === undefined || !right) throw new Refusal('bad_credentials')
  attempts.succeed(address, account, password, environment.now())
  return account
}

function* byCookie(head: Credentials, ends: Ends, site: Site): Program<Account | undefined> {
  const field = head.field('cookie')
  if (field?.includes('twinserve-') !== true || !isPrivate(ends, site)) return undefined
  const key = yield* findKey(site)
  if (key === undefined) return undefined
  const token = cookieIn(field, cookieName(key, ends.secure))
  if (token === undefined) return undefined
  return ownerOf(token, key, site.environment.date(), (name) => site.accounts.find(name))
}

/** The name and the password of an `Authorization` field. @returns undefined when there is none, or of another scheme @throws Refusal bad_credentials */
function basicOf(field: string | undefined): { readonly name: string; readonly password: string } | undefined {
  const m = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(field ?? '')
  if (m === null) {
    if (/^basic\b/i.test(field ?? '')) throw new Refusal('bad_credentials')
    return undefined
  }
  const text = Buffer.from(m[1] as string, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) throw new Refusal('bad_credentials')
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}
