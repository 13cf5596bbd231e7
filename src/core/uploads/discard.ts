/**
 * Ending an upload, with what it has.
 */
import { flush } from '../files/flush.ts'
import { undo } from '../files/publish.ts'
import { withTemporary } from '../files/temporary.ts'
import { removeTree } from '../files/tree.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Token } from './names.ts'
import type { Upload } from './place.ts'
import { shift } from './state.ts'

/**
 * End an upload, so that nobody can go on with it.
 *
 * @returns whether it was in the state that was seen: otherwise nothing has happened
 */
export function* discard(site: Site, upload: Omit<Upload, 'record' | 'access'>, seen: Token): Program<boolean> {
  if (!(yield* shift(upload, seen, { kind: 'gone' }))) return false
  if (site.quota !== undefined) yield* site.quota.forget(site)
  // It is gone with that. What cannot be removed now is removed when it is old.
  yield* undo(remove(site, upload))
  return true
}

/** Remove its directory: out of sight first, for what is seen of an upload is whole. */
export function* remove(site: Site, { id, uploads }: Pick<Upload, 'id' | 'uploads'>): Program<void> {
  yield* withTemporary(site, function* (directory, name) {
    yield* call('rename', uploads, id, directory, name)
    yield* flush(site, uploads.fd)
    yield* removeTree(site, { directory, name })
  })
}
