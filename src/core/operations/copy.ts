/**
 * Copying files and directories: made whole under a temporary name, then given its own.
 */
import type { FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { type Changing, exclusively } from '../files/exclusive.ts'
import { confirm } from '../files/flush.ts'
import { changeOf, nameFree, parentFor } from '../files/naming.ts'
import { type Place, publishDirectory, undo } from '../files/publish.ts'
import { Room } from '../files/room.ts'
import type { Changed } from '../files/shared-memory.ts'
import { temporaryNear } from '../files/temporary.ts'
import { type CopyOptions, copyEntry, copyTree, removeTree } from '../files/tree.ts'
import { type Walk, walking } from '../files/walk.ts'
import type { Access, Sight } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { admitSource, admitTransfer, type TransferRequest, type Transferred } from './renaming.ts'

/** The name that the copy is to have. */
interface Target extends Place {
  /** What is changed with it. */
  readonly changed: Changed
}

/**
 * Copy a file, or a directory with everything in it that whoever asks may read.
 *
 * @returns whether the new name was new
 * @throws Refusal not_found, exists, no_parent, into_itself, is_directory, not_a_file, too_large, what `check` throws; and as `Access.demandTree`
 */
export function* copy(site: Site, access: Access, wanted: TransferRequest): Program<'created' | 'replaced'> {
  const { from, to, replace } = wanted
  const look = access.demand('read', from)
  const arrive = access.demandTree('copy', to)
  if (replace) access.demand('overwrite', to)
  admitTransfer(from, to)
  return yield* walking(site, look, function* (source) {
    const old: Place = { directory: yield* source.toParentOf(from), name: from.name }
    const seen = yield* admitSource(wanted, old)
    if (!source.sight.shows(old.name, seen.kind === 'directory')) throw new Refusal('not_found', from.text)
    const sight = source.sight.within(old.name)
    return yield* walking(site, arrive, function* (target) {
      const place: Target = {
        directory: yield* parentFor(target, to),
        name: to.name,
        changed: changeOf(target, to),
      }
      return yield* duplicate(site, wanted, target, old, place, seen, sight)
    })
  })
}

function* duplicate(
  site: Site,
  wanted: TransferRequest,
  target: Walk,
  old: Place,
  place: Target,
  seen: FileStatus,
  sight: Sight,
): Program<'created' | 'replaced'> {
  // Before anything is read, and again in the step that gives the name.
  yield* admitTarget(wanted, place, seen)
  const room = new Room(site, wanted.to.text)
  try {
    const done = yield* temporaryNear(site, target, (directory, name) => {
      const made: Place = { directory, name }
      return seen.kind === 'directory'
        ? directoryCopy(site, wanted, old, made, place, { room, sight })
        : fileCopy(site, wanted, old, made, place, seen, room)
    })
    yield* room.keep(done.replaced)
    yield* confirm(site, place.directory.fd, wanted.to.text)
    return done.outcome
  } finally {
    yield* room.end()
  }
}

/** Whether the copy may have the name now. @returns what has it @throws Refusal exists */
function* admitTarget(wanted: TransferRequest, place: Place, seen: FileStatus): Program<FileStatus | undefined> {
  const there = yield* call('lstat', place.directory, place.name)
  if (there === undefined) return undefined
  // Two directories are never merged: what was there would be neither kept nor replaced.
  if (!wanted.replace || there.kind === 'directory' || seen.kind === 'directory')
    throw new Refusal('exists', wanted.to.text)
  return there
}

function* directoryCopy(
  site: Site,
  wanted: TransferRequest,
  old: Place,
  made: Place,
  place: Target,
  options: CopyOptions,
): Program<Transferred> {
  try {
    yield* copyTree(site, old, made, wanted.from.text, options)
    yield* exclusively(site, () => publishDirectory(made, place, wanted.to.text))
    return { outcome: 'created', replaced: 0 }
  } catch (error) {
    // What cannot be removed now is removed at a later start.
    yield* undo(removeTree(site, made))
    throw error
  }
}

function* fileCopy(
  site: Site,
  wanted: TransferRequest,
  old: Place,
  made: Place,
  place: Target,
  seen: FileStatus,
  room: Room,
): Program<Transferred> {
  try {
    yield* copyEntry(site, old, made, seen, wanted.from.text, { room, check: wanted.check })
    return yield* exclusively(site, (changing) => publish(wanted, made, place, seen, changing))
  } catch (error) {
    yield* undo(call('unlink', made.directory, made.name))
    throw error
  }
}

function* publish(
  wanted: TransferRequest,
  made: Place,
  place: Target,
  seen: FileStatus,
  changing: Changing,
): Program<Transferred> {
  const there = yield* admitTarget(wanted, place, seen)
  changing(place.changed)
  if (there !== undefined) yield* call('rename', made.directory, made.name, place.directory, place.name)
  else if (!(yield* nameFree(made, place))) {
    if (!wanted.replace) throw new Refusal('exists', wanted.to.text)
    return yield* publish(wanted, made, place, seen, changing)
  }
  return { outcome: there === undefined ? 'created' : 'replaced', replaced: there?.size ?? 0 }
}
