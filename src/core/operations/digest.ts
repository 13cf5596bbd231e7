/**
 * Digests of files that are about to be sent.
 *
 * - Bytes in memory are hashed, and so agree with what is sent.
 * - An open file is read before the answer begins, up to `limits.digestBytes`: a digest is a preference (RFC 9530,
 *   section 4), and not worth more. What was computed is remembered, by what the file is and not by its name, which
 *   another file may have next.
 */
import { borrow, giveBack } from '../buffers.ts'
import type { FileDescriptor } from '../calls.ts'
import { type Algorithm, formatDigest, newHash } from '../http/digests.ts'
import type { Representation } from '../http/representation.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/**
 * A change within the same tick of the file system's clock leaves the time as it is. A file is remembered only once its
 * last change is further back than the coarsest tick there is, FAT's two seconds, and the second that `modifiedAt` rounds off.
 */
const settledAfter = 3_000

/**
 * The digest of a whole file, as the fields have it.
 *
 * @returns undefined when the file is too large to be read for it, or has become shorter
 */
export function* digestOf(site: Site, of: Representation, algorithm: Algorithm): Program<string | undefined> {
  const { content, size, etag, modifiedAt } = of
  if (typeof content !== 'number') return formatDigest(algorithm, newHash(algorithm).update(content))
  if (size > site.limits.digestBytes) return undefined
  const { device, inode } = yield* call('fstat', content)
  const key = `${algorithm} ${device} ${inode} ${etag}`
  const known = site.digests.get(key)
  if (known !== undefined) return known
  const settled = site.environment.date() - modifiedAt > settledAfter
  const digest = yield* digestOfOpen(content, size, algorithm)
  if (digest !== undefined && settled) site.digests.keep(key, digest)
  return digest
}

function* digestOfOpen(file: FileDescriptor, size: number, algorithm: Algorithm): Program<string | undefined> {
  const hash = newHash(algorithm)
  const buffer = borrow()
  try {
    let done = 0
    while (done < size) {
      const count = yield* call('read', file, buffer.subarray(0, size - done), done)
      if (count === 0) return undefined
      hash.update(buffer.subarray(0, count))
      done += count
    }
    return formatDigest(algorithm, hash)
  } finally {
    giveBack(buffer)
  }
}
