/**
 * Giving a finished file its name: the last steps of everything that stores one.
 *
 * In this order: the name is looked at again, given, and flushed. What fails before the name is given leaves what had
 * it; the file itself is then still where it was made, for whoever made it to remove.
 */
import type { Directory, FileDescriptor, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { microsecondOf, timeIn } from './dating.ts'
import { exclusively } from './exclusive.ts'
import { confirm, flush } from './flush.ts'
import { orAcross, type Place, publishFile, undo } from './publish.ts'
import type { Changed } from './shared-memory.ts'
import { temporaryNear } from './temporary.ts'
import { copyEntry } from './tree.ts'
import type { Walk } from './walk.ts'

/** What a file is to be called, and on what condition. */
export interface Naming {
  readonly path: SafePath
  /** Whether a file that has the name is replaced. */
  readonly replace: boolean
  /** Throws when the state of the name is not what the client asked for. */
  readonly check?: ((seen: FileStatus | undefined) => void) | undefined
}

/** A file that is whole and flushed, and still open, under a name that nobody sees. */
export interface Finished {
  readonly place: Place
  readonly fd: FileDescriptor
  readonly status: FileStatus
}

/** A file that was stored. */
export interface Stored {
  /** Whether the name was new. */
  readonly outcome: 'created' | 'replaced'
  /** What the new file is, for its validators. */
  readonly status: FileStatus
  /** Bytes of what had the name. */
  readonly replaced: number
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

/** What is changed with the file that a path leads to. @param walk has come to its directory */
export function changeOf(walk: Walk, path: SafePath): Changed {
  // By way of a link it is another path's file.
  return walk.followed ? 'everything' : [path.text]
}

/** Whether the name may be given now. @returns what has it @throws Refusal is_directory, exists, and what `check` throws */
export function* admit(to: Place, wanted: Naming): Program<FileStatus | undefined> {
  const seen = yield* call('lstat', to.directory, to.name)
  wanted.check?.(seen)
  if (seen?.kind === 'directory') throw new Refusal('is_directory', wanted.path.text)
  if (seen !== undefined && !wanted.replace) throw new Refusal('exists', wanted.path.text)
  return seen
}

/**
 * Give a file its name, which no other server changes meanwhile.
 *
 * @param walk has come to the directory of `to`
 * @throws as `admit`; the file is then where it was
 */
export function* giveName(site: Site, walk: Walk, wanted: Naming, made: Finished, to: Place): Program<Stored> {
  const named = (file: Finished) =>
    exclusively(site, (changing) => publish(site, wanted, file, to, () => changing(changeOf(walk, wanted.path))))
  const stored = yield* orAcross(named(made), () => across(site, walk, wanted, made, named))
  yield* confirm(site, to.directory.fd, wanted.path.text)
  return stored
}

/** @param changing is called before the name is changed */
function* publish(site: Site, wanted: Naming, made: Finished, to: Place, changing: () => void): Program<Stored> {
  const seen = yield* admit(to, wanted)
  const status = yield* distinct(site, made, seen)
  changing()
  // rename(2) does nothing when both names are of one file: whoever gave it this one was stopped before he took the other.
  if (seen !== undefined && seen.inode === status.inode && seen.device === status.device)
    yield* call('unlink', made.place.directory, made.place.name)
  else if (seen !== undefined) yield* call('rename', made.place.directory, made.place.name, to.directory, to.name)
  else if (!(yield* nameFree(made.place, to))) {
    if (wanted.replace) return yield* publish(site, wanted, made, to, changing)
    // If there was a condition, it is what is not met.
    yield* admit(to, wanted)
    throw new Refusal('exists', wanted.path.text)
  }
  return { outcome: seen === undefined ? 'created' : 'replaced', status, replaced: seen?.size ?? 0 }
}

/**
 * Give a name that was free a moment ago. Small files are named without the lock (`small.ts`): what they have named must be
 * seen before it is replaced.
 *
 * @returns whether it was free still
 */
export function* nameFree(from: Place, to: Place): Program<boolean> {
  try {
    yield* publishFile(from, to, to.name)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/**
 * A client that dates its files may give two versions of one size the same time, and so the same strong entity tag
 * (RFC 9110, section 8.8.1). The later one is moved, by less than a millisecond and by chance: a third must not meet the first.
 */
function* distinct(site: Site, { fd, status }: Finished, seen: FileStatus | undefined): Program<FileStatus> {
  if (seen === undefined || seen.size !== status.size) return status
  const ahead = seen.mtimeNs - status.mtimeNs
  if (ahead < 0n || ahead > 1_000_000n) return status
  let chance = 0
  for (const letter of site.environment.unique()) chance = (chance * 31 + letter.charCodeAt(0)) % 999
  const moved = microsecondOf(status.mtimeNs) + BigInt(1 + chance)
  yield* call('futimens', fd, timeIn(moved === microsecondOf(seen.mtimeNs) ? moved + 1n : moved))
  yield* flush(site, fd)
  return yield* call('fstat', fd)
}

/** The shared directory holds another file system there: a copy is made on it first. */
function* across(
  site: Site,
  walk: Walk,
  wanted: Naming,
  made: Finished,
  named: (file: Finished) => Program<Stored>,
): Program<Stored> {
  const stored = yield* temporaryNear(site, walk, function* (directory, name) {
    const place: Place = { directory, name }
    try {
      yield* copyEntry(site, made.place, place, made.status, wanted.path.text, { times: true })
      const fd = yield* call('open', directory, name, 'read')
      try {
        return yield* named({ place, fd, status: yield* call('fstat', fd) })
      } finally {
        yield* call('close', fd)
      }
    } catch (error) {
      yield* undo(call('unlink', directory, name))
      throw error
    }
  })
  yield* undo(call('unlink', made.place.directory, made.place.name))
  return stored
}
