/**
 * Ending an upload that its client does not want any more (tus 1.0.0, termination).
 */
import { Refusal } from '../errors.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { discard } from './discard.ts'
import { inspect } from './inspect.ts'
import type { Upload } from './place.ts'
import { attempts, holderOf } from './state.ts'

/** @throws Refusal upload_locked while the file is given its name, which cannot be taken back; upload_gone */
export function* terminate(site: Site, upload: Upload): Program<void> {
  for (let left = attempts; left > 0; left -= 1) {
    const { state } = yield* inspect(site, upload)
    if (state.token.kind === 'whole' && (yield* holderOf(state)) === 'running') break
    if (yield* discard(site, upload, state.token)) return
  }
  throw new Refusal('upload_locked', upload.id)
}
