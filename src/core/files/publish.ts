/**
 * Giving a finished file or directory its name: the one step that others can see.
 *
 * It is atomic. Before it the name is free or has what it had; after it the name has all of the new.
 */
import type { Directory } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'

/** A name in an open directory. */
export interface Place {
  readonly directory: Directory
  readonly name: string
}

/** link(2) on file systems that have no hard links, and where a file has too many. */
const noLinks: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/**
 * Move a file to a name that nothing has.
 *
 * @param what the path, for the sentence
 * @param keep makes the new name last, where the file must not be lost with the old one: nothing says that of two changes
 *   the disk has the first when it has the second
 * @throws Refusal exists
 */
export function* publishFile(from: Place, to: Place, what: string, keep?: Program<void>): Program<void> {
  try {
    yield* call('link', from.directory, from.name, to.directory, to.name)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') throw new Refusal('exists', what)
    if (!noLinks.has(errno)) throw error
    yield* claimFile(from, to, what)
    if (keep !== undefined) yield* keep
    return
  }
  try {
    if (keep !== undefined) yield* keep
    yield* call('unlink', from.directory, from.name)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && (yield* isGone(from))) return
    // The file would have two names, and whoever asked is told that it failed.
    yield* undo(call('unlink', to.directory, to.name))
    throw error
  }
}

/** Whether somebody else has removed it meanwhile: another server, which took this one for dead and finished for it. If that cannot be told, a name too many is better than none. */
function* isGone({ directory, name }: Place): Program<boolean> {
  try {
    return (yield* call('lstat', directory, name)) === undefined
  } catch {
    return true
  }
}

/** The same without links: an empty file claims the name, and is replaced. A reader may see it empty for a moment. */
function* claimFile(from: Place, to: Place, what: string): Program<void> {
  yield* call('close', yield* unlessTaken(call('open', to.directory, to.name, 'create'), what))
  try {
    yield* call('rename', from.directory, from.name, to.directory, to.name)
  } catch (error) {
    yield* undo(call('unlink', to.directory, to.name))
    throw error
  }
}

/** rename(2) of a directory to a name that something has: only an empty directory is ever replaced. */
const taken: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])

/**
 * Move a directory to a name that nothing has. An empty directory that takes the name at this very moment is replaced;
 * to claim the name with one beforehand would leave it there after a crash. @throws Refusal exists
 */
export function* publishDirectory(from: Place, to: Place, what: string): Program<void> {
  if ((yield* call('lstat', to.directory, to.name)) !== undefined) throw new Refusal('exists', what)
  try {
    yield* call('rename', from.directory, from.name, to.directory, to.name)
  } catch (error) {
    throw taken.has(errnoOf(error)) ? new Refusal('exists', what) : error
  }
}

/** A step that makes a name. @param what the path, for the sentence @throws Refusal exists when something has it */
export function* unlessTaken<T>(step: Program<T>, what: string): Program<T> {
  try {
    return yield* step
  } catch (error) {
    throw errnoOf(error) === 'EEXIST' ? new Refusal('exists', what) : error
  }
}

/** A step between two places. @param across what to do instead where they turn out to be on two file systems */
export function* orAcross<T>(step: Program<T>, across: () => Program<T>): Program<T> {
  try {
    return yield* step
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    return yield* across()
  }
}

/** Take back what was done. Its own failure must not hide the one that led here. */
export function* undo(step: Program<void>): Program<void> {
  try {
    yield* step
  } catch {
    // What is left over is a name too many, never one too few.
  }
}
