/** Addresses of digits in place of names, which the C library's `bind` does not know. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ListenAddress } from '../core/options.ts'

/** The same address with a literal one in place of a name. @throws ENOTFOUND */
export async function literal(address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address || isIP(address.host.split('%')[0] ?? '') !== 0) return address
  return { host: (await lookup(address.host)).address, port: address.port }
}
