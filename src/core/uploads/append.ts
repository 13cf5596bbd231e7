/**
 * Bytes that are added to an upload.
 *
 * However it ends, what has come counts and the upload is left: when the client is gone, is too slow, or the disk is full. Only
 * when they were to be checked, or are more than were announced, does nothing of this request count.
 */
import type { Hash } from 'node:crypto'
import type { FileDescriptor } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { pour, Writer } from '../files/bytes.ts'
import { flush } from '../files/flush.ts'
import { undo } from '../files/publish.ts'
import { Room } from '../files/room.ts'
import type { ByteSource } from '../http/body.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { claim, leave, taken } from './claim.ts'
import { complete } from './finish.ts'
import { inspect, standing } from './inspect.ts'
import { coverage, type Held, type Part, partName } from './names.ts'
import type { Upload } from './place.ts'
import { isPartial } from './record.ts'
import { attempts, shift } from './state.ts'

/** What the bytes must have, all together. */
export interface Checksum {
  readonly algorithm: string
  readonly hash: Hash
  readonly value: Uint8Array
}

export interface Addition {
  /** Where its first byte belongs. */
  readonly offset: number
  readonly source: ByteSource
  /** How many there are, where that is known before. */
  readonly length: number | undefined
  readonly checksums: readonly Checksum[]
}

/**
 * Add bytes to an upload. With the last of them the file gets its name.
 *
 * @returns how many the upload has then
 * @throws Refusal wrong_offset, too_large, checksum_mismatch, changed when somebody else has taken the upload,
 *   upload_locked, upload_gone; and what `complete` and the source throw
 */
export function* append(site: Site, upload: Upload, addition: Addition): Program<number> {
  const { length } = upload.record
  for (let left = attempts; left > 0; left -= 1) {
    const { state, offset } = yield* inspect(site, upload)
    if (addition.offset !== offset) throw new Refusal('wrong_offset', `${offset}`)
    if (offset + (addition.length ?? 0) > length) throw tooLong(upload)
    if (offset === length) return yield* nothing(site, upload, addition)
    const held = yield* claim(site, upload, state, offset)
    if (held !== undefined) return yield* write(site, upload, held, addition, state.parts)
  }
  throw new Refusal('upload_locked', upload.id)
}

/** Write within what may still be stored. @param parts that the upload has */
function* write(site: Site, upload: Upload, held: Held, addition: Addition, parts: readonly Part[]): Program<number> {
  const room = new Room(site, `the upload ${upload.id}`)
  try {
    return yield* new Writing(site, upload, held, addition, room).run(parts)
  } finally {
    yield* room.end()
  }
}

/** No byte is missing: but perhaps the file has not got its name yet. */
function* nothing(site: Site, upload: Upload, { source }: Addition): Program<number> {
  if ((yield* source.next()).length > 0) throw tooLong(upload)
  return (yield* standing(site, upload)).offset
}

function tooLong({ record }: Upload): Refusal {
  return new Refusal('too_large', `the upload was announced with ${record.length} bytes`)
}

/** An upload that is held, and being written to. */
class Writing {
  readonly #site: Site
  readonly #upload: Upload
  readonly #addition: Addition
  readonly #room: Room
  #held: Held
  #parts: readonly Part[] = []
  #fd: FileDescriptor | undefined
  /** Where in the upload the part begins. */
  #start = 0
  /** How many bytes the upload would have, with those that have been written. */
  #offset: number
  /** How many have come. */
  #come = 0

  constructor(site: Site, upload: Upload, held: Held, addition: Addition, room: Room) {
    this.#site = site
    this.#upload = upload
    this.#held = held
    this.#addition = addition
    this.#room = room
    this.#offset = held.offset
  }

