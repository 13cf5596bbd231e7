/**
 * Moving and renaming, of files and directories.
 */
import type { FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { exclusively } from '../files/exclusive.ts'
import { flush } from '../files/flush.ts'
import { type Place, publishDirectory, publishFile } from '../files/publish.ts'
import { statusOf } from '../files/status.ts'
import { parentFor } from '../files/store.ts'
import { walking } from '../files/walk.ts'
import type { SafePath } from '../paths.ts'
import { demand } from '../policy.ts'
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

/**
 * The new name that a person means: in a directory that exists, under the old name; otherwise as it is written.
 */
export function* destinationFor(site: Site, from: SafePath, wanted: SafePath): Program<SafePath> {
  // A directory renamed to the name it has would otherwise be moved into itself.
  if (wanted.text === from.text) return wanted
  return (yield* isDirectory(site, wanted)) ? wanted.child(from.name, from.slash) : wanted
}

function* isDirectory(site: Site, path: SafePath): Program<boolean> {
  try {
    return yield* walking(site, path.text, function* (walk) {
      return (yield* walk.kindOf(path)) === 'directory'
    })
  } catch {
    // Whatever is wrong with it, the operation itself will say.
    return false
  }
}

/** Refuse what cannot be moved or copied, whatever is on disk. @throws Refusal not_allowed, into_itself */
export function admitTransfer(from: SafePath, to: SafePath): void {
  if (from.isRoot || to.isRoot) throw new Refusal('not_allowed', 'the shared directory itself stays where it is')
  if (from.contains(to)) throw new Refusal('into_itself', from.text)
}

/**
 * Move something to a new name.
 *
 * @returns whether the new name was new
 * @throws Refusal not_found, exists, no_parent, into_itself, not_directory, read_only, and what `check` throws
 */
export function* move(site: Site, wanted: TransferRequest): Program<'created' | 'replaced'> {
  const { from, to } = wanted
  demand(site.policy, 'move')
  admitTransfer(from, to)
  return yield* walking(site, from.text, function* (source) {
    const old: Place = { directory: yield* source.toParentOf(from), name: from.name }
    yield* admitSource(wanted, old)
    return yield* walking(site, to.text, function* (target) {
      const place: Place = { directory: yield* parentFor(target, to), name: to.name }
      try {
        const done = yield* exclusively(transfer(wanted, old, place))
        yield* flush(site, place.directory.fd)
        yield* flush(site, old.directory.fd)
        return done
      } finally {
        site.cache?.clear()
      }
    })
  })
}

/** Whether the old name may be moved or copied now. @returns what has it @throws Refusal not_found, not_directory, and what `check` throws */
export function* admitSource(wanted: TransferRequest, old: Place): Program<FileStatus> {
  const { from } = wanted
  const seen = yield* statusOf(old.directory, old.name)
  if (seen === undefined) throw new Refusal('not_found', from.text)
  if (seen.kind !== 'directory' && from.slash) throw new Refusal('not_directory', from.text)
  wanted.check?.(seen)
  return seen
}

function* transfer(wanted: TransferRequest, old: Place, place: Place): Program<'created' | 'replaced'> {
  const seen = yield* admitSource(wanted, old)
  const there = yield* statusOf(place.directory, place.name)
  if (there !== undefined && !wanted.replace) throw new Refusal('exists', wanted.to.text)
  if (there !== undefined) return yield* replace(wanted, old, place, seen, there)
  yield* into(
    wanted.from,
    seen.kind === 'directory' ? publishDirectory(old, place, wanted.to.text) : publishFile(old, place, wanted.to.text),
  )
  return 'created'
}

function* replace(
  wanted: TransferRequest,
  old: Place,
  place: Place,
  seen: FileStatus,
  there: FileStatus,
): Program<'replaced'> {
  if (there.kind === 'directory' && seen.kind !== 'directory') throw new Refusal('is_directory', wanted.to.text)
  if (there.kind !== 'directory' && seen.kind === 'directory') throw new Refusal('not_directory', wanted.to.text)
  // rename(2) does nothing when both names are links to one file, and the old name would stay.
  if (isSame(there, seen) && !(yield* isOneName(old, place))) yield* call('unlink', old.directory, old.name)
  else yield* into(wanted.from, call('rename', old.directory, old.name, place.directory, place.name))
  return 'replaced'
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

/** What file systems that do not tell cases apart may take for the same. */
function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase()
}

/** rename(2) says EINVAL when a directory would come to lie in itself, as it may by way of a symbolic link. */
function* into(from: SafePath, step: Program<void>): Program<void> {
  try {
    yield* step
  } catch (error) {
    throw errnoOf(error) === 'EINVAL' ? new Refusal('into_itself', from.text) : error
  }
}
