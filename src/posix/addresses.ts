/**
 * Socket addresses as the kernel has them: ip(7), ipv6(7), unix(7).
 */
import type { ListenAddress } from '../core/options.ts'
import * as os from './platform.ts'
import { posix } from './posix.ts'

/** Room for any of them. */
export const addressBytes = 128

const text = Buffer.alloc(64)

/** The `sockaddr` to listen at. @param where with a literal address, not a name */
export function socketName(where: ListenAddress): Buffer {
  return 'path' in where ? os.unixAddress(where.path) : internetAddress(where.host, where.port)
}

/** A `sockaddr_in` or `sockaddr_in6`. @param host a literal address */
function internetAddress(host: string, port: number): Buffer {
  const [literal = '', zone] = host.split('%')
  const six = literal.includes(':')
  const family = six ? os.constants.AF_INET6 : os.constants.AF_INET
  const bytes = os.socketAddress(family, six ? 28 : 16)
  bytes.writeUInt16BE(port, 2)
  if (posix.inet_pton(family, literal, bytes.subarray(six ? 8 : 4)) !== 1) throw os.systemError('bind', 'EINVAL', host)
  if (zone !== undefined) bytes.writeUInt32LE(Number(zone) || posix.if_nametoindex(zone), 24)
  return bytes
}

/** The host of a `sockaddr`; `-` for a Unix socket, which has none. */
export function hostOf(name: Buffer): string {
  const family = os.familyOf(name)
  if (family === os.constants.AF_INET) return `${name[4]}.${name[5]}.${name[6]}.${name[7]}`
  if (family !== os.constants.AF_INET6) return '-'
  posix.inet_ntop(family, name.subarray(8), text, text.length)
  return text.toString('latin1', 0, text.indexOf(0))
}

/** Where a socket is, by its `sockaddr`. @returns undefined for a socket of another kind */
export function addressOf(name: Buffer): ListenAddress | undefined {
  const family = os.familyOf(name)
  if (family === os.constants.AF_UNIX) return { path: unixPath(name.subarray(2)) }
  if (family !== os.constants.AF_INET && family !== os.constants.AF_INET6) return undefined
  return { host: hostOf(name), port: name.readUInt16BE(2) }
}

/** A path ends with a NUL; a name that is not in the file system (unix(7), "abstract") begins with one, and is written with `@`. */
function unixPath(path: Buffer): string {
  const abstract = path[0] === 0 && path.length > 1
  const name = abstract ? path.subarray(1) : path
  const end = abstract ? -1 : name.indexOf(0)
  return (abstract ? '@' : '') + name.toString('utf8', 0, end < 0 ? name.length : end)
}
