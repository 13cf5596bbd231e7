/** What `--bind` means, and who can reach the server there. */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { ListenAddress } from '../core/options.ts'
import { UsageError } from './usage-error.ts'

/**
 * An address, a name that is looked up, or a Unix socket: a path that begins with `/`, or any path after `unix:`.
 *
 * @returns with an address of digits, so that both engines listen on the same one
 */
export async function listenAddress(bind: string, port: number): Promise<ListenAddress> {
  if (bind.startsWith('/')) return { path: bind }
  if (bind.startsWith('unix:') && bind.length > 5) return { path: bind.slice(5) }
  const host = bind.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) return { host, port }
  try {
    return { host: (await lookup(host)).address, port }
  } catch {
    throw new UsageError(
      `The name ${host} leads to no address. Give --bind an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.`,
    )
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** Whether only programs on this machine can connect. */
export function isLocal(address: ListenAddress): boolean {
  if ('path' in address) return true
  return loopback.check(address.host, isIP(address.host) === 6 ? 'ipv6' : 'ipv4')
}

/** The addresses at which a server that listens on all of them can be reached. */
export function reachable(address: ListenAddress, interfaces = networkInterfaces(), secure = false): readonly string[] {
  if ('path' in address || !isWildcard(address.host)) return []
  const families = address.host === '0.0.0.0' ? ['IPv4'] : ['IPv4', 'IPv6']
  return (
    Object.values(interfaces)
      .flatMap((list) => list ?? [])
      // A link-local IPv6 address needs a zone, which no browser accepts in an address.
      .filter((entry) => families.includes(entry.family) && !entry.address.startsWith('fe80:'))
      .map((entry) => {
        const host = entry.family === 'IPv6' ? `[${entry.address}]` : entry.address
        const [scheme, usual] = secure ? ['https', 443] : ['http', 80]
        return `${scheme}://${host}${address.port === usual ? '' : `:${address.port}`}/`
      })
  )
}

const isWildcard = (host: string): boolean => host === '0.0.0.0' || /^[0:]+$/.test(host)
