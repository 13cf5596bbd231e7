/**
 * Copying files and directories: made whole under a temporary name, then given its own.
 */
import type { FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { flush } from '../files/flush.ts'
import { forget, parentFor } from '../files/naming.ts'
import { type Place, publishDirectory, publishFile, undo } from '../files/publish.ts'
import { Room } from '../files/quota.ts'
import { statusOf } from '../files/status.ts'
import { temporaryNear } from '../files/temporary.ts'
import { copyEntry, copyTree, removeTree } from '../files/tree.ts'
import { type Walk, walking } from '../files/walk.ts'
import { demand } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { admitSource, admitTransfer, type TransferRequest } from './renaming.ts'

/**
 * Copy a file, or a directory with everything in it.
 *
 * @returns whether the new name was new
 * @throws Refusal not_found, exists, no_parent, into_itself, is_directory, not_a_file, too_large, read_only, and what `check` throws
 */
export function* copy(site: Site, wanted: TransferRequest): Program<'created' | 'replaced'> {
  const { from, to } = wanted
  demand(site.policy, 'copy')
  admitTransfer(from, to)
  return yield* walking(site, from.text, function* (source) {
    const old: Place = { directory: yield* source.toParentOf(from), name: from.name }
    const seen = yield* admitSource(wanted, old)
    return yield* walking(site, to.text, function* (target) {
      const place: Place = { directory: yield* parentFor(target, to), name: to.name }
      try {
        return yield* duplicate(site, wanted, target, old, place, seen)
      } finally {
        forget(site, target, to)
      }
    })
  })
}

function* duplicate(
  site: Site,
  wanted: TransferRequest,
  target: Walk,
  old: Place,
  place: Place,
  seen: FileStatus,
): Program<'created' | 'replaced'> {
  const what = wanted.to.text
  const there = yield* statusOf(place.directory, place.name)
  if (there !== undefined && !wanted.replace) throw new Refusal('exists', what)
  // Two directories are never merged: what was there would be neither kept nor replaced.
  if (there !== undefined && (there.kind === 'directory' || seen.kind === 'directory'))
    throw new Refusal('exists', what)
  const room = new Room(site, what)
  try {
    yield* temporaryNear(site, target, function* (directory, name) {
      const made: Place = { directory, name }
      yield* seen.kind === 'directory'
        ? directoryCopy(site, wanted, old, made, place, room)
        : fileCopy(site, wanted, old, made, place, seen, room)
    })
    room.keep(there?.size)
  } finally {
    room.end()
  }
  yield* flush(site, place.directory.fd)
  return there === undefined ? 'created' : 'replaced'
}

function* directoryCopy(
  site: Site,
  wanted: TransferRequest,
  old: Place,
  made: Place,
  place: Place,
  room: Room,
): Program<void> {
  try {
    yield* copyTree(site, old, made, wanted.from.text, { room })
    yield* publishDirectory(made, place, wanted.to.text)
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
  place: Place,
  seen: FileStatus,
  room: Room,
): Program<void> {
  try {
    yield* copyEntry(site, old, made, seen, wanted.from.text, { room })
    if (wanted.replace) yield* call('rename', made.directory, made.name, place.directory, place.name)
    else yield* publishFile(made, place, wanted.to.text)
  } catch (error) {
    yield* undo(call('unlink', made.directory, made.name))
    throw error
  }
}
