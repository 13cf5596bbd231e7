/**
 * `GET` and `HEAD`: files, listings, archives, searches, and the pages that ask before something changes.
 */
import { create as contentDisposition } from 'content-disposition'
import type { Directory } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { type OpenFile, Walk, walking } from '../files/walk.ts'
import { admitArchive, writeArchive } from '../operations/archive.ts'
import { attachment, fromCache, openFile } from '../operations/download.ts'
import { list, search, sortEntries } from '../operations/list.ts'
import { assets } from '../pages/assets.ts'
import { copyPage, deletePage, movePage } from '../pages/forms.ts'
import type { SafePath } from '../paths.ts'
import { type Action, demand } from '../policy.ts'
import type { Program } from '../program.ts'
import { page, plainFields } from './answers.ts'
import { listing, sortOf } from './listing.ts'
import type { Representation } from './representation.ts'
import { represent } from './representation.ts'
import { addressOf, type Request } from './request.ts'
import { type Response, redirect } from './response.ts'

/** What belongs to the server itself, below `/.twinserve/`. @param raw the path as it was sent @throws Refusal not_found */
export function serveAsset(request: Request, raw: string): Response {
  const asset = assets.get(raw)
  if (asset === undefined) throw new Refusal('not_found', raw)
  if (!request.reading) throw new Refusal('method_not_allowed', 'It can only be read', 'Allow: GET, HEAD\r\n')
  // Its address holds a hash of it, so it never changes (RFC 8246).
  const fields = 'Cache-Control: public, max-age=31536000, immutable\r\nX-Content-Type-Options: nosniff\r\n'
  return { status: 200, headers: `Content-Type: ${asset.type}\r\n${fields}`, parts: [asset.body] }
}

/** Answer for a path below the shared directory. @param download send it as an attachment */
export function* read(request: Request, path: SafePath, download = request.asks('download')): Program<Response> {
  const { site } = request
  demand(site.policy, 'read')
  const form = confirmation(request, path)
  if (form !== undefined) return form
  const cached = fromCache(site, path)
  if (cached !== undefined) return send(request, path, cached, download)
  return yield* fromDisk(request, path, download)
}

/** The pages behind `?move`, `?copy` and `?delete`. They change nothing; what they send is a `POST`. */
function confirmation(request: Request, path: SafePath): Response | undefined {
  const { query } = request.target
  if (query.size === 0 || path.isRoot) return undefined
  const pages: readonly (readonly [Action, typeof movePage])[] = [
    ['move', movePage],
    ['copy', copyPage],
    ['delete', deletePage],
  ]
  const chosen = pages.find(([action]) => query.has(action))
  if (chosen === undefined) return undefined
  const [action, make] = chosen
  demand(request.site.policy, action)
  return page(200, make({ segments: path.segments, directory: path.slash }))
}

function send(request: Request, path: SafePath, of: Representation, download: boolean): Response {
  const shown = download ? { ...of, extra: of.extra + attachment(path.name) } : of
  return represent(request.head, shown, request.site, path.text)
}

function* fromDisk(request: Request, path: SafePath, download: boolean): Program<Response> {
  const { site } = request
  const version = site.cache?.version ?? 0
  const walk = new Walk(site, path.text)
  let kept = false
  try {
    const found = yield* walk.find(path)
    if (found.kind === 'file') return yield* file(request, path, walk, found, download, version)
    if (!path.slash) return redirect(301, addressOf(path, true) + queryOf(request))
    if (!request.asks('zip')) return yield* directory(request, path, found.directory)
    yield* admitArchive(site, path.isRoot, found.directory)
    // An archive is read from the directory while it is sent: the walk ends with it.
    kept = true
    return archive(request, path, walk)
  } finally {
    if (!kept) yield* walk.release()
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
  found: OpenFile,
  download: boolean,
  version: number,
): Program<Response> {
  const opened = yield* openFile(request.site, path, walk, found, version)
  const { release } = opened
  if (release === undefined) return send(request, path, opened.representation, download)
  try {
    return { ...send(request, path, opened.representation, download), release }
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
    stream: (out) => writeArchive(request.site, path.isRoot, walk.directory, out),
    release: () => walk.release(),
  }
}

function* directory(request: Request, path: SafePath, opened: Directory): Program<Response> {
  const { site, target } = request
  const word = target.query.get('q')
  if (word !== null && word !== '') {
    const { entries, truncated } = yield* search(site, path, opened, word)
    sortEntries(entries, sortOf(request))
    return listing(request, path, entries, word, truncated)
  }
  const instead = yield* index(request, path)
  return instead ?? (yield* listDirectory(request, path, opened))
}

/** The file that stands for a directory, where there is one. `?list` and `?json` ask for the listing all the same. */
function* index(request: Request, path: SafePath): Program<Response | undefined> {
  const { index: name } = request.site
  if (name === undefined || request.asks('list') || request.asks('json')) return undefined
  try {
    return yield* fromDisk(request, path.child(name), false)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The listing of a directory that is open. */
function* listDirectory(request: Request, path: SafePath, opened: Directory): Program<Response> {
  const entries = yield* list(request.site, path, opened)
  sortEntries(entries, sortOf(request))
  return listing(request, path, entries)
}

/** The listing of a directory, whatever stands for it: `/listdir`. */
export function* listAt(request: Request, path: SafePath): Program<Response> {
  demand(request.site.policy, 'read')
  return yield* walking(request.site, path.text, function* (walk) {
    yield* walk.down(path.segments)
    return yield* listDirectory(request, path, walk.directory)
  })
}
