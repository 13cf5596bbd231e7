/**
 * Moving to another file system, which may be mounted anywhere below the shared directory: a copy gets the new name,
 * and only once that is on disk is the old name removed.
 */
import type { FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { type Changing, exclusively } from '../files/exclusive.ts'
import { confirm } from '../files/flush.ts'
import { type Place, undo } from '../files/publish.ts'
import { Room } from '../files/room.ts'
import { temporaryNear } from '../files/temporary.ts'
import { copyEntry, copyTree, removeTree } from '../files/tree.ts'
import type { Walk } from '../files/walk.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { removeAtOnce } from './remove.ts'
import { admitSource, nameAs, type TransferRequest, type Transferred } from './renaming.ts'

/** @param target has come to the directory of `place` @throws as `move`; also Refusal changed, when the file was changed while it was copied */
export function* moveAcross(
  site: Site,
  wanted: TransferRequest,
  target: Walk,
  old: Place,
  place: Place,
): Program<Transferred> {
  const seen = yield* admitSource(wanted, old)
  const room = new Room(site, wanted.to.text)
  try {
    return yield* temporaryNear(site, target, function* (directory, name) {
      const made: Place = { directory, name }
      try {
        yield* copied(site, wanted, old, made, seen, room)
        return yield* exclusively(site, (changing) => exchange(site, wanted, seen, made, old, place, changing))
      } catch (error) {
        // What cannot be removed now is removed at a later start.
        yield* undo(seen.kind === 'directory' ? removeTree(site, made) : call('unlink', directory, name))
        throw error
      }
    })
  } finally {
    yield* room.end()
  }
}

function* copied(
  site: Site,
  wanted: TransferRequest,
  old: Place,
  made: Place,
  seen: FileStatus,
  room: Room,
): Program<void> {
  const { text } = wanted.from
  const options = { times: true, room }
  if (seen.kind === 'directory') yield* copyTree(site, old, made, text, options)
  else yield* copyEntry(site, old, made, seen, text, options)
}

/** Give the copy the new name, and take the old one away. */
function* exchange(
  site: Site,
  wanted: TransferRequest,
  seen: FileStatus,
  made: Place,
  old: Place,
  place: Place,
  changing: Changing,
): Program<Transferred> {
  const now = yield* admitSource(wanted, old)
  if (now.inode !== seen.inode || now.mtimeNs !== seen.mtimeNs || now.size !== seen.size) {
    throw new Refusal('changed', wanted.from.text)
  }
  const done = yield* nameAs(site, wanted, seen, made, place, () => changing('everything'))
  if (!done.flushed) yield* confirm(site, place.directory.fd, wanted.to.text)
  if (seen.kind === 'directory') yield* removeAtOnce(site, old, wanted.from.text)
  else yield* call('unlink', old.directory, old.name)
  return { ...done, flushed: true }
}
