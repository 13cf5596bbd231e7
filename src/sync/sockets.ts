/**
 * Sockets as POSIX has them, which Node has not: none of its own blocks.
 *
 * - The listener (`posix/listening.ts`) does not block. Connections do.
 * - Bytes do not pass here: `fs.readSync` and `fs.writeSync` work on a socket's descriptor (see `transfers.ts`).
 * - A call that fails throws an error with `code`, as Node's own do. `errno` is read before anything else is done.
 */
import { addressBytes, hostOf } from '../posix/addresses.ts'
import { check } from '../posix/listening.ts'
import * as os from '../posix/platform.ts'
import { lastError, posix } from '../posix/posix.ts'

/** Addresses and lengths that the kernel writes: no two calls are under way at once. */
const address = Buffer.alloc(addressBytes)
const length = new Uint32Array(1)
const long = new BigInt64Array(1)

/** A connection, whose socket blocks. */
export interface Accepted {
  readonly fd: number
  /** The peer's address, or `-` for a Unix socket. */
  readonly remote: string
}

/** `shutdown(2)`: wakes whoever is blocked on the socket, too. Does nothing where the peer is gone already. */
export function shutdown(fd: number, how: number): void {
  posix.shutdown(fd, how)
}

/** A pipe, such as something to wake a waiting loop with. @returns the reading and the writing end, which both block */
export function pipe(): [number, number] {
  const ends = new Int32Array(2)
  check(posix.pipe(ends), 'pipe')
  for (const end of ends) check(posix.fcntl(end, os.F_SETFD, 'int', os.FD_CLOEXEC), 'fcntl')
  return [ends[0] ?? -1, ends[1] ?? -1]
}

/** Let reading and writing fail with EAGAIN where they would block. */
export function doNotBlock(fd: number): void {
  const flags = check(posix.fcntl(fd, os.F_GETFL, 'int', 0), 'fcntl')
  check(posix.fcntl(fd, os.F_SETFL, 'int', flags | os.constants.O_NONBLOCK), 'fcntl')
}

/**
 * `poll(2)`.
 *
 * @param fds an array of `struct pollfd`
 * @param timeout milliseconds, rounded up; Infinity waits for ever
 * @returns how many have something to tell: none when the time is up, or when a signal came first
 */
export function poll(fds: ArrayBufferView, count: number, timeout: number): number {
  return unlessInterrupted(posix.poll(fds, count, inMilliseconds(timeout)), 'poll')
}

/** A time to wait, as `poll(2)` and `epoll_wait(2)` take it. */
export function inMilliseconds(timeout: number): number {
  return timeout === Infinity ? -1 : Math.min(Math.max(Math.ceil(timeout), 0), 0x7fffffff)
}

/** What a wait has found: nothing, when a signal ended it. To be called before anything else is. @throws what else it failed with */
export function unlessInterrupted(found: number, syscall: string): number {
  if (found >= 0) return found
  const code = lastError()
  if (code === 'EINTR' || code === 'EAGAIN') return 0
  throw os.systemError(syscall, code)
}

/**
 * `accept(2)`: the next connection, whose socket blocks.
 *
 * @param tick see `setTick`
 * @returns undefined when there is none, or when it was gone before it was taken
 * @throws EMFILE, ENFILE, ENOBUFS, ENOMEM
 */
export function accept(listener: number, tick: number): Accepted | undefined {
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
  const remote = hostOf(address)
  if (!os.isLinux) {
    // The BSDs hand the listener's flags on.
    posix.fcntl(fd, os.F_SETFL, 'int', 0)
    posix.fcntl(fd, os.F_SETFD, 'int', os.FD_CLOEXEC)
  }
  if (remote !== '-') posix.setsockopt(fd, os.IPPROTO_TCP, os.TCP_NODELAY, new Int32Array([1]), 4)
  setTick(fd, tick)
  return { fd, remote }
}

/** @param tick milliseconds after which a blocked write returns, to look at the clock (`SO_SNDTIMEO`, socket(7)) */
export function setTick(fd: number, tick: number): void {
  const time = new BigInt64Array([BigInt(Math.trunc(tick / 1000)), BigInt(Math.round((tick % 1000) * 1000))])
  posix.setsockopt(fd, os.constants.SOL_SOCKET, os.constants.SO_SNDTIMEO, time, 16)
}

/** Two sockets that are connected to each other, and have no name that anybody else could use. @throws EMFILE, ENFILE */
export function socketPair(): [number, number] {
  const ends = new Int32Array(2)
  check(posix.socketpair(os.constants.AF_UNIX, os.SOCK_STREAM, 0, ends), 'socketpair')
  for (const end of ends) check(posix.fcntl(end, os.F_SETFD, 'int', os.FD_CLOEXEC), 'fcntl')
  return [ends[0] ?? -1, ends[1] ?? -1]
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
