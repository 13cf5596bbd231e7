/**
 * A directory as a zip archive, made while it is sent.
 *
 * - Files are stored, not compressed: what people share is mostly compressed already, and compressing in
 *   JavaScript would hold the engine's thread for seconds.
 * - Symbolic links, what is no file, what vanishes meanwhile, and what this server or whoever asks may not read are left
 *   out, and so are names that no address has: with a backslash in it, a name can lead out of where an archive is unpacked.
 * - The format without its 64-bit extension, which the library lacks, ends at 4 GiB and 65,535 entries. A tree
 *   beyond that is refused before the first byte is sent; one that grows beyond it meanwhile breaks off.
 */
import { Zip, ZipPassThrough } from 'fflate'
import { giveBuffer, takeBuffer } from '../buffers.ts'
import type { Directory, FileDescriptor } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { Budget, entriesOf, inDirectory } from '../files/tree.ts'
import type { Walk } from '../files/walk.ts'
import type { Output } from '../http/output.ts'
import type { Sight } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { hasAddress, isShown, unlessGone } from './list.ts'

const mostEntries = 65_535
const mostBytes = 2 ** 32 - 1
/** A local header, a descriptor and a central header, their names aside (APPNOTE.TXT, sections 4.3.7, 4.3.9, 4.3.12). */
const headerBytes = 30 + 16 + 46
/** What the format can say: from 1980 to 2107, in steps of two seconds. */
const earliest = Date.UTC(1980, 0, 2)
const latest = Date.UTC(2099, 11, 30)

interface Visitor {
  directory(path: string): Program<void>
  file(path: string, holder: Directory, name: string, size: number, mtimeNs: bigint): Program<void>
}

function* visit(site: Site, walk: Walk, to: Visitor): Program<void> {
  const budget = new Budget(site)
  function* below(here: Directory, sight: Sight, prefix: string, depth: number): Program<void> {
    const entries = yield* entriesOf(here)
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (!isShown(site, sight, here, entry)) continue
      const { name, status } = entry
      budget.spend(depth)
      if (!hasAddress(name)) continue
      const path = prefix + name
      if (status?.kind === 'file') yield* to.file(path, here, name, status.size, status.mtimeNs)
      else if (status?.kind === 'directory') {
        yield* to.directory(`${path}/`)
        const step = (inner: Directory) => below(inner, sight.within(name), `${path}/`, depth + 1)
        yield* unlessGone(inDirectory({ directory: here, name }, step))
      }
    }
  }
  yield* below(walk.directory, walk.sight, '', 1)
}

/** How much of what the format can hold is used. */
class Room {
  #entries = 0
  #bytes = 0

  /** @throws Refusal too_large */
  take(path: string, size: number): void {
    this.#entries += 1
    this.#bytes += size + headerBytes + 2 * Buffer.byteLength(path)
    if (this.#entries > mostEntries) throw new Refusal('too_large', `an archive holds at most ${mostEntries} entries`)
    if (this.#bytes > mostBytes)
      throw new Refusal('too_large', 'an archive holds at most 4 GiB. Download the files one by one')
  }
}

/** Refuse a tree, which a walk has come to, that one archive cannot hold. @throws Refusal too_large */
export function* admitArchive(site: Site, walk: Walk): Program<void> {
  const room = new Room()
  yield* visit(site, walk, {
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *directory(path) {
      room.take(path, 0)
    },
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *file(path, _holder, _name, size) {
      room.take(path, size)
    },
  })
}

/** Write the archive of the directory that a walk has come to. @throws Refusal too_large when it has grown beyond the format since it was admitted */
export function* writeArchive(site: Site, walk: Walk, out: Output): Program<void> {
  const room = new Room()
  const made: Uint8Array[] = []
  const zip = new Zip((error, data) => {
    if (error) throw error
    made.push(data)
  })
  function* flush(): Program<void> {
    for (const piece of made.splice(0)) yield* out.bytes(piece)
  }
  yield* visit(site, walk, {
    *directory(path) {
      room.take(path, 0)
      const entry = new ZipPassThrough(path)
      zip.add(entry)
      entry.push(new Uint8Array(0), true)
      yield* flush()
    },
    *file(path, holder, name, size, mtimeNs) {
      // An entry that was begun must have its bytes: so the file is opened before.
      const fd = yield* openIfThere(holder, name)
      if (fd === undefined) return
      try {
        room.take(path, size)
        const entry = new ZipPassThrough(path)
        entry.mtime = Math.min(latest, Math.max(earliest, Number(mtimeNs / 1_000_000n)))
        zip.add(entry)
        yield* copyInto(entry, fd, size, flush)
      } finally {
        yield* call('close', fd)
      }
    },
  })
  zip.end()
  yield* flush()
}

/** @returns undefined for what is no longer a file, and for what this server may not read */
function* openIfThere(holder: Directory, name: string): Program<FileDescriptor | undefined> {
  try {
    return yield* call('open', holder, name, 'read')
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'EACCES' || errno === 'ELOOP') return undefined
    throw error
  }
}

/** The file's bytes: as many as it had when it was looked at, for what grows meanwhile could pass the format's end. */
function* copyInto(entry: ZipPassThrough, fd: FileDescriptor, size: number, flush: () => Program<void>): Program<void> {
  const buffer = takeBuffer()
  try {
    let position = 0
    while (position < size) {
      const count = yield* call('read', fd, buffer.subarray(0, size - position), position)
      if (count === 0) break
      position += count
      // What has been pushed may still be referred to when it is written: `flush` copies it out first.
      entry.push(buffer.subarray(0, count))
      yield* flush()
    }
    entry.push(new Uint8Array(0), true)
    yield* flush()
  } finally {
    giveBuffer(buffer)
  }
}
