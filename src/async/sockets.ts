/**
 * Sockets as `node:net` has them, with what a program needs: bytes when it asks for them, and an end to each wait.
 *
 * - Bytes that nobody has asked for yet are kept, at most two chunks: then the socket is paused, and the peer
 *   feels it (TCP's own flow control).
 * - A connection waits for one thing at a time, so it has one deadline, and one timer, which is set anew only
 *   when it goes off too early or too late: not for each wait.
 * - Once the connection has failed, every wait on it fails, with the errno name of the reason.
 */
import type { Socket as NetSocket } from 'node:net'
import type { Environment, Socket } from '../core/calls.ts'

/** Chunks kept before the peer is made to wait. A chunk is at most 64 KiB, as libuv reads. */
const keptChunks = 2
const nothing = Buffer.alloc(0)
const never = () => {}

/** One for all, since every connection ends with it: an error looks where it was made, which took 7 % of the processor time of a connection with one request. */
const gone = systemError('recv', 'ECONNRESET')

/** An error as the system calls throw it. */
export function systemError(syscall: string, code: string): Error {
  return Object.assign(new Error(`${syscall}: ${code}`), { code, syscall })
}

/** A promise that waits, from outside. */
interface Waiter<T> {
  resolve(value: T): void
  reject(error: Error): void
}

/** What a connection's owner is told. */
export interface Owner {
  /** There is something to read, or the end, and no `recv` waits for it. */
  arrived(): void
  /** The peer has ended its side. */
  finished(): void
  /** The socket is closed, for whatever reason. */
  gone(): void
}

export class LaterSocket implements Socket {
  readonly id: number
  private readonly net: NetSocket
  private readonly encrypted: boolean
  private readonly now: Environment['now']
  private readonly owner: Owner
  private readonly chunks: Buffer[] = []
  private ended = false
  private discarding = false
  private failure: Error | undefined
  private reader: Waiter<Uint8Array> | undefined
  private writer: Waiter<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private timerAt = 0
  private deadline = Infinity
  private expired: () => void = never

  constructor(id: number, net: NetSocket, environment: Environment, owner: Owner) {
    this.id = id
    this.net = net
    this.encrypted = 'encrypted' in net
    this.now = environment.now
    this.owner = owner
    net.on('data', (chunk: Buffer) => this.take(chunk))
    net.on('end', () => this.finish())
    net.on('error', (error) => this.fail(error))
    net.on('close', () => {
      if (this.failure === undefined) this.fail(gone)
      clearTimeout(this.timer)
      owner.gone()
    })
  }

  /** Whether `recv` would answer at once. */
  get readable(): boolean {
    return this.chunks.length > 0 || this.ended || this.failure !== undefined
  }

  /** See `Calls.recv`. */
  recv(deadline: number): Uint8Array | Promise<Uint8Array> {
    const chunk = this.chunks.shift()
    if (chunk !== undefined) {
      if (this.net.isPaused()) this.net.resume()
      return chunk
    }
    if (this.failure !== undefined) throw this.failure
    if (this.ended) return nothing
    return new Promise((resolve, reject) => {
      this.reader = { resolve, reject }
      this.wait(deadline, () => this.read().reject(systemError('recv', 'ETIMEDOUT')))
    })
  }

  /** See `Calls.send`. Answered at once when the kernel has taken everything at once. */
  send(bytes: Uint8Array, deadline: number): void | Promise<void> {
    if (this.failure !== undefined) throw this.failure
    if (!this.encrypted) {
      this.net.write(bytes)
      if (this.net.writableLength === 0) return undefined
    }
    return new Promise((resolve, reject) => {
      const writer = { resolve, reject }
      this.writer = writer
      // Written after all of `bytes`: its callback tells that they are gone, without costing one where they go at once. Through
      // TLS nothing goes at once.
      this.net.write(this.encrypted ? bytes : nothing, (error) => {
        if (this.writer !== writer) return
        if (error) this.fail(error)
        else this.wrote().resolve()
      })
      this.wait(deadline, () => this.wrote().reject(systemError('send', 'ETIMEDOUT')))
    })
  }

  /** Wait for something other than bytes: `expired` is called unless something arrives, or `calm` is called, before `deadline`. */
  wait(deadline: number, expired: () => void): void {
    if (this.failure !== undefined) return
    this.deadline = deadline
    this.expired = expired
    if (this.timer === undefined || this.timerAt > deadline) this.arm(this.now())
  }

  /** End the wait. */
  calm(): void {
    this.deadline = Infinity
  }

  /** End our side, and throw away what still comes (RFC 9112, section 9.6). */
  linger(): void {
    this.discarding = true
    this.chunks.length = 0
    if (this.ended) this.close()
    else {
      this.net.end()
      this.net.resume()
    }
  }

  /** Close both sides. Through TLS the peer is told so, and sees that nothing was cut off (RFC 8446, section 6.1). */
  close(): void {
    if (this.encrypted) this.net.end(() => this.net.destroy())
    else this.destroy()
  }

  /** Cut the connection. Whoever waits on it fails. */
  destroy(): void {
    this.fail(systemError('recv', 'ECONNRESET'))
    this.net.destroy()
  }

  private take(chunk: Buffer): void {
    if (this.discarding) return
    if (this.reader !== undefined) {
      this.read().resolve(chunk)
      return
    }
    this.chunks.push(chunk)
    if (this.chunks.length >= keptChunks) this.net.pause()
    this.owner.arrived()
  }

  private finish(): void {
    this.ended = true
    this.owner.finished()
    if (this.discarding) this.net.destroy()
    else if (this.reader !== undefined) this.read().resolve(nothing)
    else this.owner.arrived()
  }

  private fail(error: Error): void {
    if (this.failure !== undefined) return
    // Streams have codes of their own for a socket that is not there any more.
    const { code } = error as NodeJS.ErrnoException
    this.failure = code?.startsWith('ERR_') ? systemError('send', 'EPIPE') : error
    if (this.reader !== undefined) this.read().reject(this.failure)
    if (this.writer !== undefined) this.wrote().reject(this.failure)
  }

  /** The `recv` that waits, which does not wait any more. */
  private read(): Waiter<Uint8Array> {
    const reader = this.reader as Waiter<Uint8Array>
    this.reader = undefined
    this.calm()
    return reader
  }

  /** The `send` that waits, which does not wait any more. */
  private wrote(): Waiter<void> {
    const writer = this.writer as Waiter<void>
    this.writer = undefined
    this.calm()
    return writer
  }

  private arm(now: number): void {
    clearTimeout(this.timer)
    this.timerAt = this.deadline
    this.timer = setTimeout(() => this.ring(), Math.max(1, Math.ceil(this.deadline - now)))
  }

  private ring(): void {
    this.timer = undefined
    if (this.deadline === Infinity) return
    const now = this.now()
    if (now < this.deadline) this.arm(now)
    else {
      this.deadline = Infinity
      this.expired()
    }
  }
}
