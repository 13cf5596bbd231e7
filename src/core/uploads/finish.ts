/**
 * The end of an upload: all its bytes into one file, checked and on disk, and the file given its name.
 *
 * - Whoever finds an upload that has all its bytes and no name may finish it: the request that brought the last byte may
 *   have been cut off in the middle of this.
 * - Two who finish at once, because one takes the other for dead, do no harm: giving a file its name is one step, and
 *   whoever comes second finds that the bytes are no longer in the upload.
 */
import { Refusal } from '../errors.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { claim, leave, taken } from './claim.ts'
import type { Held, Part, Whole } from './names.ts'
import { giveName } from './naming.ts'
import type { Upload } from './place.ts'
import { isPartial } from './record.ts'
import { holderOf, type State, shift } from './state.ts'
import { makeWhole, orLeave } from './whole.ts'

/**
 * Finish an upload that has all its bytes, as it was seen.
 *
 * @returns whether it came to its end: otherwise it has changed since it was seen
 * @throws Refusal upload_locked while somebody else is at it; what `complete` throws
 */
export function* settle(site: Site, upload: Upload, state: State): Program<boolean> {
  const { token } = state
  // A file that lies in the upload no more has its name. What is left to be done then, anybody may do.
  const named = token.kind === 'whole' && state.parts.length === 0
  if (!named && (yield* holderOf(state)) === 'running') throw new Refusal('upload_locked', upload.id)
  if (token.kind === 'whole') {
    const whole = ourWhole(site, token.part)
    if (!(yield* shift(upload, token, whole))) return false
    yield* giveName(site, upload, whole)
    return true
  }
  const held = yield* claim(site, upload, state, upload.record.length)
  if (held === undefined) return false
  if (isPartial(upload.record)) return yield* leave(site, upload, held, held.offset, held.part)
  yield* complete(site, upload, held, state.parts)
  return true
}

function ourWhole({ environment }: Site, part: number): Whole {
  return { kind: 'whole', part, owner: environment.owner, unique: environment.unique() }
}

/**
 * Finish an upload that we hold, and whose bytes are all there and on disk.
 *
 * @throws Refusal digest_mismatch; changed when somebody else has taken it; and what keeps the file from having its
 *   name, such as exists and no_parent
 */
export function* complete(site: Site, upload: Upload, held: Held, parts: readonly Part[]): Program<void> {
  const { token, part } = yield* makeWhole(site, upload, held, parts)
  const whole = ourWhole(site, part)
  if (!(yield* orLeave(site, upload, token, shift(upload, token, whole)))) throw taken(upload)
  yield* giveName(site, upload, whole)
}
