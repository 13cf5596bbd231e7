/**
 * Sockets as POSIX has them, which Node has not: none of its own blocks.
 *
 * - The listener does not block, because another thread may win the `accept`. Connections do.
 * - Bytes do not pass here: `fs.readSync` and `fs.writeSync` work on a socket's descriptor (see `transfers.ts`).
 * - A call that fails throws an error with `code`, as Node's own do. `errno` is read before anything else is done.
 */
import fs from 'node:fs'
import type { ListenAddress } from '../core/options.ts'
import * as os from '../posix/platform.ts'
import { lastError, posix } from '../posix/posix.ts'

const backlog = 1024
/** Addresses and lengths that the kernel writes: no two calls are under way at once. */
const address = Buffer.alloc(128)
const length = new Uint32Array(1)
const long = new BigInt64Array(1)
const text = Buffer.alloc(64)

function check(result: number, syscall: string, detail = ''): number {
  if (result < 0) throw os.systemError(syscall, lastError(), detail)
  return result
}

function setOption(fd: number, level: number, name: number, value: number): void {
  check(posix.setsockopt(fd, level, name, new Int32Array([value]), 4), 'setsockopt')
}

/** `close(2)`, whose failure is nobody's concern. */
export function close(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch {
    // The descriptor is free all the same.
  }
}

/** `shutdown(2)`: wakes whoever is blocked on the socket, too. Does nothing where the peer is gone already. */
export function shutdown(fd: number, how: number): void {
  posix.shutdown(fd, how)
}

/** A pipe: something to wake a `poll` with. @returns the reading and the writing end */
export function pipe(): [number, number] {
  const ends = new Int32Array(2)
  check(posix.pipe(ends), 'pipe')
  for (const end of ends) check(posix.fcntl(end, os.F_SETFD, 'int', os.FD_CLOEXEC), 'fcntl')
  return [ends[0] ?? -1, ends[1] ?? -1]
}

/**
 * `poll(2)`.
 *
 * @param fds an array of `struct pollfd`
 * @param timeout milliseconds, rounded up; Infinity waits for ever
 * @returns how many have something to tell: none when the time is up, or when a signal came first
 */
export function poll(fds: ArrayBufferView, count: number, timeout: number): number {
  const time = timeout === Infinity ? -1 : Math.min(Math.max(Math.ceil(timeout), 0), 0x7fffffff)
  const found: number = posix.poll(fds, count, time)
  if (found >= 0) return found
  const code = lastError()
  if (code === 'EINTR' || code === 'EAGAIN') return 0
  throw os.systemError('poll', code)
}

/** A `sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)). @param host a literal address */
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

/** The host of the `sockaddr` in `address`; `-` for a Unix socket, which has none. */
function hostOf(): string {
  const family = os.familyOf(address)
  if (family === os.constants.AF_INET) return `${address[4]}.${address[5]}.${address[6]}.${address[7]}`
  if (family !== os.constants.AF_INET6) return '-'
  posix.inet_ntop(family, address.subarray(8), text, text.length)
  return text.toString('latin1', 0, text.indexOf(0))
}

/** Remove a Unix socket that no one listens on any more: whoever left it behind has gone (unix(7)). */
function removeStale(path: string, name: Buffer): void {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const fd = check(posix.socket(os.constants.AF_UNIX, os.SOCK_STREAM, 0), 'socket')
  const refused = posix.connect(fd, name, name.length) < 0 && lastError() === 'ECONNREFUSED'
  close(fd)
  if (refused) fs.unlinkSync(path)
}

/**
 * `socket(2)`, `bind(2)`, `listen(2)`.
 *
 * @param where with a literal address, not a name
 * @returns the descriptor, which does not block, and where it really listens
 * @throws EADDRINUSE, EACCES, EADDRNOTAVAIL
 */
export function listen(where: ListenAddress): { fd: number; address: ListenAddress } {
  const unix = 'path' in where
  const name = unix ? os.unixAddress(where.path) : internetAddress(where.host, where.port)
  const detail = unix ? where.path : `${where.host}:${where.port}`
  if (unix) removeStale(where.path, name)
  const fd = check(posix.socket(os.familyOf(name), os.SOCK_STREAM, 0), 'socket')
  try {
    check(posix.fcntl(fd, os.F_SETFD, 'int', os.FD_CLOEXEC), 'fcntl')
    check(posix.fcntl(fd, os.F_SETFL, 'int', os.constants.O_NONBLOCK), 'fcntl')
    if (!unix) setOption(fd, os.constants.SOL_SOCKET, os.constants.SO_REUSEADDR, 1)
    // `::` stands for IPv4 as well, as in node:net.
    if (os.familyOf(name) === os.constants.AF_INET6) setOption(fd, os.IPPROTO_IPV6, os.constants.IPV6_V6ONLY, 0)
    check(posix.bind(fd, name, name.length), 'bind', detail)
    check(posix.listen(fd, backlog), 'listen', detail)
    if (unix) return { fd, address: where }
    length[0] = address.length
    check(posix.getsockname(fd, address, length), 'getsockname')
    return { fd, address: { host: hostOf(), port: address.readUInt16BE(2) } }
  } catch (error) {
    close(fd)
    throw error
  }
}

/**
 * `accept(2)`: the next connection, whose socket blocks.
 *
 * @param tick milliseconds after which a blocked write returns, to look at the clock (`SO_SNDTIMEO`, socket(7))
 * @returns undefined when there is none, or when it was gone before it was taken
 * @throws EMFILE, ENFILE, ENOBUFS, ENOMEM
 */
export function accept(listener: number, tick: number): { fd: number; remote: string } | undefined {
  length[0] = address.length
  const fd: number = os.isLinux
    ? posix.accept(listener, address, length, os.SOCK_CLOEXEC)
    : posix.accept(listener, address, length)
  if (fd < 0) {
    const code = lastError()
    if (code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS' || code === 'ENOMEM') {
      throw os.systemError('accept', code)
    }
    return undefined
  }
  const remote = hostOf()
  if (!os.isLinux) {
    // The BSDs hand the listener's flags on.
    posix.fcntl(fd, os.F_SETFL, 'int', 0)
    posix.fcntl(fd, os.F_SETFD, 'int', os.FD_CLOEXEC)
  }
  if (remote !== '-') posix.setsockopt(fd, os.IPPROTO_TCP, os.TCP_NODELAY, new Int32Array([1]), 4)
  const time = new BigInt64Array([BigInt(Math.trunc(tick / 1000)), BigInt(Math.round((tick % 1000) * 1000))])
  posix.setsockopt(fd, os.constants.SOL_SOCKET, os.constants.SO_SNDTIMEO, time, 16)
  return { fd, remote }
}

/**
 * `sendfile(2)`, once.
 *
 * @returns the bytes sent: 0 at the end of the file; or the name of the error
 */
export function sendfile(socket: number, file: number, offset: number, count: number): number | string {
  if (os.isLinux) {
    long[0] = BigInt(offset)
    const sent: number = posix.sendfile(socket, file, long, count)
    return sent >= 0 ? sent : lastError()
  }
  long[0] = BigInt(count)
  const failed = posix.sendfile(file, socket, offset, long, null, 0) < 0 ? lastError() : ''
  // Darwin tells how far it came even when it fails.
  return failed === '' || long[0] > 0n ? Number(long[0]) : failed
}
