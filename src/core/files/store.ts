/**
 * Storing a file: written under a temporary name, flushed to disk, and only then given its own.
 *
 * Anything that stops it earlier leaves what was there as it was, and nothing new with that name.
 */
import type { Directory, FileDescriptor, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import type { ByteSource } from '../http/body.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { writeAll } from './bytes.ts'
import { exclusively } from './exclusive.ts'
import { flush } from './flush.ts'
import { type Place, publishFile, undo } from './publish.ts'
import { statusOf } from './status.ts'
import { withTemporary } from './temporary.ts'
import { type Walk, walking } from './walk.ts'

export interface StoreRequest {
  readonly path: SafePath
  readonly source: ByteSource
  /** Whether a file that has the name is replaced. */
  readonly replace: boolean
  /** Throws when the state of the name is not what the client asked for. Called before the body is read, and again before the name is given. */
  readonly check?: (seen: FileStatus | undefined) => void
}

/** The step of time that every engine can set. */
const microsecond = 1000n

/** A file that was stored. */
export interface Stored {
  /** Whether the name was new. */
  readonly outcome: 'created' | 'replaced'
  /** What the new file is, for its validators. */
  readonly status: FileStatus
}

/** @throws Refusal exists, is_directory, no_parent, storage_full; and whatever `check` and the source throw */
export function* store(site: Site, wanted: StoreRequest): Program<Stored> {
  const { path } = wanted
  if (path.isRoot || path.slash) throw new Refusal('is_directory', path.text)
  return yield* walking(site, path.text, function* (walk) {
    const to: Place = { directory: yield* parentFor(walk, path), name: path.name }
    yield* admit(to, wanted)
    try {
      const done = yield* withTemporary(site, (directory, name) => fill(site, wanted, { directory, name }, to))
      yield* flush(site, to.directory.fd)
      return done
    } finally {
      forget(site, walk, path)
    }
  })
}

/** The path may now lead to something else, even if what came after that has failed. */
export function forget(site: Site, walk: Walk, path: SafePath): void {
  // By way of a link it is another path's file that was changed.
  if (walk.followed) site.cache?.clear()
  else site.cache?.forget(path.text)
}

/** The directory that will hold the path. @throws Refusal no_parent */
export function* parentFor(walk: Walk, path: SafePath): Program<Directory> {
  try {
    return yield* walk.toParentOf(path)
  } catch (error) {
    const errno = errnoOf(error)
    throw errno === 'ENOENT' || errno === 'ENOTDIR' ? new Refusal('no_parent', path.text) : error
  }
}

/** Whether the name may be given now. @returns what has it */
function* admit(to: Place, wanted: StoreRequest): Program<FileStatus | undefined> {
  const seen = yield* statusOf(to.directory, to.name)
  wanted.check?.(seen)
  if (seen?.kind === 'directory') throw new Refusal('is_directory', wanted.path.text)
  if (seen !== undefined && !wanted.replace) throw new Refusal('exists', wanted.path.text)
  return seen
}

function* fill(site: Site, wanted: StoreRequest, temporary: Place, to: Place): Program<Stored> {
  const fd = yield* call('open', temporary.directory, temporary.name, 'create')
  try {
    const status = yield* write(site, fd, wanted.source)
    const seen = yield* exclusively(publish(wanted, temporary, to))
    return { outcome: seen === undefined ? 'created' : 'replaced', status }
  } catch (error) {
    // What cannot be removed now is removed at a later start.
    yield* undo(call('unlink', temporary.directory, temporary.name))
    throw error
  }
}

/**
 * A time that no other file stored by this server has. The kernel dates files by the ticks of its clock, and two
 * versions of one size in one tick would have the same entity tag.
 */
function* dated(site: Site, fd: FileDescriptor): Program<FileStatus> {
  const status = yield* call('fstat', fd)
  if (status.mtimeNs > site.newest) {
    site.newest = status.mtimeNs
    return status
  }
  site.newest += microsecond
  yield* call('futimens', fd, site.newest)
  return yield* call('fstat', fd)
}

/** @returns what had the name before */
function* publish(wanted: StoreRequest, temporary: Place, to: Place): Program<FileStatus | undefined> {
  const seen = yield* admit(to, wanted)
  if (wanted.replace) yield* call('rename', temporary.directory, temporary.name, to.directory, to.name)
  else yield* publishFile(temporary, to, wanted.path.text)
  return seen
}

/** Write and flush a file, and close it in every case. */
function* write(site: Site, fd: FileDescriptor, source: ByteSource): Program<FileStatus> {
  try {
    yield* writeAll(fd, source)
    const status = yield* dated(site, fd)
    yield* flush(site, fd)
    return status
  } finally {
    yield* call('close', fd)
  }
}
