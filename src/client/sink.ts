/** Pieces on their way into a file: gathered, so that they are written in few calls, while the next ones come. */
import type { FileHandle } from 'node:fs/promises'

/** How much is written at a time. */
const enough = 1024 * 1024

export class Sink {
  readonly #handle: FileHandle
  /** Where the next piece belongs. */
  #at: number
  #pieces: Buffer[] = []
  #gathered = 0
  #writing: Promise<void> = Promise.resolve()
  /** Bytes of the file, from where this began, that have been written. */
  written: number

  constructor(handle: FileHandle, at: number) {
    this.#handle = handle
    this.#at = at
    this.written = at
  }

  /** @returns undefined when there is no need to wait */
  add(piece: Buffer): Promise<void> | undefined {
    this.#pieces.push(piece)
    this.#gathered += piece.length
    return this.#gathered >= enough ? this.#next() : undefined
  }

  /** Write what is left. */
  async flush(): Promise<void> {
    await this.#next()
    await this.#writing
  }

  /** Wait for the write before, and begin the next one. */
  async #next(): Promise<void> {
    await this.#writing
    const pieces = this.#pieces
    const at = this.#at
    this.#at += this.#gathered
    this.#pieces = []
    this.#gathered = 0
    this.#writing = this.#write(pieces, at)
    // It is waited for by the next one, which may be long in coming.
    this.#writing.catch(() => {})
  }

  async #write(pieces: Buffer[], at: number): Promise<void> {
    let rest = pieces
    let position = at
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest, position)
      position += bytesWritten
      this.written = position
      rest = behind(rest, bytesWritten)
    }
  }
}

/** What is left of pieces behind their first bytes. */
function behind(pieces: Buffer[], bytes: number): Buffer[] {
  let skip = bytes
  const rest: Buffer[] = []
  for (const piece of pieces) {
    if (skip < piece.length) rest.push(skip === 0 ? piece : piece.subarray(skip))
    skip = Math.max(0, skip - piece.length)
  }
  return rest
}
