/**
 * The bytes of an upload that are on disk, in their order, whatever parts they lie in.
 */
import { borrow, giveBack } from '../buffers.ts'
import type { FileDescriptor } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'
import type { Part } from './names.ts'
import type { Upload } from './place.ts'

/** @param use takes one piece after the other, each valid until the next @throws Refusal failed when bytes are missing */
export function* eachPiece(
  { directory }: Pick<Upload, 'directory'>,
  parts: readonly Part[],
  length: number,
  use: (bytes: Uint8Array) => Program<void>,
): Program<void> {
  for (const [at, part] of parts.entries()) {
    const end = parts[at + 1]?.start ?? length
    const fd = yield* call('open', directory, part.name, 'read')
    try {
      yield* readFrom(fd, end - part.start, use)
    } finally {
      yield* call('close', fd)
    }
  }
}

function* readFrom(fd: FileDescriptor, length: number, use: (bytes: Uint8Array) => Program<void>): Program<void> {
  const buffer = borrow()
  try {
    for (let done = 0; done < length; ) {
      const count = yield* call('read', fd, buffer.subarray(0, length - done), done)
      if (count === 0) throw new Refusal('failed', 'bytes of the upload are missing')
      yield* use(buffer.subarray(0, count))
      done += count
    }
  } finally {
    giveBack(buffer)
  }
}

/** Where bytes are put one behind another. */
export class Sink {
  /** Where the next byte goes. */
  position = 0
  readonly #fd: FileDescriptor

  constructor(fd: FileDescriptor, position = 0) {
    this.#fd = fd
    this.position = position
  }

  /** Write all of it. After a failure `position` tells how much was written. */
  *write(bytes: Uint8Array): Program<void> {
    for (let done = 0; done < bytes.length; ) {
      const count = yield* call('write', this.#fd, bytes.subarray(done), this.position)
      done += count
      this.position += count
    }
  }
}
