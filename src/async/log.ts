/**
 * The request log of the event-loop engine, and its trace: lines are gathered, and one write is under way at a time.
 *
 * - Lines are written whole, in pieces that do not mix with those of other processes.
 * - A log that cannot be written never stops the server: what cannot be written is dropped. A trace is given up.
 * - A pipe that is full and does not block (`EAGAIN`) is tried again later, and meanwhile the lines are kept, up
 *   to a bound.
 */
import fs from 'node:fs'
import { pieceOf, type Writing } from '../core/log.ts'

/** Kept at most, while the log takes nothing. */
const keptBytes = 1024 * 1024
/** How soon to try again a log that did not take its lines. */
const logTime = 100

export class Log {
  private readonly file: number
  private readonly manner: Writing | undefined
  private givenUp = false
  private lines = ''
  private writing = false
  private ending: (() => void) | undefined

  constructor(file: number, manner?: Writing) {
    this.file = file
    this.manner = manner
  }

  /** @returns false where there is no room for it */
  readonly line = (line: string): boolean => {
    if (this.givenUp) return false
    const room = this.lines.length < keptBytes
    if (room) this.lines += `${line}\n`
    if (!this.writing) this.next()
    return room
  }

  /** Resolves when everything has been written, or given up. Nothing may be logged afterwards. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.ending = resolve
      if (!this.writing) resolve()
    })
  }

  /** Write what there is now, once the requests of this turn have been seen to. */
  private next(): void {
    this.writing = true
    setImmediate(() => {
      const bytes = Buffer.from(this.lines)
      this.lines = ''
      this.write(bytes)
    })
  }

  private write(bytes: Buffer): void {
    fs.write(this.file, bytes, 0, pieceOf(bytes, this.manner?.piece), null, (error, written) => {
      const code = error?.code
      if (code === 'EAGAIN' && this.ending === undefined) {
        setTimeout(() => this.write(bytes), logTime)
        return
      }
      // EPIPE, ENOSPC, EIO, EBADF: these lines are lost.
      if (error !== null) this.giveUp(error)
      if (error === null && written < bytes.length) this.write(bytes.subarray(written))
      else if (this.lines.length > 0) this.next()
      else {
        this.writing = false
        this.ending?.()
      }
    })
  }

  private giveUp(error: NodeJS.ErrnoException): void {
    if (this.manner === undefined || this.givenUp) return
    this.givenUp = true
    this.lines = ''
    this.manner.failed(error)
  }
}
