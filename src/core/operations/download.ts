/**
 * Reading a file: from the cache, or opened, looked at and handed over to be sent.
 */
import { create } from 'content-disposition'
import type { FileStatus } from '../calls.ts'
import type { CachedFile } from '../files/cache.ts'
import type { OpenFile, Walk } from '../files/walk.ts'
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

/** A file as HTTP sees it, its content aside. */
export function describe(name: string, status: FileStatus): Omit<Representation, 'content'> {
  const type = mediaType(name)
  return { ...validatorsOf(status), size: status.size, type, extra: protection(type) }
}

/** The field that makes a browser store a file rather than show it (RFC 6266). */
export function attachment(name: string): string {
  return `Content-Disposition: ${create(name)}\r\n`
}

/** An open file that is to be sent, or one from the cache. */
export interface Opened {
  readonly representation: Representation
  /** Closes the file. */
  readonly release?: () => Program<void>
}

/** The file, if the cache may answer for it. */
export function fromCache(site: Site, path: SafePath): CachedFile | undefined {
  return path.slash ? undefined : site.cache?.fresh(path.text, site.environment.now())
}

/**
 * Hand over a file that a walk has found.
 *
 * @param version `cache.version` from before the walk
 */
export function* openFile(site: Site, path: SafePath, walk: Walk, found: OpenFile, version: number): Program<Opened> {
  const { cache, environment, limits } = site
  const about = describe(path.name, found.status)
  const opened: Opened = { representation: { ...about, content: found.fd }, release: () => call('close', found.fd) }
  if (cache === undefined || walk.followed || about.size > limits.cachedFile) return opened
  const known = cache.revalidate(path.text, about.etag, environment.now())
  if (known !== undefined) {
    yield* call('close', found.fd)
    return { representation: known }
  }
  const content = yield* readWhole(found.fd, about.size)
  if (content === undefined) return opened
  yield* call('close', found.fd)
  const file: CachedFile = { ...about, content }
  cache.keep(path.text, file, environment.now(), version)
  return { representation: file }
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
