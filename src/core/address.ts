/**
 * How an address is written: the URL that opens it.
 */
import type { ListenAddress } from './options.ts'

/**
 * The URL of a listening address. An IPv6 address stands in brackets (RFC 3986, section 3.2.2); a Unix
 * socket's path is percent-encoded in place of the host, as `http+unix` clients expect it.
 *
 * @param address with a literal IP address, not a name
 * @param secure whether TLS is spoken there
 */
export function urlOf(address: ListenAddress, secure = false): string {
  const scheme = secure ? 'https' : 'http'
  if ('path' in address) return `${scheme}+unix://${encodeURIComponent(address.path)}/`
  // A zone index's percent sign is itself escaped (RFC 6874, section 2).
  const host = address.host.includes(':') ? `[${address.host.replace('%', '%25')}]` : address.host
  return `${scheme}://${host}:${address.port}/`
}
