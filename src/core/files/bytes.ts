/**
 * Bytes into files.
 */
import { giveLarge, takeLarge } from '../buffers.ts'
import type { FileDescriptor } from '../calls.ts'
import type { ByteSource } from '../http/body.ts'
import { call, type Program } from '../program.ts'
import { undo } from './publish.ts'
import type { Room } from './quota.ts'

/** A piece so large is written as it is: a copy of it would cost more than a call. */
const largePiece = 128 * 1024

/**
 * Write all that a source has.
 *
 * Bodies come in pieces, as the network has them. They are gathered, for a write costs a trip to another thread in one
 * engine, and the kernel makes larger folios of larger writes. When the source fails, what it had before is written.
 *
 * @param room is asked for each piece
 * @param position where in the file to begin
 * @returns where it ended
 */
export function* writeAll(fd: FileDescriptor, source: ByteSource, room?: Room, position = 0): Program<number> {
  const writer = new Writer(fd, position)
  try {
    for (;;) {
      const bytes = yield* nextOf(source, writer)
      if (bytes.length === 0) break
      if (room !== undefined) yield* room.take(bytes.length)
      yield* writer.add(bytes)
    }
    yield* writer.flush()
    return writer.position
  } finally {
    writer.end()
  }
}

function* nextOf(source: ByteSource, writer: Writer): Program<Uint8Array> {
  try {
    return yield* source.next()
  } catch (error) {
    yield* undo(writer.flush())
    throw error
  }
}

class Writer {
  /** Where in the file the next write goes. */
  position: number
  readonly #fd: FileDescriptor
  /** Nothing, when too many others gather as well. */
  readonly #buffer = takeLarge()
  #filled = 0

  constructor(fd: FileDescriptor, position: number) {
    this.#fd = fd
    this.position = position
  }

  *add(bytes: Uint8Array): Program<void> {
    const buffer = this.#buffer
    if (buffer === undefined) return yield* this.#write(bytes)
    if (bytes.length > buffer.length - this.#filled) yield* this.flush()
    if (this.#filled === 0 && bytes.length >= largePiece) return yield* this.#write(bytes)
    buffer.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  *flush(): Program<void> {
    const bytes = this.#buffer?.subarray(0, this.#filled)
    this.#filled = 0
    if (bytes !== undefined) yield* this.#write(bytes)
  }

  end(): void {
    if (this.#buffer !== undefined) giveLarge(this.#buffer)
  }

  *#write(bytes: Uint8Array): Program<void> {
    let done = 0
    while (done < bytes.length) done += yield* call('write', this.#fd, bytes.subarray(done), this.position + done)
    this.position += done
  }
}
