/**
 * Deleting files and directories.
 */
import type { FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { exclusively } from '../files/exclusive.ts'
import { confirm, flush } from '../files/flush.ts'
import { changeOf } from '../files/naming.ts'
import { type Place, undo } from '../files/publish.ts'
import { freed } from '../files/room.ts'
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
    const left = yield* exclusively(site, (changing) =>
      removeShallow(wanted, place, () => changing(changeOf(walk, path))),
    )
    if (left === 'tree') return yield* removeTreeAt(site, wanted, place)
    yield* freed(site, left)
    yield* confirm(site, place.directory.fd, path.text)
  })
}

/** Remove all but a directory with everything in it. @param changing is called before anything is changed @returns what is left, or how many bytes were freed */
function* removeShallow(wanted: RemoveRequest, place: Place, changing: () => void): Program<'tree' | number> {
  const seen = yield* admitted(wanted, place)
  if (seen.kind === 'directory') {
    if (wanted.recursive) return 'tree'
    yield* call('rmdir', place.directory, place.name)
    return 0
  }
  changing()
  yield* call('unlink', place.directory, place.name)
  return seen.kind === 'file' ? seen.size : 0
}

function* removeTreeAt(site: Site, wanted: RemoveRequest, place: Place): Program<void> {
  const step = (removal: Program<void>) =>
    exclusively(site, function* (changing) {
      // While the tree was walked through, something else may have been given its name.
      const { kind } = yield* admitted(wanted, place)
      if (kind !== 'directory') throw new Refusal('changed', wanted.path.text)
      changing('everything')
      yield* removal
    })
  yield* removeAtOnce(site, place, wanted.path.text, step)
  if (site.quota !== undefined) yield* site.quota.forget(site)
}

/** @returns what is to be deleted @throws Refusal not_found, and as `admit` */
function* admitted(wanted: RemoveRequest, place: Place): Program<FileStatus> {
  const seen = yield* call('lstat', place.directory, place.name)
  if (seen === undefined) throw new Refusal('not_found', wanted.path.text)
  admit(wanted, seen)
  return seen
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
 *
 * @param what the path, for the sentences
 * @param exclusive makes an exclusive step of what takes it away, where it is not part of one
 */
export function* removeAtOnce(
  site: Site,
  place: Place,
  what: string,
  exclusive = (removal: Program<void>) => removal,
): Program<void> {
  yield* admitRemoval(site, place, what)
  yield* withTemporary(site, function* (directory, name) {
    try {
      yield* exclusive(outOfSight(site, place, { directory, name }))
    } catch (error) {
      // rename(2): a directory that we may empty but not move, or a file system mounted below the shared directory.
      if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EXDEV') throw error
      yield* exclusive(removeTree(site, place))
      return yield* confirm(site, place.directory.fd, what)
    }
    yield* undo(removeTree(site, { directory, name }))
  })
}

function* outOfSight(site: Site, place: Place, away: Place): Program<void> {
  yield* call('rename', place.directory, place.name, away.directory, away.name)
  try {
    yield* flush(site, place.directory.fd)
  } catch (error) {
    // A power cut could bring back what is left of it by then.
    yield* undo(call('rename', away.directory, away.name, place.directory, place.name))
    throw error
  }
}
