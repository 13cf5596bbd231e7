/**
 * Looking at one name, and at directories by themselves.
 */
import type { Directory, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { type Walk, walking } from '../files/walk.ts'
import { validatorsOf } from '../http/conditional.ts'
import type { ListingEntry } from '../pages/listing.ts'
import type { SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { listed } from './list.ts'

/** What is at a path. */
export interface Stat {
  readonly entry: ListingEntry
  /** Of a file. */
  readonly etag: string | undefined
}

/** Go to a directory. @throws Refusal not_directory, and as `Walk.down` */
export function* enter(walk: Walk, path: SafePath): Program<Directory> {
  try {
    yield* walk.down(path.segments)
    return walk.directory
  } catch (error) {
    throw errnoOf(error) === 'ENOTDIR' ? new Refusal('not_directory', path.text) : error
  }
}

/** Make sure that there is such a directory. @throws Refusal not_found, not_directory, link_refused */
export function* checkDirectory(site: Site, access: Access, path: SafePath): Program<void> {
  yield* walking(site, access.demand('read', path), (walk) => enter(walk, path))
}

/** What has the name, a symbolic link as itself unless it is written with a slash. @throws Refusal not_found, not_directory, link_refused */
export function* stat(site: Site, access: Access, path: SafePath): Program<Stat> {
  const status = yield* walking(site, access.demand('read', path), (walk) => statusAt(walk, path))
  const { kind, size, mtimeNs } = status
  if (path.slash) return { entry: { name: path.name, kind, size, mtimeNs, reachable: true }, etag: undefined }
  const entry = yield* listed(site, access, path.parent, { name: path.name, status })
  return { entry, etag: kind === 'file' ? validatorsOf(status).etag : undefined }
}

function* statusAt(walk: Walk, path: SafePath): Program<FileStatus> {
  if (!path.slash) {
    const status = yield* call('lstat', yield* walk.toParentOf(path), path.name)
    if (status === undefined || !walk.sight.shows(path.name, status.kind === 'directory'))
      throw new Refusal('not_found', path.text)
    return status
  }
  const directory = yield* enter(walk, path)
  return yield* call('fstat', directory.fd)
}
