/**
 * Giving the file of an upload its name.
 *
 * From the token `whole` on nobody writes to the file. While it lies in the upload it has no name yet, or, if its owner
 * was stopped between link(2) and unlink(2), the name is its second one. When it does not, it has been given its name.
 */
import type { FileDescriptor, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { noteChange } from '../files/exclusive.ts'
import { flush } from '../files/flush.ts'
import { changeOf, giveName as giveFile, parentFor } from '../files/naming.ts'
import { type Place, undo } from '../files/publish.ts'
import { freed } from '../files/room.ts'
import { type Walk, walking } from '../files/walk.ts'
import type { Grant } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { leave, taken } from './claim.ts'
import { discard } from './discard.ts'
import { partName, type Whole } from './names.ts'
import type { Upload } from './place.ts'
import { type Target, targetOf } from './record.ts'
import { readState, shift } from './state.ts'

/**
 * Give the file its name, flush that, and say so in the token.
 *
 * @throws Refusal exists, is_directory: its bytes have nowhere to go, and the upload is gone; no_parent and whatever
 *   else may pass: the upload is kept
 */
export function* giveName(site: Site, upload: Upload, whole: Whole): Program<void> {
  const target = targetOf(upload.record)
  if (!(yield* named(site, upload, whole, target))) yield* flushName(site, upload, whole, target)
  yield* markDone(upload, whole)
}

/** @returns false when the file has been given its name before */
function* named(site: Site, upload: Upload, whole: Whole, target: Target): Program<boolean> {
  const file: Place = { directory: upload.directory, name: partName(whole.part, 0) }
  try {
    return yield* nameIfThere(site, leaveFor(upload, target), file, target)
  } catch (error) {
    if (yield* isThere(file)) yield* goBack(site, upload, whole, error)
    // It was named, and that is not on disk: nobody is to be told that it is.
    else yield* discard(site, upload, whole)
    throw error
  }
}

/** Rights may have changed since the upload was begun. @throws as `Access.demand` */
function leaveFor({ access }: Upload, { path, replace }: Target): Grant {
  if (replace) access.demand('overwrite', path)
  return access.demand('upload', path)
}

function* nameIfThere(site: Site, grant: Grant, file: Place, target: Target): Program<boolean> {
  const fd = yield* openIfThere(file)
  if (fd === undefined) return false
  try {
    return yield* walking(site, grant, (walk) => nameOpen(site, walk, file, fd, target))
  } finally {
    yield* call('close', fd)
  }
}

function* openIfThere(file: Place): Program<FileDescriptor | undefined> {
  try {
    return yield* call('open', file.directory, file.name, 'read')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || (yield* isThere(file))) throw error
    return undefined
  }
}

function* nameOpen(site: Site, walk: Walk, file: Place, fd: FileDescriptor, target: Target): Program<boolean> {
  const { path, replace } = target
  const to: Place = { directory: yield* parentFor(walk, path), name: path.name }
  if (replace) yield* keepPermissions(site, fd, yield* call('lstat', to.directory, to.name))
  const status = yield* call('fstat', fd)
  try {
    const { replaced } = yield* giveFile(site, walk, target, { place: file, fd, status }, to)
    yield* freed(site, replaced)
    return true
  } catch (error) {
    // It may have been done: by one who was stopped then, or by another server just now.
    const late = errnoOf(error) === 'ENOENT' || (error instanceof Refusal && error.code === 'exists')
    if (late && (yield* isLinked(file, status, to))) return false
    throw error
  }
}

/** @param seen what the file is to replace: its permissions stay */
function* keepPermissions(site: Site, fd: FileDescriptor, seen: FileStatus | undefined): Program<void> {
  if (seen?.kind !== 'file' || seen.permissions === (yield* call('fstat', fd)).permissions) return
  yield* call('fchmod', fd, seen.permissions)
  yield* flush(site, fd)
}

/** Whether the file has its name already. If it still lies in the upload as well, it does not afterwards. */
function* isLinked(file: Place, ours: FileStatus, to: Place): Program<boolean> {
  const there = yield* call('lstat', to.directory, to.name)
  if (there === undefined || there.inode !== ours.inode || there.device !== ours.device) return false
  try {
    yield* call('unlink', file.directory, file.name)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  return true
}

/**
 * Whoever gave the file its name may have been stopped before that was on disk. And after a power cut it may not be there,
 * though it is in the upload no more: nothing says that of two changes the disk has the first when it has the second.
 *
 * @throws Refusal upload_gone when no such file has the name
 */
function* flushName(site: Site, upload: Upload, whole: Whole, { path }: Target): Program<void> {
  yield* walking(site, upload.access.demand('upload', path), function* (walk) {
    const directory = yield* orMoved(parentFor(walk, path))
    const there = directory && (yield* call('lstat', directory, path.name))
    noteChange(site, changeOf(walk, path))
    try {
      if (directory === undefined || there?.size !== upload.record.length) throw new Refusal('upload_gone', upload.id)
      yield* flush(site, directory.fd)
    } catch (error) {
      yield* discard(site, upload, whole)
      throw error
    }
  })
}

/** @returns undefined when the directory is not there any more */
function* orMoved<T>(step: Program<T>): Program<T | undefined> {
  try {
    return yield* step
  } catch (error) {
    if (error instanceof Refusal && error.code === 'no_parent') return undefined
    throw error
  }
}

/** Say so in the token. That the bytes are not in the upload any more says the same, if it is not ended meanwhile. */
function* markDone(upload: Upload, whole: Whole): Program<void> {
  let ours = true
  try {
    ours = yield* shift(upload, whole, { kind: 'done' })
  } catch {
    // It is as good as done.
  }
  if (ours) return
  // Another has found it without its name, and says so in our place; or else it was ended, with the bytes that we miss.
  const { token } = yield* readState(upload)
  if (token.kind !== 'done' && token.kind !== 'whole') throw taken(upload)
}

/** The file cannot have its name now, or never will. */
function* goBack(site: Site, upload: Upload, whole: Whole, error: unknown): Program<void> {
  const never = error instanceof Refusal && (error.code === 'exists' || error.code === 'is_directory')
  const step = never ? discard(site, upload, whole) : leave(site, upload, whole, upload.record.length, whole.part)
  yield* undo(ignoring(step))
}

function* ignoring(step: Program<unknown>): Program<void> {
  yield* step
}

/** Whether the file lies in the upload. It is never taken to be gone because it cannot be looked at. */
function* isThere(file: Place): Program<boolean> {
  try {
    return (yield* call('lstat', file.directory, file.name)) !== undefined
  } catch {
    return true
  }
}
