/**
 * `GET` and `HEAD`: files, listings, archives, searches, and the pages that ask before something changes.
 */
import { create as contentDisposition } from 'content-disposition'
import { Loan } from '../buffers.ts'
import { errnoOf, Refusal } from '../errors.ts'
import type { Version } from '../files/shared-memory.ts'
import { type LoadedFile, type OpenFile, Walk, walking } from '../files/walk.ts'
import { admitArchive, writeArchive } from '../operations/archive.ts'
import { attachment, fromCache, openFile } from '../operations/download.ts'
import { list, search, sortEntries } from '../operations/list.ts'
import { assets } from '../pages/assets.ts'
import type { SafePath } from '../paths.ts'
import type { Grant } from '../policy.ts'
import { call, type Program } from '../program.ts'
import { plainFields } from './answers.ts'
import { actionToConfirm, confirm } from './confirming.ts'
import { wantsDigest, withDigests } from './integrity.ts'
import { listing, sortOf } from './listing.ts'
import type { Representation } from './representation.ts'
import { represent } from './representation.ts'
import { addressOf, type Request } from './request.ts'
import { type Response, redirect } from './response.ts'

/** What belongs to the server itself, below `/.twinserve/`. @param raw the path as it was sent @throws Refusal not_found, reserved */
export function serveAsset(request: Request, raw: string): Response {
  if (!request.reading) throw new Refusal('reserved')
  const asset = assets.get(raw)
  if (asset === undefined) throw new Refusal('not_found', raw)
  // Its address holds a hash of it, so it never changes (RFC 8246).
  const fields = 'Cache-Control: public, max-age=31536000, immutable\r\nX-Content-Type-Options: nosniff\r\n'
  return { status: 200, headers: `Content-Type: ${asset.type}\r\n${fields}`, parts: [asset.body] }
}

/** Answer for a path below the shared directory. @param download send it as an attachment */
export function* read(request: Request, path: SafePath, download = request.asks('download')): Program<Response> {
  const { access, site } = request
  const grant = access.demand('read', path)
  const action = actionToConfirm(request, path)
  if (action !== undefined) return yield* confirm(request, path, action)
  // A directory that is only on the way to what may be read may have been a file a moment ago.
  const cached = access.may('read', path.segments) ? fromCache(site, path) : undefined
  const response =
    cached === undefined ? yield* fromDisk(request, grant, download) : send(request, path, cached, download)
  return wantsDigest(request.head) ? yield* withDigests(request.head, response, site) : response
}

function send(
  request: Request,
  path: SafePath,
  of: Representation,
  download: boolean,
  release?: Response['release'],
): Response {
  const shown = download ? { ...of, extra: of.extra + attachment(path.name) } : of
  return represent(request.head, shown, request.site, path.text, release)
}

function* fromDisk(request: Request, grant: Grant, download: boolean): Program<Response> {
  const { site } = request
  const { path } = grant
  const version = site.cache?.versionOf(path.text)
  const walk = new Walk(site, grant)
  let kept = false
  const loan = new Loan()
  try {
    const found = yield* walk.find(path, loan.room)
    if (found.kind !== 'directory') return yield* file(request, path, walk, found, download, version, loan)
    if (!path.slash) return redirect(301, addressOf(path, true) + queryOf(request))
    if (!request.asks('zip')) return yield* directory(request, path, walk)
    yield* admitArchive(site, walk)
    // An archive is read from the directory while it is sent: the walk ends with it.
    kept = true
    return archive(request, path, walk)
  } finally {
    if (!kept) yield* walk.release()
    loan.end()
  }
}

function queryOf(request: Request): string {
  const { query } = request.target
  return query.size === 0 ? '' : `?${query}`
}

function* file(
  request: Request,
  path: SafePath,
  walk: Walk,
  found: OpenFile | LoadedFile,
  download: boolean,
  version: Version | undefined,
  loan: Loan,
): Program<Response> {
  const of = yield* openFile(request.site, path, walk, found, version)
  if (found.kind === 'loaded' && of.content === found.content) {
    const response = send(request, path, of, download, loan.giveBack)
    loan.kept = true
    return response
  }
  if (typeof of.content !== 'number') return send(request, path, of, download)
  const { content } = of
  const release = () => call('close', content)
  try {
    return send(request, path, of, download, release)
  } catch (error) {
    yield* release()
    throw error
  }
}

function archive(request: Request, path: SafePath, walk: Walk): Response {
  const name = contentDisposition(`${path.isRoot ? 'files' : path.name}.zip`)
  return {
    status: 200,
    headers: `Content-Type: application/zip\r\nContent-Disposition: ${name}\r\n${plainFields}`,
    stream: (out) => writeArchive(request.site, walk, out),
    release: () => walk.release(),
  }
}

function* directory(request: Request, path: SafePath, walk: Walk): Program<Response> {
  const { access, site, target } = request
  const word = target.query.get('q')
  if (word !== null && word !== '') {
    const { entries, truncated } = yield* search(site, access, path, walk, word)
    sortEntries(entries, sortOf(request))
    return listing(request, path, entries, word, truncated)
  }
  const instead = yield* index(request, path)
  return instead ?? (yield* listDirectory(request, path, walk))
}

/** The file that stands for a directory, where there is one. `?list` and `?json` ask for the listing all the same. */
function* index(request: Request, path: SafePath): Program<Response | undefined> {
  const { index: name } = request.site
  if (name === undefined || request.asks('list') || request.asks('json')) return undefined
  const file = path.child(name)
  if (!request.access.may('read', file.segments)) return undefined
  try {
    const response = yield* fromDisk(request, request.access.demand('read', file), false)
    // A directory of that name stands for nothing.
    return response.status === 301 ? undefined : response
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The listing of the directory that a walk has come to. */
function* listDirectory(request: Request, path: SafePath, walk: Walk): Program<Response> {
  const entries = yield* list(request.site, request.access, path, walk)
  sortEntries(entries, sortOf(request))
  return listing(request, path, entries)
}

/** The listing of a directory, whatever stands for it: `/listdir`. */
export function* listAt(request: Request, path: SafePath): Program<Response> {
  return yield* walking(request.site, request.access.demand('read', path), function* (walk) {
    yield* walk.down(path.segments)
    return yield* listDirectory(request, path, walk)
  })
}
