/**
 * The event-loop engine's calls on sockets. None blocks the thread, and each wait has an end:
 *
 * - `recv` and `send` are the socket's own: see `sockets.ts`.
 * - `sendfile` is a pump, because Node has no `sendfile(2)` for its sockets: while the rest of one buffer is being sent,
 *   the next is being read. Reading costs a trip to the thread pool, so a buffer is larger than `limits.sendPiece`, and is
 *   sent in pieces of that size, each of which has `stall` to be taken.
 * - Nothing is read ahead for a reader that has not taken a piece of what was read last: a slow one holds one buffer. That it
 *   is a small one matters not only for memory: V8 marks the whole heap anew for some dozen megabytes of new buffers,
 *   and a thousand readers that come within seconds would have it do so again and again, while everybody waits.
 */
import type { Environment } from '../core/calls.ts'
import type { Limits } from '../core/limits.ts'
import { fileCalls, type SocketCalls } from './calls.ts'
import type { LaterSocket } from './sockets.ts'

/** What the pump reads at a time. */
const pumpBytes = 512 * 1024
/** The same for those that have just begun, and while many pump at a time. */
const smallBytes = 64 * 1024
/** What a reader must have taken before a large buffer is made for it: more than the kernel takes in its place (`server.ts`). */
const provenBytes = 256 * 1024
/** Bytes of each kind of buffer that are kept for the next pump. */
const keptBytes = 16 * 1024 * 1024
/** Large buffers in use at a time. */
const largeBuffers = 128

/** Buffers that are used again and again: a new one would be filled with zeros, page by page, by the kernel. */
class Pool {
  private readonly large: Buffer[] = []
  private readonly small: Buffer[] = []
  private lent = 0

  /** @param sent what the reader has taken so far, in bytes */
  take(sent: number): Buffer {
    const made = this.lent < largeBuffers && (this.large.length > 0 || sent >= provenBytes)
    if (!made) return this.small.pop() ?? Buffer.allocUnsafeSlow(smallBytes)
    this.lent += 1
    return this.large.pop() ?? Buffer.allocUnsafeSlow(pumpBytes)
  }

  give(buffer: Buffer): void {
    const isLarge = buffer.length === pumpBytes
    if (isLarge) this.lent -= 1
    const kept = isLarge ? this.large : this.small
    if (kept.length < keptBytes / buffer.length) kept.push(buffer)
  }
}

/** The calls on sockets of one process. */
export function socketCalls(environment: Environment, limits: Limits): SocketCalls {
  const pool = new Pool()

  async function pump(
    socket: LaterSocket,
    file: number,
    offset: number,
    length: number,
    stall: number,
    deadline: number,
  ): Promise<number> {
    let sent = 0
    let next = pool.take(0)
    let full: Buffer | undefined
    let reading: Promise<number> | undefined
    const read = (from: number) => {
      const part = from + next.length > length ? next.subarray(0, length - from) : next
      reading = fileCalls.read(file, part, offset + from) as Promise<number>
      // It is waited for below, perhaps too late for Node's taste.
      reading.catch(() => {})
    }
    try {
      read(0)
      while (sent < length) {
        const count = (await reading) as number
        if (count === 0) break
        full = next
        for (let at = 0; at < count; at += limits.sendPiece) {
          const piece = full.subarray(at, Math.min(count, at + limits.sendPiece))
          const flushed = socket.send(piece, Math.min(environment.now() + stall, deadline))
          if (flushed !== undefined) await flushed
          if (at === 0 && sent + count < length) {
            next = pool.take(sent + piece.length)
            read(sent + count)
          }
        }
        sent += count
        if (next !== full) pool.give(full)
        full = undefined
      }
      return sent
    } finally {
      // Neither is in use any more, not even by a read that nobody wants now.
      await reading?.catch(() => 0)
      pool.give(next)
      if (full !== undefined && full !== next) pool.give(full)
    }
  }

  return {
    recv: (socket, deadline) => (socket as LaterSocket).recv(deadline),
    send: (socket, bytes, deadline) => (socket as LaterSocket).send(bytes, deadline),
    sendfile: (socket, file, offset, length, stall, deadline) =>
      length === 0 ? 0 : pump(socket as LaterSocket, file, offset, length, stall, deadline),
  }
}
