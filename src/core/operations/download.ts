/**
 * Reading a file: from the cache, or opened, looked at and handed over to be sent.
 */
import { create } from 'content-disposition'
import type { FileDescriptor, FileStatus } from '../calls.ts'
import type { CachedFile } from '../files/cache.ts'
import type { Version } from '../files/shared-memory.ts'
import type { LoadedFile, OpenFile, Walk } from '../files/walk.ts'
import { validatorsOf } from '../http/conditional.ts'
import { mediaType } from '../http/media.ts'
import type { Representation } from '../http/representation.ts'
import type { SafePath } from '../paths.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/**
 * What users stored must not act in this site's name: no sniffing, no script, no origin.
 * A PDF is let out of the sandbox, in which browsers refuse to show it at all; its scripts have one of their own.
 */
function protection(type: string): string {
  const nosniff = 'X-Content-Type-Options: nosniff\r\n'
  return type === 'application/pdf' ? nosniff : `${nosniff}Content-Security-Policy: sandbox\r\n`
}

/** A file as HTTP sees it. Written out field by field, not spread: it is made for every file that is not cached. */
export function describe(name: string, status: FileStatus, content: Uint8Array | FileDescriptor): Representation {
  const { etag, modified, modifiedAt } = validatorsOf(status)
  const type = mediaType(name)
  return { etag, modified, modifiedAt, size: status.size, type, extra: protection(type), content }
}

/** The field that makes a browser store a file rather than show it (RFC 6266). */
export function attachment(name: string): string {
  return `Content-Disposition: ${create(name)}\r\n`
}

/** The file, if the cache may answer for it. */
export function fromCache(site: Site, path: SafePath): CachedFile | undefined {
  return path.slash ? undefined : site.cache?.fresh(path.text, site.environment.now())
}

/**
 * Hand over a file that a walk has found, or the same from the cache. Its content is the open file, which the
 * caller closes; the bytes that were loaded; or bytes that belong to the cache.
 *
 * @param version `cache.versionOf` from before the walk
 */
export function* openFile(
  site: Site,
  path: SafePath,
  walk: Walk,
  found: OpenFile | LoadedFile,
  version: Version | undefined,
): Program<Representation> {
  const { cache, environment, limits } = site
  const file = describe(path.name, found.status, found.kind === 'loaded' ? found.content : found.fd)
  if (cache === undefined || walk.followed || file.size > limits.cachedFile) return file
  let known = cache.revalidate(path.text, file.etag, environment.now())
  if (known === undefined) {
    // What was loaded lies in a buffer that others will use.
    const content = found.kind === 'loaded' ? Uint8Array.from(found.content) : yield* readOrClose(found.fd, file.size)
    if (content === undefined) return file
    known = { ...file, content }
    cache.keep(path.text, known, environment.now(), version)
  }
  if (found.kind === 'file') yield* call('close', found.fd)
  return known
}

function* readOrClose(fd: FileDescriptor, size: number): Program<Uint8Array | undefined> {
  try {
    return yield* readWhole(fd, size)
  } catch (error) {
    yield* call('close', fd)
    throw error
  }
}

/** @returns undefined when the file has another size than it said: somebody is writing it */
function* readWhole(fd: number, size: number): Program<Uint8Array | undefined> {
  // One byte more than it should have, to see whether it has grown.
  const content = Buffer.allocUnsafeSlow(size + 1)
  let done = 0
  while (done < size) {
    const count = yield* call('read', fd, content.subarray(done), done)
    if (count === 0) break
    done += count
  }
  return done === size ? content.subarray(0, size) : undefined
}
