/**
 * Removing uploads that nobody has gone on with for long.
 *
 * The core has no timers: it is done when a server starts, and when an upload is begun, at most every so often.
 */

import type { Directory } from '../calls.ts'
import { undo } from '../files/publish.ts'
import { entriesOf, inDirectory } from '../files/tree.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { discard, remove } from './discard.ts'
import { isUploadId } from './names.ts'
import { inUploads } from './place.ts'
import { holderOf, isExpired, look } from './state.ts'

/** Sweep if it is time. */
export function* sweepUploadsInTime(site: Site): Program<void> {
  const { environment, limits } = site
  if (environment.now() - site.uploadsSwept < limits.uploadSweep) return
  yield* sweepUploads(site)
}

/** Remove what is too old. It is not worth failing for: what cannot be removed stays, and the rest goes. */
export function* sweepUploads(site: Site): Program<void> {
  site.uploadsSwept = site.environment.now()
  yield* undo(
    inUploads(site, function* (uploads) {
      for (const { name, status } of yield* entriesOf(uploads)) {
        if (status === undefined || !isUploadId(name)) continue
        const state = { changedAt: Number(status.mtimeNs / 1_000_000n) }
        if (isExpired(site, state)) yield* undo(sweepOne(site, uploads, name))
      }
    }),
  )
}

/** The directory is old. Whether the upload is, what was written into it last says. */
function* sweepOne(site: Site, uploads: Directory, id: string): Program<void> {
  yield* inDirectory({ directory: uploads, name: id }, function* (directory) {
    const state = yield* look({ directory })
    if (typeof state === 'string') return yield* remove(site, { uploads, id })
    if (!isExpired(site, state) || (yield* holderOf(state)) === 'running') return
    yield* discard(site, { uploads, id, directory }, state.token)
  })
}
