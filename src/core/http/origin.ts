/**
 * Who sent the browser here: the checks that keep other sites' pages from using this server.
 *
 * - `Host` must be ours: a loopback name, a literal address, or a name the server was started with. A page
 *   of a site whose name was made to point at this machine (DNS rebinding) gives that site's name.
 * - A change is done only for a request that no page elsewhere can have sent: by Fetch Metadata
 *   (https://www.w3.org/TR/fetch-metadata/), and by `Origin` (RFC 6454) for browsers without it.
 * - Browsers send neither with a `GET` to an address that is not trustworthy, such as `http://192.168.1.5`: there a
 *   command has to be confirmed by a `POST`, with which they do send `Origin`.
 */
import { Refusal } from '../errors.ts'
import type { Site } from '../site.ts'
import type { RequestHead } from './head.ts'
import type { Target } from './target.ts'

const literal = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/
const loopback = /^(localhost|[a-z0-9-]+\.localhost)$/
const hostAndPort = /^([^:]*|\[[^\]]*\])(:\d*)?$/

/** Host and port that the client believes it talks to, in lower case: empty where HTTP/1.0 gave none. */
export function authorityOf(head: RequestHead, target: Target): string {
  return (target.authority ?? head.field('host') ?? '').toLowerCase()
}

/** @throws Refusal wrong_host */
export function checkHost(authority: string, site: Site): void {
  // HTTP/1.0 without Host: no browser, and so no rebinding.
  if (authority === '') return
  const name = hostAndPort.exec(authority)?.[1]?.replace(/\.$/, '')
  if (name !== undefined && (literal.test(name) || loopback.test(name) || site.hostNames.has(name))) return
  throw new Refusal('wrong_host', authority)
}

/**
 * Refuse a change that a page of another site may have asked for.
 *
 * @param secure whether the connection is: a page that came in the clear may be anybody's. Without TLS there may be a proxy in front, that
 * has it
 * @throws Refusal cross_origin
 */
export function checkOrigin(head: RequestHead, authority: string, secure: boolean): void {
  const relation = head.field('sec-fetch-site')
  if (relation !== undefined && relation !== 'same-origin' && relation !== 'none') throw new Refusal('cross_origin')
  const origin = head.field('origin')?.toLowerCase()
  if (origin === undefined || origin === `https://${authority}`) return
  if (!secure && origin === `http://${authority}`) return
  throw new Refusal('cross_origin')
}

/** Whether a `GET` that `checkOrigin` let pass may be a browser's all the same, sent by a page elsewhere: all of them say `Mozilla`, and no page can change that. */
export function isUnproven(head: RequestHead): boolean {
  return head.field('sec-fetch-site') === undefined && /^mozilla\//i.test(head.field('user-agent') ?? '')
}
