/**
 * Taking an upload, to write to it or to finish it, and leaving it again.
 *
 * Nobody waits for anybody. Where the last holder may still be writing, because its connection is only half dead or because
 * it is another machine's process, it is left to itself: the token names another part from then on, and what it still
 * writes into its own does not count.
 */
import { Refusal } from '../errors.ts'
import { flush } from '../files/flush.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import type { Free, Held, Token } from './names.ts'
import type { Upload } from './place.ts'
import { holderOf, type State, shift } from './state.ts'

/**
 * Take an upload as it was seen. What will be written does not count before the token says so.
 *
 * @param offset how many bytes it has, as `offsetOf` says
 * @returns undefined when it has changed since
 */
export function* claim(site: Site, upload: Upload, state: State, offset: number): Program<Held | undefined> {
  const token = state.token as Free | Held
  const left = (yield* holderOf(state)) === 'ended'
  // Its holder had not flushed them, and a token never says what is not on disk.
  if (offset > token.offset) yield* flushLast(site, upload, state)
  const { owner } = site.environment
  const part = left ? token.part : token.part + 1
  const held: Held = { kind: 'held', offset, part, mode: 'checked', owner, unique: site.environment.unique() }
  return (yield* shift(upload, token, held)) ? held : undefined
}

function* flushLast(site: Site, { directory }: Upload, { parts }: State): Program<void> {
  const last = parts.at(-1) as State['parts'][number]
  const fd = yield* call('open', directory, last.name, 'read')
  try {
    yield* flush(site, fd)
  } finally {
    yield* call('close', fd)
  }
}

/**
 * Leave it with so many bytes, which are on disk.
 *
 * @returns whether it was still held: otherwise somebody else goes on with it
 */
export function* leave(site: Site, upload: Upload, token: Token, offset: number, part: number): Program<boolean> {
  if (!(yield* shift(upload, token, { kind: 'free', offset, part }))) return false
  yield* flush(site, upload.directory.fd)
  return true
}

/** The refusal for whoever finds that somebody else has taken the upload. */
export function taken(upload: Upload): Refusal {
  return new Refusal('changed', `The upload ${upload.id}`)
}
