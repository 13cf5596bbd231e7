/**
 * Looking at a name and then changing it, as one step.
 *
 * POSIX has no call that renames only if the name still leads to what was seen, or unlinks only what was linked.
 * Between two such calls another request must not come, be it of this server or of another on the same directory: it would
 * lose what that one has been told is stored. Only the naming is done under the lock, never the reading of a body or the
 * walk through a tree.
 *
 * While something is changed nobody is answered from a cache: it would tell of the old file after others were told of the new one.
 */
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Changed } from './shared-memory.ts'

/** Says what is about to be changed: to be called before it is. */
export type Changing = (changed: Changed) => void

/** Do a step that no other exclusive step on the shared directory may fall into. */
export function* exclusively<T>(site: Site, step: (changing: Changing) => Program<T>): Program<T> {
  const begun: Changed[] = []
  yield* call('lock')
  try {
    site.shared.repair()
    return yield* step((changed) => {
      begun.push(changed)
      site.shared.begin(changed)
    })
  } finally {
    // Even if it has failed: by then the name may lead to something else.
    for (const changed of begun) site.cache?.forget(changed)
    if (begun.length > 0) site.shared.end(begun)
    yield* call('unlock')
  }
}

/** Tell of a change that was made without the lock. */
export function noteChange(site: Site, changed: Changed): void {
  site.cache?.forget(changed)
  site.shared.note(changed)
}
