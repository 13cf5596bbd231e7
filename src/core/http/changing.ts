/**
 * The methods that change the tree: `PUT`, `DELETE`, `MKCOL`, `MOVE`, `COPY`.
 *
 * A name that exists is not overwritten unless the request says so: by `If-Match` or `If-Unmodified-Since` of a `PUT`
 * (it knows what it replaces), by `Overwrite: T` (RFC 4918, section 10.6), or by `?overwrite`. That is stricter than
 * RFC 4918, whose default is to overwrite: a client that means it can say it.
 */
import type { FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { store } from '../files/store.ts'
import { copy } from '../operations/copy.ts'
import { createDirectory } from '../operations/create.ts'
import { move } from '../operations/move.ts'
import { remove } from '../operations/remove.ts'
import { pathFromTarget, type SafePath } from '../paths.ts'
import type { Program } from '../program.ts'
import { tell } from './answers.ts'
import { demandPreconditions, validatorsOf } from './conditional.ts'
import { checked } from './integrity.ts'
import { mtimeOf } from './mtime.ts'
import { addressOf, type Request } from './request.ts'
import type { Response } from './response.ts'

/** Whether the request says in so many words that what has the name may be replaced. */
function mayReplace(request: Request): boolean {
  return request.head.field('overwrite')?.toUpperCase() === 'T' || request.asks('overwrite')
}

/** Whether the request says what the file is like that it replaces. Of `MOVE` and `COPY` that is said of the source. */
function namesReplaced({ head }: Request): boolean {
  return head.field('if-match') !== undefined || head.field('if-unmodified-since') !== undefined
}

/** The request's preconditions, to be asked of what is there. */
function preconditions(request: Request, path: SafePath): (seen: FileStatus | undefined) => void {
  return (seen) => {
    const now = request.site.environment.date()
    demandPreconditions(request.head, seen === undefined ? undefined : validatorsOf(seen), now, path.text)
  }
}

function made(request: Request, path: SafePath, outcome: 'created' | 'replaced', verb: string, headers = ''): Response {
  if (outcome === 'replaced') return { status: 204, headers }
  const href = addressOf(path)
  return tell(request.form, {
    status: 201,
    title: verb,
    message: `${verb} ${path.text}.`,
    links: [{ href, text: 'Open it' }],
    details: { path: path.text },
    headers: `Location: ${href}\r\n${headers}`,
  })
}

export function* put(request: Request, path: SafePath): Program<Response> {
  const { access, head, site } = request
  // RFC 9110, section 14.5: storing a part as if it were the whole would destroy the rest.
  if (head.field('content-range') !== undefined) throw new Refusal('bad_parameter', 'PUT takes no Content-Range')
  if (head.field('content-length') === undefined && request.body.length !== undefined)
    throw new Refusal('length_required')
  const check = preconditions(request, path)
  const source = checked(head, request.body)
  const mtimeNs = mtimeOf(head.field('x-oc-mtime'), 'X-OC-Mtime')
  const { length } = request.body
  const replace = mayReplace(request) || namesReplaced(request)
  // What is refused anyway is not hashed: a body with a digest is read behind the first look at the name.
  const arrived = source === request.body && request.body.arrived
  const stored = yield* store(site, access, { path, source, length, arrived, mtimeNs, replace, check })
  const accepted = mtimeNs === undefined ? '' : 'X-OC-MTime: accepted\r\n'
  return made(request, path, stored.outcome, 'Stored', `ETag: ${validatorsOf(stored.status).etag}\r\n${accepted}`)
}

export function* deleteAt(request: Request, path: SafePath): Program<Response> {
  const recursive = request.asks('recursive')
  yield* remove(request.site, request.access, { path, kind: 'any', recursive, check: preconditions(request, path) })
  return { status: 204, headers: '' }
}

/** RFC 4918, section 9.3. */
export function* makeCollection(request: Request, path: SafePath): Program<Response> {
  if (!request.body.ended) throw new Refusal('unsupported_media', 'MKCOL has no body here')
  yield* createDirectory(request.site, request.access, path)
  return made(request, path.parent.child(path.name, true), 'created', 'Created')
}

/** The path that a `Destination` field names (RFC 4918, section 10.3). @throws Refusal bad_parameter */
function destinationOf(request: Request): SafePath {
  const field = request.head.field('destination')
  if (field === undefined) throw new Refusal('bad_parameter', `${request.method} needs a Destination field`)
  const m = /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)$/i.exec(field)
  if (!m)
    throw new Refusal('bad_parameter', 'Destination must be a path, or an address on this server, percent-encoded')
  const [, authority, path] = m
  if (authority !== undefined && authority.toLowerCase() !== request.authority) {
    throw new Refusal('bad_parameter', 'Destination is on another server')
  }
  return pathFromTarget(path as string)
}

/** `MOVE` and `COPY` (RFC 4918, sections 9.8 and 9.9). */
export function* transfer(request: Request, from: SafePath): Program<Response> {
  const to = destinationOf(request)
  const { access, site } = request
  const moving = request.method === 'MOVE'
  const wanted = { from, to, replace: mayReplace(request), check: preconditions(request, from) }
  const outcome = yield* moving ? move(site, access, wanted) : copy(site, access, wanted)
  return made(request, to, outcome, moving ? 'Moved to' : 'Copied to')
}
