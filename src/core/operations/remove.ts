/**
 * Deleting files and directories.
 */
import type { FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { exclusively } from '../files/exclusive.ts'
import { confirm, flush } from '../files/flush.ts'
import { type Place, undo } from '../files/publish.ts'
import { statusOf } from '../files/status.ts'
import { withTemporary } from '../files/temporary.ts'
import { admitRemoval, removeTree } from '../files/tree.ts'
import { walking } from '../files/walk.ts'
import type { SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

export interface RemoveRequest {
  readonly path: SafePath
  /** What may be deleted: a file (or anything else that is no directory), a directory, or either. */
  readonly kind: 'file' | 'directory' | 'any'
  /** Whether a directory goes with everything in it. */
  readonly recursive: boolean
  /** Throws when the state of the name is not what the client asked for. */
  readonly check?: (seen: FileStatus) => void
}

/** @throws Refusal not_found, is_directory, not_directory, not_empty, what `check` throws; and as `Access.demandTree` */
export function* remove(site: Site, access: Access, wanted: RemoveRequest): Program<void> {
  const { path } = wanted
  const grant = wanted.recursive ? access.demandTree('delete', path) : access.demand('delete', path)
  if (path.isRoot) throw new Refusal('not_allowed', 'the shared directory itself cannot be deleted')
  yield* walking(site, grant, function* (walk) {
    const place: Place = { directory: yield* walk.toParentOf(path), name: path.name }
    const forget = () => site.cache?.clear()
    const left = yield* exclusively(site, forget, removeShallow(site, wanted, place))
    try {
      if (left) yield* removeAtOnce(site, place, path.text)
    } finally {
      forget()
    }
    if (left) site.quota?.forget()
    else yield* confirm(site, place.directory.fd, path.text)
  })
}

/** Remove all but a directory with everything in it. @returns whether it is one */
function* removeShallow(site: Site, wanted: RemoveRequest, place: Place): Program<boolean> {
  const seen = yield* statusOf(place.directory, place.name)
  if (seen === undefined) throw new Refusal('not_found', wanted.path.text)
  admit(wanted, seen)
  if (seen.kind === 'directory') {
    if (wanted.recursive) return true
    yield* call('rmdir', place.directory, place.name)
  } else {
    yield* call('unlink', place.directory, place.name)
    if (seen.kind === 'file') site.quota?.freed(seen.size)
  }
  return false
}

function admit(wanted: RemoveRequest, seen: FileStatus): void {
  const { path } = wanted
  const directory = seen.kind === 'directory'
  wanted.check?.(seen)
  if (directory && wanted.kind === 'file') throw new Refusal('is_directory', path.text)
  if (!directory && (wanted.kind === 'directory' || path.slash)) throw new Refusal('not_directory', path.text)
}

/**
 * Remove a tree so that nobody sees half of it: it is moved out of sight, and is gone with that, once the disk has it.
 * Until then nothing is touched; afterwards what cannot be removed is left for a later start.
 */
export function* removeAtOnce(site: Site, place: Place, what: string): Program<void> {
  yield* admitRemoval(site, place, what)
  yield* withTemporary(site, function* (directory, name) {
    try {
      yield* call('rename', place.directory, place.name, directory, name)
    } catch (error) {
      // rename(2): a directory that we may empty but not move, or a file system mounted below the shared directory.
      if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EXDEV') throw error
      yield* removeTree(site, place)
      return yield* confirm(site, place.directory.fd, what)
    }
    try {
      yield* flush(site, place.directory.fd)
    } catch (error) {
      // A power cut could bring back what is left of it by then.
      yield* undo(call('rename', directory, name, place.directory, place.name))
      throw error
    }
    yield* undo(removeTree(site, { directory, name }))
  })
}
