/**
 * Looking at a name and then changing it, as one step.
 *
 * POSIX has no call that renames only if the name still leads to what was seen, or unlinks only what was linked.
 * Between two such calls another request of the same server must not come: it would lose what that one has been
 * told is stored. Only the naming is done under the lock, never the reading of a body or the walk through a tree.
 *
 * Meanwhile nobody is answered from the cache: it would tell of the old file after others were told of the new one.
 */
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/**
 * Do a step that no other exclusive step of this server may fall into.
 *
 * @param forget takes out of the cache what the step may change
 */
export function* exclusively<T>({ cache }: Site, forget: () => void, step: Program<T>): Program<T> {
  yield* call('lock')
  cache?.suspend()
  try {
    return yield* step
  } finally {
    // Even if it has failed: by then the name may lead to something else.
    forget()
    cache?.resume()
    yield* call('unlock')
  }
}
