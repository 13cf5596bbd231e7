/**
 * Client sockets that never wait, and the `poll(2)` that says when they need not: the calls of the blocking engine, used
 * by a loop that watches the clock meanwhile.
 */
import fs from 'node:fs'
import { isIP } from 'node:net'
import { socketName } from '../../src/posix/addresses.ts'
import { check, close } from '../../src/posix/listening.ts'
import * as os from '../../src/posix/platform.ts'
import { lastError, posix } from '../../src/posix/posix.ts'
import { poll } from '../../src/sync/sockets.ts'

export { close }

/** The `sockaddr` to connect to. @param host a literal address */
export function addressOf(host: string, port: number): Buffer {
  if (isIP(host) === 0) throw new RangeError(`${host} is no IP address: give one such as 127.0.0.1.`)
  return socketName({ host, port })
}

/** Begin to connect. What comes of it is told by the first write. @returns the descriptor */
export function connect(address: Buffer): number {
  const fd = check(posix.socket(os.familyOf(address), os.SOCK_STREAM, 0), 'socket')
  try {
    check(posix.fcntl(fd, os.F_SETFL, 'int', os.constants.O_NONBLOCK), 'fcntl')
    check(posix.setsockopt(fd, os.IPPROTO_TCP, os.TCP_NODELAY, new Int32Array([1]), 4), 'setsockopt')
    if (posix.connect(fd, address, address.length) < 0) {
      const code = lastError()
      // EINPROGRESS, for which libuv has no name.
      if (!code.startsWith('Unknown')) throw os.systemError('connect', code)
    }
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

const wouldBlock = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EAGAIN'

/** `read(2)`. @returns how many bytes; 0 at the end, -1 for none yet */
export function read(fd: number, into: Buffer): number {
  try {
    return fs.readSync(fd, into, 0, into.length, null)
  } catch (error) {
    if (wouldBlock(error)) return -1
    throw error
  }
}

/** `write(2)`. @returns how many bytes the kernel took */
export function write(fd: number, bytes: Buffer, from: number): number {
  try {
    return fs.writeSync(fd, bytes, from, bytes.length - from)
  } catch (error) {
    if (wouldBlock(error)) return 0
    throw error
  }
}

/** Something with a descriptor to watch. */
export interface Watched {
  readonly fd: number
  /** The set's own: -1 outside it. */
  slot: number
  /** What `poll` saw last: POLLIN, POLLOUT, POLLERR, POLLHUP. */
  events: number
}

/** Descriptors with a request under way. An entry that leaves is replaced by the last one. */
export class Ready<T extends Watched> {
  private entries: T[] = []
  /** `struct pollfd { int fd; short events; short revents; }`, as words and as halves. */
  private words = new Int32Array(2 * 64)
  private halves = new Int16Array(this.words.buffer)

  get size(): number {
    return this.entries.length
  }

  /** Watch for what may be read, and for room to write where `writing`. */
  watch(entry: T, writing: boolean): void {
    if (entry.slot < 0) this.add(entry)
    this.halves[entry.slot * 4 + 2] = writing ? os.POLLIN | os.POLLOUT : os.POLLIN
  }

  remove(entry: T): void {
    const { slot } = entry
    if (slot < 0) return
    const last = this.entries.pop() as T
    entry.slot = -1
    if (last === entry) return
    this.entries[slot] = last
    this.words.copyWithin(slot * 2, last.slot * 2, last.slot * 2 + 2)
    last.slot = slot
  }

  /** All of them, which leave the set. */
  drain(): T[] {
    const { entries } = this
    this.entries = []
    for (const entry of entries) entry.slot = -1
    return entries
  }

  /** @param timeout milliseconds @returns those that can be read or written, or are broken */
  wait(timeout: number): T[] {
    const seen: T[] = []
    let found = poll(this.words, this.entries.length, timeout)
    for (let slot = 0; found > 0; slot += 1) {
      const events = this.halves[slot * 4 + 3] as number
      if (events === 0) continue
      found -= 1
      const entry = this.entries[slot] as T
      entry.events = events
      seen.push(entry)
    }
    return seen
  }

  private add(entry: T): void {
    entry.slot = this.entries.length
    if (entry.slot * 2 === this.words.length) {
      const words = new Int32Array(this.words.length * 2)
      words.set(this.words)
      this.words = words
      this.halves = new Int16Array(words.buffer)
    }
    this.entries.push(entry)
    this.words[entry.slot * 2] = entry.fd
    this.halves[entry.slot * 4 + 3] = 0
  }
}