  /** @param parts that the upload has */
  *run(parts: readonly Part[]): Program<number> {
    try {
      yield* this.#write(parts)
      return yield* this.#end()
    } finally {
      if (this.#fd !== undefined) yield* call('close', this.#fd)
    }
  }

  *#write(parts: readonly Part[]): Program<void> {
    try {
      yield* this.#room.announce(this.#addition.length)
      const fd = yield* this.#open(parts)
      if (this.#addition.checksums.length === 0) yield* this.#shift({ ...this.#held, mode: 'grow' })
      yield* this.#receive(fd)
    } catch (error) {
      yield* undo(this.#giveUp())
      throw error
    }
  }

  /** The part that is ours to write to. What somebody has left in it, and does not count, is cut off. */
  *#open(parts: readonly Part[]): Program<FileDescriptor> {
    const { offset, part: number } = this.#held
    const found = parts.find((part) => part.number === number)
    const part: Part = found ?? { name: partName(number, offset), number, start: offset }
    this.#parts = coverage([...parts.filter((each) => each !== found), part], number)
    this.#start = part.start
    const fd = yield* openOrCreate(this.#upload, part.name)
    this.#fd = fd
    const length = offset - part.start
    if ((yield* call('fstat', fd)).size > length) yield* call('ftruncate', fd, length)
    return fd
  }

  *#shift(next: Held): Program<void> {
    if (!(yield* shift(this.#upload, this.#held, next))) throw taken(this.#upload)
    this.#held = next
  }

  *#receive(fd: FileDescriptor): Program<void> {
    const writer = new Writer(fd, this.#offset - this.#start)
    try {
      yield* pour({ next: () => this.#next() }, writer, this.#room)
    } finally {
      writer.end()
      // When there was more than was announced, nothing of it counts.
      this.#offset = this.#fits ? this.#start + writer.position : this.#held.offset
    }
    for (const { algorithm, hash, value } of this.#addition.checksums) {
      if (!hash.digest().equals(value)) throw new Refusal('checksum_mismatch', algorithm)
    }
  }

  /** The next bytes that are to be written. */
  *#next(): Program<Uint8Array> {
    const bytes = yield* this.#addition.source.next()
    this.#come += bytes.length
    if (!this.#fits) throw tooLong(this.#upload)
    for (const { hash } of this.#addition.checksums) hash.update(bytes)
    return bytes
  }

  get #fits(): boolean {
    return this.#held.offset + this.#come <= this.#upload.record.length
  }

  *#end(): Program<number> {
    const { record } = this.#upload
    yield* this.#room.keep()
    if (this.#offset < record.length || isPartial(record)) yield* this.#leave()
    else {
      yield* this.#flush()
      yield* complete(this.#site, this.#upload, this.#held, this.#parts)
    }
    return this.#offset
  }

  /** Leave the upload with what counts of what has come. */
  *#giveUp(): Program<void> {
    if (this.#held.mode === 'checked') {
      this.#offset = this.#held.offset
      // Nobody counts these bytes, but they take room.
      if (this.#fd !== undefined) yield* undo(call('ftruncate', this.#fd, this.#offset - this.#start))
    } else yield* this.#room.keep()
    yield* this.#leave()
  }

  *#leave(): Program<void> {
    yield* this.#flush()
    yield* this.#leaveWith(this.#offset)
  }

  *#leaveWith(offset: number): Program<void> {
    const { part } = this.#held
    if (!(yield* leave(this.#site, this.#upload, this.#held, offset, part))) throw taken(this.#upload)
  }

  /** Flush what was written. After a failure nobody knows what of it is on disk, and nothing of it counts. */
  *#flush(): Program<void> {
    if (this.#offset === this.#held.offset) return
    try {
      yield* flush(this.#site, this.#fd as FileDescriptor)
    } catch (error) {
      yield* undo(this.#leaveWith(this.#held.offset))
      throw error
    }
  }
}

/** Open a part to write to. It may have been made already: by whoever had its number before, and wrote nothing. */
function* openOrCreate({ directory }: Upload, name: string): Program<FileDescriptor> {
  try {
    return yield* call('open', directory, name, 'write')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return yield* call('open', directory, name, 'create')
  }
}
