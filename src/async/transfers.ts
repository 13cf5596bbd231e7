/**
 * The event-loop engine's calls on sockets. None blocks the thread, and each wait has an end:
 *
 * - `recv` and `send` are the socket's own: see `sockets.ts`.
 * - `sendfile` is a pump, because Node has no `sendfile(2)` for its sockets: while one buffer is being sent, the
 *   next is being read. Reading costs a trip to the thread pool, so a buffer is larger than `limits.sendPiece`, and is
 *   sent in pieces of that size, each of which has `stall` to be taken.
 */
import type { Environment } from '../core/calls.ts'
import type { Limits } from '../core/limits.ts'
import { fileCalls, type SocketCalls } from './calls.ts'
import type { LaterSocket } from './sockets.ts'

/** What the pump reads at a time. */
const pumpBytes = 512 * 1024
/** The same while many pump at a time: thousands of readers that are slow must not hold a large buffer each. */
const smallBytes = 64 * 1024
/** Buffers kept for the next pump. */
const keptBuffers = 32
/** Large buffers in use at a time. */
const largeBuffers = 128

/** Buffers that are used again and again: a new one would be filled with zeros, page by page, by the kernel. */
class Pool {
  private readonly free: Buffer[] = []
  private lent = 0

  take(): Buffer {
    if (this.lent === largeBuffers) return Buffer.allocUnsafeSlow(smallBytes)
    this.lent += 1
    return this.free.pop() ?? Buffer.allocUnsafeSlow(pumpBytes)
  }

  give(buffer: Buffer): void {
    if (buffer.length < pumpBytes) return
    this.lent -= 1
    if (this.free.length < keptBuffers) this.free.push(buffer)
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
    let [ahead, spare] = [pool.take(), pool.take()]
    const read = (into: Buffer, from: number) => {
      const part = from + into.length > length ? into.subarray(0, length - from) : into
      const reading = fileCalls.read(file, part, offset + from) as Promise<number>
      // It is waited for below, perhaps too late for Node's taste.
      reading.catch(() => {})
      return reading
    }
    let reading = read(ahead, 0)
    try {
      while (sent < length) {
        const count = await reading
        if (count === 0) break
        const full = ahead
        ahead = spare
        spare = full
        if (sent + count < length) reading = read(ahead, sent + count)
        for (let at = 0; at < count; at += limits.sendPiece) {
          const piece = full.subarray(at, Math.min(count, at + limits.sendPiece))
          const flushed = socket.send(piece, Math.min(environment.now() + stall, deadline))
          if (flushed !== undefined) await flushed
        }
        sent += count
      }
      return sent
    } finally {
      // Neither is in use any more, not even by a read that nobody wants now.
      await reading.catch(() => 0)
      pool.give(ahead)
      pool.give(spare)
    }
  }

  return {
    recv: (socket, deadline) => (socket as LaterSocket).recv(deadline),
    send: (socket, bytes, deadline) => (socket as LaterSocket).send(bytes, deadline),
    sendfile: (socket, file, offset, length, stall, deadline) =>
      length === 0 ? 0 : pump(socket as LaterSocket, file, offset, length, stall, deadline),
  }
}
