/**
 * The state of an upload: read from the names in its directory, and changed by renaming its token.
 */
import { errnoOf, Refusal } from '../errors.ts'
import { entriesOf } from '../files/tree.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { coverage, type Part, parsePart, parseToken, type Token, tokenName } from './names.ts'
import type { Upload } from './place.ts'

export interface State {
  readonly token: Token
  /** The parts that hold its bytes, in their order. */
  readonly parts: readonly Part[]
  /** Bytes in the last of them. */
  readonly size: number
  /** When it was last written to, in milliseconds since 1970. */
  readonly changedAt: number
}

/** How often to look again when somebody changes what is being looked at. */
export const attempts = 5

/** Read the state. @throws Refusal upload_gone; upload_locked when it changes faster than it can be read */
export function* readState(upload: Upload): Program<State> {
  let seen: State | 'none' | 'several' = 'none'
  for (let left = attempts; left > 0; left -= 1) {
    seen = yield* look(upload)
    if (typeof seen !== 'string') break
  }
  if (seen === 'several') throw new Refusal('upload_locked', upload.id)
  if (seen === 'none' || seen.token.kind === 'gone') throw new Refusal('upload_gone', upload.id)
  return seen
}

/** Look once. While a token is renamed a directory may be read without it, or with both its names (readdir(3)). */
export function* look({ directory }: Pick<Upload, 'directory'>): Program<State | 'none' | 'several'> {
  const entries = yield* entriesOf(directory)
  const tokens = entries.map(({ name }) => parseToken(name)).filter((token) => token !== undefined)
  const [token] = tokens
  if (token === undefined) return 'none'
  if (tokens.length > 1) return 'several'
  const found = entries.map(({ name }) => parsePart(name)).filter((part) => part !== undefined)
  const parts = coverage(found, 'part' in token ? token.part : Number.POSITIVE_INFINITY)
  const status = entries.find(({ name }) => name === parts.at(-1)?.name)?.status
  const { mtimeNs } = yield* call('fstat', directory.fd)
  // Renaming dates the directory, writing dates the part.
  const changed = status !== undefined && status.mtimeNs > mtimeNs ? status.mtimeNs : mtimeNs
  return { token, parts, size: status?.size ?? 0, changedAt: Number(changed / 1_000_000n) }
}

/**
 * How many bytes of an upload are there.
 *
 * @throws Refusal upload_gone when they are not where the token says
 */
export function offsetOf({ record, id }: Upload, { token, parts, size }: State): number {
  if (token.kind === 'done' || token.kind === 'whole') return record.length
  const last = parts.at(-1)
  if (token.kind === 'gone' || last === undefined) throw new Refusal('upload_gone', id)
  const end = last.start + size
  const counts = token.kind === 'held' && token.mode === 'grow' && last.number === token.part
  // No name is trusted beyond the bytes that are really there.
  return Math.min(counts ? record.length : token.offset, end)
}

/** Change the state, unless somebody else has. @returns whether it was changed */
export function* shift({ directory }: Pick<Upload, 'directory'>, from: Token, to: Token): Program<boolean> {
  try {
    yield* call('rename', directory, tokenName(from), directory, tokenName(to))
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Whether a holder, if there is one, may still be at it. */
export function* holderOf({ token }: State): Program<'running' | 'ended' | 'unknown'> {
  return 'owner' in token ? yield* call('ownerState', token.owner) : 'ended'
}

/** Whether an upload is too old to be gone on with. */
export function isExpired(site: Site, { changedAt }: Pick<State, 'changedAt'>): boolean {
  return site.environment.date() - changedAt > site.limits.uploadAge
}
