/**
 * The cookie of somebody who has logged in: who it is, and until when, signed with the server's key (HMAC, RFC 2104).
 *
 * - Nothing is kept of it here, so that every thread, worker and later run takes it.
 * - It is signed with what the password is kept as, too: a new password makes all cookies of the old one worthless.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Account } from './accounts.ts'

const form = /^([A-Za-z0-9_-]+)\.(\d{1,15})\.([A-Za-z0-9_-]{43})$/

function signature(key: string, name: string, until: string, secret: string): Uint8Array {
  return createHmac('sha256', key)
    .update(JSON.stringify(['twinserve log-in', name, until, secret]))
    .digest()
}

/** @param until seconds since 1970 */
export function tokenFor({ name, secret }: Account, key: string, until: number): string {
  const signed = Buffer.from(signature(key, name, `${until}`, secret)).toString('base64url')
  return `${Buffer.from(name).toString('base64url')}.${until}.${signed}`
}

/** Whose a token is, if it is good. @param now milliseconds since 1970 */
export function ownerOf(
  token: string,
  key: string,
  now: number,
  find: (name: string) => Account | undefined,
): Account | undefined {
  const m = form.exec(token)
  if (m === null) return undefined
  const [, encoded, until, given] = m as unknown as [string, string, string, string]
  const account = find(Buffer.from(encoded, 'base64url').toString())
  if (account === undefined || Number(until) * 1000 <= now) return undefined
  const wanted = signature(key, account.name, until, account.secret)
  return timingSafeEqual(wanted, Buffer.from(given, 'base64url')) ? account : undefined
}

/**
 * What the cookie is called. Ports do not keep cookies apart (RFC 6265, section 8.5), so the key does: two servers on one
 * machine have two. With the prefix a browser takes it over TLS only, and from this host alone (RFC 6265bis, section 4.1.3.2).
 */
export function cookieName(key: string, secure: boolean): string {
  const id = createHmac('sha256', key).update('twinserve cookie').digest('hex').slice(0, 8)
  return `${secure ? '__Host-' : ''}twinserve-${id}`
}

/** The value of a cookie in a `Cookie` field (RFC 6265, section 4.2.1). */
export function cookieIn(field: string | undefined, name: string): string | undefined {
  for (const pair of field?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
