/**
 * Looking at a name and then changing it, as one step.
 *
 * POSIX has no call that renames only if the name still leads to what was seen, or unlinks only what was linked.
 * Between two such calls another request of the same server must not come: it would lose what that one has been
 * told is stored. Only the naming is done under the lock, never the reading of a body or the walk through a tree.
 */
import { call, type Program } from '../program.ts'

/** Do a step that no other exclusive step of this server may fall into. */
export function* exclusively<T>(step: Program<T>): Program<T> {
  yield* call('lock')
  try {
    return yield* step
  } finally {
    yield* call('unlock')
  }
}
