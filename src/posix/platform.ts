/**
 * What the C headers say, for the systems that the blocking engine knows: constants, and the layout of
 * socket addresses. Sources: Linux's include/uapi/asm-generic/socket.h and bits/socket.h; Darwin's
 * sys/socket.h, netinet6/in6.h, sys/fcntl.h. Both are 64-bit and little-endian here.
 */
import { getSystemErrorName } from 'node:util'

const linux = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 10,
  SOL_SOCKET: 1,
  SO_REUSEADDR: 2,
  SO_TYPE: 3,
  SO_SNDTIMEO: 21,
  SO_ACCEPTCONN: 30,
  IPV6_V6ONLY: 26,
  O_NONBLOCK: 0o4000,
  F_DUPFD_CLOEXEC: 1030,
  /** Bytes of `sun_path`, with the NUL at its end (unix(7)). */
  pathBytes: 108,
  /** Whether a socket address begins with its own length, as 4.4BSD's does. */
  lengthByte: false,
}

const darwin: typeof linux = {
  AF_UNIX: 1,
  AF_INET: 2,
  AF_INET6: 30,
  SOL_SOCKET: 0xffff,
  SO_REUSEADDR: 4,
  SO_TYPE: 0x1008,
  SO_SNDTIMEO: 0x1005,
  SO_ACCEPTCONN: 2,
  IPV6_V6ONLY: 27,
  O_NONBLOCK: 4,
  F_DUPFD_CLOEXEC: 67,
  pathBytes: 104,
  lengthByte: true,
}

export const isLinux = process.platform === 'linux'

/** Whether this system has the sockets that the engine needs. */
export const supported = isLinux || process.platform === 'darwin'

export const constants = isLinux ? linux : darwin

/** The same everywhere. */
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_CLOEXEC = 0o2000000
export const IPPROTO_TCP = 6
export const IPPROTO_IPV6 = 41
export const TCP_NODELAY = 1
/** Of Linux (include/uapi/linux/tcp.h). */
export const TCP_NOTSENT_LOWAT = 25
export const F_SETFD = 2
export const F_GETFL = 3
export const F_SETFL = 4
export const FD_CLOEXEC = 1
export const SHUT_WR = 1
export const SHUT_RDWR = 2
export const POLLIN = 1
export const POLLOUT = 4
/** Linux alone: include/uapi/linux/eventpoll.h. */
export const EPOLL_CLOEXEC = 0o2000000
export const EPOLL_CTL_ADD = 1
export const EPOLL_CTL_DEL = 2
export const EPOLLIN = 1
export const EPOLLEXCLUSIVE = 1 << 28
export const LOCK_EX = 2
export const LOCK_NB = 4
export const LOCK_UN = 8
export const PROT_READ = 1
export const PROT_WRITE = 2
export const MAP_SHARED = 1

/** `errno` by name, for the few that are looked at. */
export function errnoName(errno: number): string {
  return getSystemErrorName(-errno)
}

/** An error as Node's own functions throw it. */
export function systemError(syscall: string, code: string, detail = ''): Error {
  return Object.assign(new Error(`${syscall}: ${code}${detail && ` ${detail}`}`), { code, syscall })
}

/** A `sockaddr` of a family, with room for the rest of it. */
export function socketAddress(family: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  if (constants.lengthByte) {
    bytes[0] = length
    bytes[1] = family
  } else bytes.writeUInt16LE(family, 0)
  return bytes
}

export function familyOf(address: Buffer): number {
  return constants.lengthByte ? (address[1] ?? 0) : address.readUInt16LE(0)
}

/** A `sockaddr_un`. @throws ENAMETOOLONG when the path does not fit */
export function unixAddress(path: string): Buffer {
  const name = Buffer.from(path)
  if (name.length >= constants.pathBytes) throw systemError('bind', 'ENAMETOOLONG', path)
  const bytes = socketAddress(constants.AF_UNIX, 2 + constants.pathBytes)
  name.copy(bytes, 2)
  return bytes
}
