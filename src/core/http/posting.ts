/**
 * `POST`: the forms of the pages, which work without script, and uploads by `multipart/form-data`.
 *
 * After a form a browser is sent on to a page that it may load again without doing the thing again (303).
 */
import { Refusal } from '../errors.ts'
import { copy } from '../operations/copy.ts'
import { createDirectory } from '../operations/create.ts'
import { destinationFor, move } from '../operations/move.ts'
import { remove } from '../operations/remove.ts'
import { upload } from '../operations/upload.ts'
import { pathFromText, rootPath, type SafePath } from '../paths.ts'
import type { Program } from '../program.ts'
import { type Result, tell } from './answers.ts'
import { fieldsOf } from './fields.ts'
import type { Notice } from './listing.ts'
import { boundaryOf, Multipart } from './multipart.ts'
import { addressOf, type Request } from './request.ts'
import { type Response, redirect } from './response.ts'

/** Send a browser to the listing where it sees what was done; tell others. */
function done(request: Request, where: SafePath, notice: Notice, result: Omit<Result, 'title' | 'links'>): Response {
  if (request.form === 'html') return redirect(303, `${addressOf(where, true)}?notice=${notice}`)
  return tell(request.form, { ...result, title: '', links: [] })
}

/** @param path where the form was sent to, or undefined for `/upload`, where a field says so */
export function* post(request: Request, path: SafePath | undefined): Program<Response> {
  const type = request.head.field('content-type') ?? ''
  if (/^multipart\/form-data\b/i.test(type)) return yield* postFiles(request, path, type)
  if (/^application\/x-www-form-urlencoded\b/i.test(type) && path !== undefined) return yield* act(request, path)
  const wanted = path === undefined ? 'multipart/form-data' : 'multipart/form-data or application/x-www-form-urlencoded'
  throw new Refusal('unsupported_media', `${type === '' ? 'there is none' : type}. Send ${wanted}`)
}

function* postFiles(request: Request, path: SafePath | undefined, type: string): Program<Response> {
  // Before the body is read, which says what is to be stored.
  if (path === undefined) request.access.demandSomewhere('upload')
  else request.access.demand('upload', path)
  const parts = new Multipart(request.body, boundaryOf(type), request.site.limits)
  const { directory, stored } = yield* upload(request.site, request.access, parts, path, request.asks('overwrite'))
  const paths = stored.map((file) => file.text)
  return done(request, directory ?? path ?? rootPath, 'uploaded', {
    status: 201,
    message: paths.length === 0 ? 'There was no file to store.' : `Stored ${paths.join(', ')}.`,
    details: { stored: paths },
  })
}

function required(fields: URLSearchParams, name: string): string {
  const value = fields.get(name)
  if (value === null || value === '') throw new Refusal('bad_parameter', `the form lacks the field ${name}`)
  return value
}

/** What the forms ask for, by their field `action`. */
function* act(request: Request, path: SafePath): Program<Response> {
  const fields = yield* fieldsOf(request)
  const action = required(fields, 'action')
  if (action === 'mkdir') return yield* actCreate(request, path, required(fields, 'name'))
  if (action === 'delete') return yield* actDelete(request, path, fields.has('recursive'))
  if (action !== 'move' && action !== 'copy') throw new Refusal('bad_parameter', `there is no action ${action}`)
  const to = pathFromText(required(fields, 'destination'))
  return yield* actTransfer(request, action, path, to, fields.has('overwrite'))
}

function* actCreate(request: Request, path: SafePath, name: string): Program<Response> {
  const made = path.child(name, true)
  yield* createDirectory(request.site, request.access, made)
  return done(request, path, 'created', {
    status: 201,
    message: `Created ${made.text}.`,
    details: { path: made.text },
  })
}

function* actDelete(request: Request, path: SafePath, recursive: boolean): Program<Response> {
  yield* remove(request.site, request.access, { path, kind: 'any', recursive })
  return done(request, path.parent, 'deleted', {
    status: 200,
    message: `Deleted ${path.text}.`,
    details: { path: path.text },
  })
}

function* actTransfer(
  request: Request,
  action: 'move' | 'copy',
  from: SafePath,
  wanted: SafePath,
  replace: boolean,
): Program<Response> {
  const { access, site } = request
  const to = yield* destinationFor(site, access, from, wanted)
  yield* action === 'move' ? move(site, access, { from, to, replace }) : copy(site, access, { from, to, replace })
  return done(request, to.parent, action === 'move' ? 'moved' : 'copied', {
    status: 200,
    message: `${action === 'move' ? 'Moved' : 'Copied'} ${from.text} to ${to.text}.`,
    details: { from: from.text, to: to.text },
  })
}
