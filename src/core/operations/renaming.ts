/**
 * What moving and copying have in common, and giving something that is there a new name.
 */
import type { FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { flush } from '../files/flush.ts'
import { fold } from '../files/fold.ts'
import { type Place, publishDirectory, publishFile } from '../files/publish.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

export interface TransferRequest {
  readonly from: SafePath
  readonly to: SafePath
  /** Whether a file (or an empty directory) that has the new name is replaced. */
  readonly replace: boolean
  /** Throws when the state of the old name is not what the client asked for. */
  readonly check?: (seen: FileStatus) => void
}

/** Refuse what cannot be moved or copied, whatever is on disk. @throws Refusal not_allowed, into_itself */
export function admitTransfer(from: SafePath, to: SafePath): void {
  if (from.isRoot || to.isRoot) throw new Refusal('not_allowed', 'the shared directory itself stays where it is')
  if (from.contains(to)) throw new Refusal('into_itself', from.text)
}

/** What a move has come to. */
export interface Transferred {
  /** Whether the new name was new. */
  readonly outcome: 'created' | 'replaced'
  /** Bytes of what had it. */
  readonly replaced: number
  /** Whether the new name is on the disk already. */
  readonly flushed?: boolean
}

/** Whether the old name may be moved or copied now. @returns what has it @throws Refusal not_found, not_directory, and what `check` throws */
export function* admitSource(wanted: TransferRequest, old: Place): Program<FileStatus> {
  const { from } = wanted
  const seen = yield* call('lstat', old.directory, old.name)
  if (seen === undefined) throw new Refusal('not_found', from.text)
  if (seen.kind !== 'directory' && from.slash) throw new Refusal('not_directory', from.text)
  wanted.check?.(seen)
  return seen
}

/** Give something its new name. @param seen what has the old one @param changing is called before anything is changed */
export function* nameAs(
  site: Site,
  wanted: TransferRequest,
  seen: FileStatus,
  old: Place,
  place: Place,
  changing: () => void,
): Program<Transferred> {
  const there = yield* call('lstat', place.directory, place.name)
  if (there !== undefined && !wanted.replace) throw new Refusal('exists', wanted.to.text)
  if (there !== undefined) admitReplacement(wanted, seen, there)
  changing()
  if (there !== undefined) return yield* replace(wanted, old, place, seen, there)
  try {
    return yield* nameNew(site, wanted, seen, old, place)
  } catch (error) {
    // Somebody has given the name meanwhile: a small file, which does not wait for the lock.
    if (wanted.replace && error instanceof Refusal && error.code === 'exists') {
      return yield* nameAs(site, wanted, seen, old, place, changing)
    }
    throw error
  }
}

function* nameNew(
  site: Site,
  wanted: TransferRequest,
  seen: FileStatus,
  old: Place,
  place: Place,
): Program<Transferred> {
  const what = wanted.to.text
  if (seen.kind === 'directory') {
    yield* into(wanted.from, publishDirectory(old, place, what))
    return { outcome: 'created', replaced: 0 }
  }
  // No `into`: what is no directory cannot come to lie in itself.
  yield* publishFile(old, place, what, flush(site, place.directory.fd))
  return { outcome: 'created', replaced: 0, flushed: true }
}

/** @throws Refusal is_directory, not_directory */
function admitReplacement(wanted: TransferRequest, seen: FileStatus, there: FileStatus): void {
  if (there.kind === 'directory' && seen.kind !== 'directory') throw new Refusal('is_directory', wanted.to.text)
  if (there.kind !== 'directory' && seen.kind === 'directory') throw new Refusal('not_directory', wanted.to.text)
}

function* replace(
  wanted: TransferRequest,
  old: Place,
  place: Place,
  seen: FileStatus,
  there: FileStatus,
): Program<Transferred> {
  // rename(2) does nothing when both names are links to one file, and the old name would stay.
  if (isSame(there, seen) && !(yield* isOneName(old, place))) yield* call('unlink', old.directory, old.name)
  else yield* into(wanted.from, call('rename', old.directory, old.name, place.directory, place.name))
  return { outcome: 'replaced', replaced: there.kind === 'file' ? there.size : 0 }
}

function isSame(a: FileStatus, b: FileStatus): boolean {
  return a.inode === b.inode && a.device === b.device
}

/**
 * Whether two places are one, reached twice: by way of a symbolic link, or where the file system does not tell cases
 * apart. To remove the old name would then be to remove the file.
 */
function* isOneName(a: Place, b: Place): Program<boolean> {
  if (fold(a.name) !== fold(b.name)) return false
  return isSame(yield* call('fstat', a.directory.fd), yield* call('fstat', b.directory.fd))
}

/** rename(2) says EINVAL when a directory would come to lie in itself, as it may by way of a symbolic link. */
function* into(from: SafePath, step: Program<void>): Program<void> {
  try {
    yield* step
  } catch (error) {
    throw errnoOf(error) === 'EINVAL' ? new Refusal('into_itself', from.text) : error
  }
}
