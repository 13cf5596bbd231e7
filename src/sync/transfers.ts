/**
 * The blocking engine's calls on sockets. Each waits in the kernel, and each wait has an end:
 *
 * - `recv` waits in `poll(2)` for the time that is left, unless the loop has just been told that there is
 *   something to read.
 * - A write waits in the kernel, but comes back after each tick (`SO_SNDTIMEO`) to look at the clock. So a
 *   deadline is kept to within one tick.
 * - `sendfile` may be asked for a great deal at once. It comes back early only when 64 KiB (the pipe inside it)
 *   took longer than a tick, and a tick is at most a quarter of the time for `limits.sendPiece`, so a reader too slow for that is always seen.
 */
import fs from 'node:fs'
import type { Environment, Socket } from '../core/calls.ts'
import { errnoOf } from '../core/errors.ts'
import type { Limits } from '../core/limits.ts'
import { tickOf } from '../core/waiting.ts'
import { POLLIN, systemError } from '../posix/platform.ts'
import type { SocketCalls } from './calls.ts'
import { poll, sendfile } from './sockets.ts'

/** What `recv` reads into, one for the thread. Large pieces go into a file at half the cost, and this still fits a processor's cache. */
const receiveBytes = 256 * 1024
/** The most that one `sendfile(2)` is asked for. */
const sendfileBytes = 8 * 1024 * 1024
/** What the pipe inside `sendfile(2)` holds: it comes back early only between two of these. */
const pipeBytes = 64 * 1024
/** What the loop in place of `sendfile(2)` reads at a time. */
const copyBytes = 256 * 1024

/** A connection's descriptor, and whether the loop has seen something to read on it. */
export class BlockingSocket implements Socket {
  readonly id: number
  readable = false

  constructor(fd: number) {
    this.id = fd
  }
}

const one = new Int32Array(2)

/** Wait for one event on one descriptor. @throws ETIMEDOUT */
function waitFor(fd: number, event: number, deadline: number, now: () => number): void {
  one[0] = fd
  for (;;) {
    one[1] = event
    if (poll(one, 1, deadline - now()) > 0) return
    if (now() >= deadline) throw systemError(event === POLLIN ? 'recv' : 'send', 'ETIMEDOUT')
  }
}

function passing(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'EAGAIN' || code === 'EINTR'
}

/** The calls on sockets of one thread. */
export function socketCalls(environment: Environment, limits: Limits): SocketCalls {
  const { now } = environment
  const received = Buffer.allocUnsafeSlow(receiveBytes)
  const tick = tickOf(limits)
  let copied: Buffer | undefined

  function recv(socket: Socket, deadline: number): Uint8Array {
    const peer = socket as BlockingSocket
    for (;;) {
      if (!peer.readable) waitFor(peer.id, POLLIN, deadline, now)
      peer.readable = false
      try {
        return received.subarray(0, fs.readSync(peer.id, received, 0, receiveBytes, null))
      } catch (error) {
        if (!passing(error)) throw error
      }
    }
  }

  function send(socket: Socket, bytes: Uint8Array, deadline: number): void {
    let sent = 0
    for (;;) {
      try {
        sent += fs.writeSync(socket.id, bytes, sent, bytes.length - sent)
      } catch (error) {
        if (!passing(error)) throw error
      }
      if (sent === bytes.length) return
      if (now() >= deadline) throw systemError('send', 'ETIMEDOUT')
    }
  }

  /** Where the file system has no `sendfile(2)`. */
  function copyFile(
    socket: Socket,
    file: number,
    offset: number,
    length: number,
    stall: number,
    deadline: number,
  ): number {
    copied ??= Buffer.allocUnsafeSlow(Math.min(copyBytes, limits.sendPiece))
    let sent = 0
    while (sent < length) {
      const count = fs.readSync(file, copied, 0, Math.min(copied.length, length - sent), offset + sent)
      if (count === 0) break
      send(socket, copied.subarray(0, count), Math.min(now() + stall, deadline))
      sent += count
    }
    return sent
  }

  function sendFile(
    socket: Socket,
    file: number,
    offset: number,
    length: number,
    stall: number,
    deadline: number,
  ): number {
    let sent = 0
    let pieceStart = now()
    let piece = 0
    while (sent < length) {
      // So much as cannot last longer than until the deadline: each pipeful takes a tick at most.
      const pipefuls = Math.max(1, Math.floor((deadline - now()) / tick))
      const asked = Math.min(length - sent, sendfileBytes, pipefuls * pipeBytes)
      const count = sendfile(socket.id, file, offset + sent, asked)
      if (typeof count === 'number') {
        if (count === 0) return sent
        sent += count
        piece += count
      } else if (count === 'EINVAL' || count === 'ENOSYS' || count === 'ENOTSUP' || count === 'EOPNOTSUPP') {
        return sent + copyFile(socket, file, offset + sent, length - sent, stall, deadline)
      } else if (count !== 'EAGAIN' && count !== 'EINTR') throw systemError('sendfile', count)
      if (sent === length) break
      const time = now()
      if (time >= deadline) throw systemError('sendfile', 'ETIMEDOUT')
      if (count === asked) continue
      if (piece >= limits.sendPiece) {
        piece = 0
        pieceStart = time
      } else if (time - pieceStart >= stall) throw systemError('sendfile', 'ETIMEDOUT')
    }
    return sent
  }

  return { recv, send, sendfile: sendFile }
}
