/**
 * The request log of the blocking engine, and its trace: lines are gathered, and written while no request waits.
 *
 * - Lines are written whole, in pieces that do not mix with those of other threads.
 * - A log that cannot be written never stops the server: what cannot be written is dropped. A trace is given up.
 * - A pipe that is full and does not block (`EAGAIN`) is tried again later, and meanwhile the lines are kept, up
 *   to a bound.
 */
import fs from 'node:fs'
import { pieceOf, type Writing } from '../core/log.ts'

/** Written at once beyond this, however many requests wait. */
const flushBytes = 16 * 1024
/** Kept at most, while the log takes nothing. */
const keptBytes = 1024 * 1024

export class Log {
  private readonly file: number
  private readonly manner: Writing | undefined
  private givenUp = false
  private lines = ''
  /** What a short write left over. */
  private rest: Buffer | undefined

  constructor(file: number, manner?: Writing) {
    this.file = file
    this.manner = manner
  }

  /** Whether there is anything to write. */
  get pending(): boolean {
    return this.rest !== undefined || this.lines.length > 0
  }

  /** @returns false where there is no room for it */
  readonly line = (line: string): boolean => {
    if (this.givenUp) return false
    const room = this.lines.length < keptBytes
    if (room) this.lines += `${line}\n`
    if (this.lines.length >= flushBytes && this.rest === undefined) this.flush()
    return room
  }

  /** Write what can be written. */
  flush(): void {
    while (this.pending) {
      const bytes = this.rest ?? this.take()
      try {
        const written = fs.writeSync(this.file, bytes, 0, pieceOf(bytes, this.manner?.piece))
        this.rest = written < bytes.length ? bytes.subarray(written) : undefined
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EINTR') continue
        // EPIPE, ENOSPC, EIO, EBADF: these lines are lost.
        this.rest = code === 'EAGAIN' ? bytes : undefined
        if (this.rest === undefined) this.giveUp(error as NodeJS.ErrnoException)
        return
      }
    }
  }

  private giveUp(error: NodeJS.ErrnoException): void {
    if (this.manner === undefined) return
    this.givenUp = true
    this.lines = ''
    this.manner.failed(error)
  }

  private take(): Buffer {
    const bytes = Buffer.from(this.lines)
    this.lines = ''
    return bytes
  }
}
