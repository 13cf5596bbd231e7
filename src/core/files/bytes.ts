/**
 * Bytes into files.
 */
import { enlarged, giveLarge, largeSize, smallSize, takeLarge } from '../buffers.ts'
import type { FileDescriptor } from '../calls.ts'
import type { ByteSource } from '../http/body.ts'
import { call, type Program } from '../program.ts'
import { undo } from './publish.ts'
import type { Room } from './room.ts'

/** A piece so large is written as it is: a copy of it would cost more than a call. */
const largePiece = 128 * 1024
const nothing = new Uint8Array(0)

/**
 * Write all that a source has.
 *
 * @param room is asked for each piece
 * @param position where in the file to begin
 * @returns where it ended
 */
export function* writeAll(fd: FileDescriptor, source: ByteSource, room?: Room, position = 0): Program<number> {
  const writer = new Writer(fd, position)
  try {
    yield* pour(source, writer, room)
    return writer.position
  } finally {
    writer.end()
  }
}

/** The same, for those who want to know how far it came: when the source fails, or there is no room, what came before is written. */
export function* pour(source: ByteSource, writer: Writer, room?: Room): Program<void> {
  for (;;) {
    const bytes = yield* next(source, writer, room)
    if (bytes.length === 0) break
    yield* writer.add(bytes)
  }
  yield* writer.flush()
}

function* next(source: ByteSource, writer: Writer, room: Room | undefined): Program<Uint8Array> {
  try {
    const bytes = yield* source.next()
    if (room !== undefined) yield* room.take(bytes.length)
    return bytes
  } catch (error) {
    yield* undo(writer.flush())
    throw error
  }
}

/**
 * Wait for the first bytes of a source, or all of them if they are few.
 *
 * What a slow body costs others is calls on files, and not its bytes. So it is only when more has come than is kept that anything need be made
 * for it: a client that sends a byte now and then, and never the last, has cost none.
 *
 * @returns the same source, from its beginning
 */
export function* ahead(source: ByteSource): Program<ByteSource> {
  let held: Uint8Array = nothing
  let filled = 0
  for (;;) {
    const bytes = yield* source.next()
    if (bytes.length === 0 || filled + bytes.length > smallSize) {
      return inTurn(filled === 0 ? [bytes] : [held.subarray(0, filled), bytes], source)
    }
    if (filled + bytes.length > held.length) held = enlarged(held.subarray(0, filled), filled + bytes.length)
    held.set(bytes, filled)
    filled += bytes.length
  }
}

function inTurn(pieces: Uint8Array[], source: ByteSource): ByteSource {
  return {
    *next() {
      return pieces.shift() ?? (yield* source.next())
    },
  }
}

/**
 * Bytes on their way into a file.
 *
 * Bodies come in pieces, as the network has them. They are gathered, for a write costs a trip to another thread in one
 * engine, and the kernel makes larger folios of larger writes. Whoever makes one ends it with `end`, in a `finally`.
 */
export class Writer {
  /** Where in the file the next write goes: whatever comes before it is written, also after a failure. */
  position: number
  readonly #fd: FileDescriptor
  /** It grows with what comes, and is a large one in the end, unless too many others have those. */
  #buffer: Uint8Array = nothing
  #filled = 0

  constructor(fd: FileDescriptor, position: number) {
    this.#fd = fd
    this.position = position
  }

  /** Write it, or keep a copy until there is more. */
  *add(bytes: Uint8Array): Program<void> {
    if (this.#filled > 0 || bytes.length < largePiece) this.#makeRoom(this.#filled + bytes.length)
    if (this.#filled + bytes.length > this.#buffer.length) yield* this.flush()
    if (this.#filled === 0 && (bytes.length >= largePiece || bytes.length > this.#buffer.length)) {
      return yield* this.#write(bytes)
    }
    this.#buffer.set(bytes, this.#filled)
    this.#filled += bytes.length
  }

  /** Write what is kept. */
  *flush(): Program<void> {
    const bytes = this.#buffer.subarray(0, this.#filled)
    this.#filled = 0
    yield* this.#write(bytes)
  }

  end(): void {
    if (this.#buffer.length === largeSize) giveLarge(this.#buffer as Buffer)
  }

  /** If there is any to be had. */
  #makeRoom(size: number): void {
    if (size <= this.#buffer.length || size > largeSize) return
    const held = this.#buffer.subarray(0, this.#filled)
    if (size <= smallSize) this.#buffer = enlarged(held, size)
    else this.#takeLarge(held)
  }

  #takeLarge(held: Uint8Array): void {
    const large = takeLarge()
    if (large === undefined) return
    large.set(held)
    this.#buffer = large
  }

  *#write(bytes: Uint8Array): Program<void> {
    for (let done = 0; done < bytes.length; ) {
      const count = yield* call('write', this.#fd, bytes.subarray(done), this.position)
      done += count
      this.position += count
    }
  }
}
