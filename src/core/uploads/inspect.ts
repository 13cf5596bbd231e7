/**
 * Where an upload stands.
 */
import { Refusal } from '../errors.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { discard } from './discard.ts'
import { settle } from './finish.ts'
import type { Upload } from './place.ts'
import { isPartial } from './record.ts'
import { attempts, holderOf, isExpired, offsetOf, readState, type State } from './state.ts'

/** Look at an upload, and end it if it is too old. @throws Refusal upload_gone, upload_locked */
export function* inspect(site: Site, upload: Upload): Program<{ readonly state: State; readonly offset: number }> {
  const state = yield* readState(upload)
  if (isExpired(site, state) && (yield* holderOf(state)) !== 'running') {
    yield* discard(site, upload, state.token)
    throw new Refusal('upload_gone', upload.id)
  }
  return { state, offset: offsetOf(upload, state) }
}

export interface Standing {
  readonly offset: number
  /** Whether the file has its name, and nothing is left to be done. */
  readonly done: boolean
  /** When it was last written to, in milliseconds since 1970. */
  readonly changedAt: number
}

/**
 * Where an upload stands, for its client. One that has all its bytes but no name, because somebody was stopped before
 * that, is finished first: what is told to have all its bytes is stored.
 *
 * @throws Refusal upload_gone, upload_locked; what `settle` throws
 */
export function* standing(site: Site, upload: Upload): Program<Standing> {
  const { record } = upload
  for (let left = attempts; left > 0; left -= 1) {
    const { state, offset } = yield* inspect(site, upload)
    const { token, changedAt } = state
    const done = token.kind === 'done'
    const partial = isPartial(record) && token.kind === 'free'
    if (offset < record.length || done || partial) return { offset, done, changedAt }
    if (yield* settle(site, upload, state)) return { offset, done: !isPartial(record), changedAt }
  }
  throw new Refusal('upload_locked', upload.id)
}
