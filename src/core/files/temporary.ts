/**
 * Temporary files and directories: where things are made before they get their name.
 *
 * They lie in `.twinserve/temporary` below the shared directory, so on the same file system, where `link` and
 * `rename` are atomic. That directory is never served.
 *
 * Their names begin with the process that makes them, so that a start removes at once what a crash has left, and leaves
 * alone what another server on the same directory is still making. Where that cannot be told, as for one on another
 * machine, the age decides.
 */
import type { Directory, FileStatus } from '../calls.ts'
import { errnoOf } from '../errors.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Place } from './publish.ts'
import { entriesOf, inDirectory, removeTree } from './tree.ts'
import type { Walk } from './walk.ts'

export const serverDirectory = '.twinserve'
export const temporaryDirectory = 'temporary'

/** Open a directory, and make it if need be. */
export function* ensure(parent: Directory, name: string): Program<Directory> {
  try {
    return yield* call('openDirectory', parent, name)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
  try {
    yield* call('mkdir', parent, name)
  } catch (error) {
    // Another request, or another server on the same directory, was faster.
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  return yield* call('openDirectory', parent, name)
}

function temporaryName({ environment }: Site): string {
  return `${environment.owner}.${environment.unique()}`
}

type Use<T> = (directory: Directory, name: string) => Program<T>

/**
 * Use a place for temporaries.
 *
 * @param use gets the directory and a name in it that nothing has
 * @param top the directory that holds the place
 */
export function* withTemporary<T>(site: Site, use: Use<T>, top = site.root): Program<T> {
  const server = yield* ensure(top, serverDirectory)
  try {
    const directory = yield* ensure(server, temporaryDirectory)
    try {
      return yield* use(directory, temporaryName(site))
    } finally {
      yield* call('close', directory.fd)
    }
  } finally {
    yield* call('close', server.fd)
  }
}

/** The place for temporaries, open from one use to the next, and closed behind the last when another has taken its place. */
export interface HeldPlace {
  readonly directory: Directory
  users: number
}

/**
 * Use a place for temporaries at the top, which is held open for the next use.
 *
 * @param use returns undefined when it had no success: somebody may have removed the directory
 */
export function* nearby<T>(site: Site, use: (temporary: Place) => Program<T | undefined>): Program<T | undefined> {
  const held = site.temporary ?? (yield* hold(site))
  held.users += 1
  try {
    const done = yield* use({ directory: held.directory, name: temporaryName(site) })
    if (done === undefined && site.temporary === held) site.temporary = undefined
    return done
  } finally {
    held.users -= 1
    if (held.users === 0 && site.temporary !== held) yield* call('close', held.directory.fd)
  }
}

function* hold(site: Site): Program<HeldPlace> {
  const server = yield* ensure(site.root, serverDirectory)
  try {
    // Of two that come at a time the later one stays.
    site.temporary = { directory: yield* ensure(server, temporaryDirectory), users: 0 }
    return site.temporary
  } finally {
    yield* call('close', server.fd)
  }
}

/** Close what `nearby` holds, once nobody uses it any more. */
export function* letGo(site: Site): Program<void> {
  if (site.temporary !== undefined) yield* call('close', site.temporary.directory.fd)
  site.temporary = undefined
}

/** Use a place for temporaries on the file system that a walk has come to, which may be mounted below the shared directory. */
export function* temporaryNear<T>(site: Site, walk: Walk, use: Use<T>): Program<T> {
  const top = yield* walk.topOfFileSystem()
  // A start does not look for such places.
  if (top !== site.root) yield* sweep(site, top)
  return yield* withTemporary(site, use, top)
}

/** Use the place for temporaries if there is one already: a server that nobody uploads to never makes it. */
function* inExisting(root: Directory, use: (directory: Directory) => Program<void>): Program<void> {
  const server: Place = { directory: root, name: serverDirectory }
  yield* inDirectory(server, (inner) => inDirectory({ directory: inner, name: temporaryDirectory }, use))
}

/** Remove what crashes have left. It is not worth failing for: what cannot be removed stays, and the rest goes. */
export function* sweep(site: Site, top = site.root): Program<void> {
  try {
    yield* inExisting(top, function* (directory) {
      for (const { name, status } of yield* entriesOf(directory)) {
        if (status !== undefined && (yield* isOrphan(site, name, status)))
          yield* discard(site, { directory, name }, status)
      }
    })
  } catch {
    // There is none, or it is not ours to clean.
  }
}

function* isOrphan(site: Site, name: string, status: FileStatus): Program<boolean> {
  const state = yield* call('ownerState', name.split('.', 1)[0] as string)
  if (state !== 'unknown') return state === 'ended'
  return site.environment.date() - Number(status.mtimeNs / 1_000_000n) > site.limits.orphanAge
}

function* discard(site: Site, place: Place, status: FileStatus): Program<void> {
  try {
    if (status.kind === 'directory') yield* removeTree(site, place)
    else yield* call('unlink', place.directory, place.name)
  } catch {
    // Another server's, or not ours to remove.
  }
}
