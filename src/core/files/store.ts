/**
 * Storing a file: written under a temporary name, flushed to disk, and only then given its own.
 *
 * Anything that stops it earlier leaves what was there as it was, and nothing new with that name.
 */

import { loanSize } from '../buffers.ts'
import type { FileDescriptor, FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import type { ByteSource } from '../http/body.ts'
import type { Access, Grant } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { ahead, writeAll } from './bytes.ts'
import { dated, freshTime } from './dating.ts'
import { noteChange } from './exclusive.ts'
import { flush } from './flush.ts'
import { admit, type Finished, giveName, type Naming, parentFor, type Stored } from './naming.ts'
import { type Place, undo } from './publish.ts'
import { Room } from './room.ts'
import { nearby, withTemporary } from './temporary.ts'
import { walking } from './walk.ts'

/** `check` is asked before the body is read, and again before the name is given. */
export interface StoreRequest extends Naming {
  readonly source: ByteSource
  /** Bytes that the source will have, where that is known. */
  readonly length?: number | undefined
  /** Whether the source has all of it at hand, in one piece. */
  readonly arrived?: boolean | undefined
  /** What the file's time is to be, in nanoseconds since 1970: now, unless said. */
  readonly mtimeNs?: bigint | undefined
}

/** @throws Refusal exists, is_directory, no_parent, too_large, storage_full, quota_exceeded; as `Access.demand`; and whatever `check` and the source throw */
export function* store(site: Site, access: Access, wanted: StoreRequest): Program<Stored> {
  const { path, source, length } = wanted
  const grant = access.demand('upload', path)
  if (wanted.replace) access.demand('overwrite', path)
  if (path.isRoot || path.slash) throw new Refusal('is_directory', path.text)
  if (!wanted.arrived || wanted.replace || length === undefined || length > loanSize) {
    return yield* storeInSteps(site, grant, wanted)
  }
  const bytes = yield* source.next()
  // The end of the source is also where it tells that something is wrong with it.
  if (bytes.length > 0) yield* source.next()
  const status = yield* storeAtOnce(site, wanted, bytes)
  if (status !== undefined) return { outcome: 'created', status, replaced: 0 }
  return yield* storeInSteps(site, grant, { ...wanted, source: onePiece(bytes) })
}

/** @returns undefined when it must be done in steps */
function* storeAtOnce(site: Site, wanted: StoreRequest, bytes: Uint8Array): Program<FileStatus | undefined> {
  const { path } = wanted
  wanted.check?.(undefined)
  const room = new Room(site, path.text, site.maxUpload)
  try {
    yield* room.take(bytes.length)
    const mtimeNs = wanted.mtimeNs ?? freshTime(site)
    const stored = yield* nearby(site, (temporary) =>
      call('storeSmall', { root: site.root, names: path.segments, temporary, mtimeNs, durable: site.durable }, bytes),
    )
    if (stored === undefined) return undefined
    if (!stored.confirmed) throw new Refusal('unconfirmed', path.text)
    yield* room.keep()
    return stored.status
  } finally {
    yield* room.end()
    // Nothing was followed on the way: it is this path's file and no other's.
    noteChange(site, [path.text])
  }
}

function onePiece(bytes: Uint8Array): ByteSource {
  let rest = bytes
  return {
    // biome-ignore lint/correctness/useYield: there is nothing to wait for
    *next() {
      const piece = rest
      rest = bytes.subarray(bytes.length)
      return piece
    },
  }
}

function* storeInSteps(site: Site, grant: Grant, wanted: StoreRequest): Program<Stored> {
  const { path } = wanted
  return yield* walking(site, grant, function* (walk) {
    const to: Place = { directory: yield* parentFor(walk, path), name: path.name }
    const seen = yield* admit(to, wanted)
    const room = new Room(site, path.text, site.maxUpload)
    try {
      yield* room.announce(wanted.length)
      const source = yield* ahead(wanted.source)
      const stored = yield* withTemporary(site, (directory, name) =>
        fill(site, { ...wanted, source }, room, { directory, name }, seen, (made) =>
          giveName(site, walk, wanted, made, to),
        ),
      )
      yield* room.keep(stored.replaced)
      return stored
    } finally {
      yield* room.end()
    }
  })
}

/** @param seen what the file is to replace: its permissions stay */
function* fill(
  site: Site,
  wanted: StoreRequest,
  room: Room,
  place: Place,
  seen: FileStatus | undefined,
  finish: (made: Finished) => Program<Stored>,
): Program<Stored> {
  const fd = yield* call('open', place.directory, place.name, 'create')
  try {
    const status = yield* write(site, wanted, room, fd, seen)
    const stored = yield* finish({ place, fd, status })
    yield* call('close', fd)
    return stored
  } catch (error) {
    // What cannot be removed now is removed at a later start.
    yield* undo(call('unlink', place.directory, place.name))
    yield* call('close', fd)
    throw error
  }
}

function* write(
  site: Site,
  wanted: StoreRequest,
  room: Room,
  fd: FileDescriptor,
  seen: FileStatus | undefined,
): Program<FileStatus> {
  yield* writeAll(fd, wanted.source, room)
  const status = yield* dated(site, fd, wanted.mtimeNs)
  if (seen?.kind === 'file' && seen.permissions !== status.permissions) yield* call('fchmod', fd, seen.permissions)
  yield* flush(site, fd)
  return status
}
