/**
 * Listening sockets: one that is made here, and one that has been handed over by whoever started the process. Neither
 * blocks, because somebody else who listens on it may win the `accept`.
 */
import fs from 'node:fs'
import type { InheritedSocket, ListenAddress } from '../core/options.ts'
import { addressBytes, addressOf, socketName } from './addresses.ts'
import { literal } from './literal.ts'
import * as os from './platform.ts'
import { lastError, posix } from './posix.ts'

/** Connections that the kernel keeps until they are accepted. */
export const backlog = 1024

/** A listening socket that was made here: not lasting. */
export interface Listener extends InheritedSocket {
  /** Take its name out of the file system, if it has one there and we gave it: no one can connect any more. */
  forget(): void
}

export function check(result: number, syscall: string, detail = ''): number {
  if (result < 0) throw os.systemError(syscall, lastError(), detail)
  return result
}

/** `close(2)`, whose failure is nobody's concern. */
export function close(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch {
    // The descriptor is free all the same.
  }
}

/** The same socket by another descriptor, for somebody who will close his own. */
export function duplicate(fd: number): number {
  return check(posix.fcntl(fd, os.constants.F_DUPFD_CLOEXEC, 'int', 0), 'fcntl')
}

function setOption(fd: number, level: number, name: number, value: number): void {
  check(posix.setsockopt(fd, level, name, new Int32Array([value]), 4), 'setsockopt')
}

function option(fd: number, name: number): number {
  const value = new Int32Array(1)
  check(posix.getsockopt(fd, os.constants.SOL_SOCKET, name, value, new Uint32Array([4])), 'getsockopt')
  return value[0] as number
}

/** Neither inherited by children, nor waited for: both are ours to say, also of a socket that we did not make. */
function makeOurs(fd: number): void {
  check(posix.fcntl(fd, os.F_SETFD, 'int', os.FD_CLOEXEC), 'fcntl')
  const flags = check(posix.fcntl(fd, os.F_GETFL, 'int', 0), 'fcntl')
  check(posix.fcntl(fd, os.F_SETFL, 'int', flags | os.constants.O_NONBLOCK), 'fcntl')
}

function nameOf(fd: number): Buffer {
  const name = Buffer.alloc(addressBytes)
  const length = new Uint32Array([addressBytes])
  check(posix.getsockname(fd, name, length), 'getsockname')
  return name.subarray(0, length[0])
}

/** Remove a Unix socket that no one listens on any more: whoever left it behind has gone (unix(7)). */
function removeStale(path: string, name: Buffer): void {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return
  const fd = check(posix.socket(os.constants.AF_UNIX, os.SOCK_STREAM, 0), 'socket')
  const refused = posix.connect(fd, name, name.length) < 0 && lastError() === 'ECONNREFUSED'
  close(fd)
  if (refused) fs.unlinkSync(path)
}

/** Removes the file only while it is the one that was made: another server may listen at the same path by now. */
function remover(path: string): () => void {
  const inode = () => fs.lstatSync(path, { throwIfNoEntry: false, bigint: true })?.ino
  const made = inode()
  return () => {
    if (made !== undefined && inode() === made) fs.rmSync(path, { force: true })
  }
}

/**
 * `socket(2)`, `bind(2)`, `listen(2)`.
 *
 * @param where with a literal address, not a name
 * @throws EADDRINUSE, EACCES, EADDRNOTAVAIL
 */
export function listen(where: ListenAddress): Listener {
  const unix = 'path' in where
  const name = socketName(where)
  const detail = unix ? where.path : `${where.host}:${where.port}`
  if (unix) removeStale(where.path, name)
  const fd = check(posix.socket(os.familyOf(name), os.SOCK_STREAM, 0), 'socket')
  try {
    makeOurs(fd)
    if (!unix) setOption(fd, os.constants.SOL_SOCKET, os.constants.SO_REUSEADDR, 1)
    // `::` stands for IPv4 as well, as in node:net.
    if (os.familyOf(name) === os.constants.AF_INET6) setOption(fd, os.IPPROTO_IPV6, os.constants.IPV6_V6ONLY, 0)
    check(posix.bind(fd, name, name.length), 'bind', detail)
    check(posix.listen(fd, backlog), 'listen', detail)
    if (unix) return { fd, address: where, lasting: false, forget: remover(where.path) }
    return { fd, address: addressOf(nameOf(fd)) as ListenAddress, lasting: false, forget: () => {} }
  } catch (error) {
    close(fd)
    throw error
  }
}

/**
 * A socket that was handed over as a descriptor (sd_listen_fds(3)).
 *
 * @throws ENOTSOCK; EINVAL for a socket that does not listen, or has no connections
 */
export function inherit(fd: number): InheritedSocket {
  if (option(fd, os.constants.SO_TYPE) !== os.SOCK_STREAM || option(fd, os.constants.SO_ACCEPTCONN) === 0) {
    throw os.systemError('accept', 'EINVAL', 'not a listening stream socket')
  }
  const address = addressOf(nameOf(fd))
  if (address === undefined) throw os.systemError('accept', 'EINVAL', 'neither an internet nor a Unix socket')
  makeOurs(fd)
  return { fd, address, lasting: true }
}

/** The socket of a server: the one that was handed over, or a new one. */
export async function listenerFor(where: ListenAddress | InheritedSocket): Promise<Listener> {
  return 'fd' in where ? { ...where, forget: () => {} } : listen(await literal(where))
}
