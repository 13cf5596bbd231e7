/**
 * Answering with what is in a directory, as a page or as JSON, sent entry by entry.
 */
import { isPrivate } from '../access/authenticate.ts'
import type { ListingEntry, ListingSort, ListingTotals, ListingView } from '../pages/listing.ts'
import { groupRows, listingFoot, listingHead, listingRows } from '../pages/listing.ts'
import type { SafePath } from '../paths.ts'
import type { Program } from '../program.ts'
import type { EntryObject } from '../session/messages.ts'
import { listingFields } from './answers.ts'
import type { Output } from './output.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'

/** How many entries are made into one string: enough for few steps, few enough for little memory. */
const batch = 64

const keys: readonly string[] = ['name', 'size', 'mtime']

/** The order that the query asks for. Anything unknown means by name. */
export function sortOf(request: Request): ListingSort {
  const { query } = request.target
  const key = query.get('sort')
  return {
    key: key !== null && keys.includes(key) ? (key as ListingSort['key']) : 'name',
    descending: query.get('order') === 'desc',
  }
}

/** Nobody is asked to log in where others can listen. */
function visitorOf({ access: { user }, ends, head, site }: Request): Pick<ListingView, 'visitor'> {
  if (!site.accounts.any || !isPrivate(ends, site)) return {}
  return { visitor: { user, here: head.target } }
}

function viewOf(request: Request, path: SafePath, query: string | undefined, truncated: boolean): ListingView {
  const notice = request.target.query.get('notice')
  return {
    segments: path.segments,
    sort: sortOf(request),
    rights: request.access.rightsAt(path.segments),
    truncated,
    ...visitorOf(request),
    ...(query === undefined ? {} : { query }),
    ...(notice === null || !Object.hasOwn(notices, notice) ? {} : { notice: notices[notice] as string }),
  }
}

/** What a page may say that somebody was just sent to. By key, so that a link cannot put words into it. */
const notices: Readonly<Record<string, string>> = {
  uploaded: 'The upload is complete.',
  created: 'The folder was created.',
  moved: 'It was moved.',
  copied: 'It was copied.',
  deleted: 'It was deleted.',
}

/** The fields of `notices`, for the handlers that send somebody to a listing. */
export type Notice = 'uploaded' | 'created' | 'moved' | 'copied' | 'deleted'

function totalsOf(entries: readonly ListingEntry[]): ListingTotals {
  let directories = 0
  let bytes = 0
  for (const entry of entries) {
    if (entry.kind === 'directory') directories += 1
    else if (entry.kind === 'file') bytes += entry.size
  }
  return { directories, files: entries.length - directories, bytes }
}

function* sendPage(out: Output, view: ListingView, entries: readonly ListingEntry[]): Program<void> {
  yield* out.text(listingHead(view))
  for (let at = 0; at < entries.length; at += groupRows) {
    yield* out.text(listingRows(view, entries.slice(at, at + groupRows)))
  }
  yield* out.text(listingFoot(view, totalsOf(entries)))
}

/** The furthest that a `Date` reaches, in milliseconds: a file system may say anything. */
const latest = 8_640_000_000_000_000n

/** A time as JSON has it. @param mtimeNs nanoseconds since 1970 */
function timeOf(mtimeNs: bigint): string {
  const ms = mtimeNs / 1_000_000n
  return new Date(Number(ms > latest ? latest : ms < -latest ? -latest : ms)).toISOString()
}

/** An entry as JSON has it, here and in sessions. */
export function entryObject({ name, kind, size, mtimeNs, target, reachable }: ListingEntry): EntryObject {
  return {
    name,
    kind,
    ...(kind === 'directory' ? {} : { size }),
    modified: timeOf(mtimeNs),
    ...(target === undefined ? {} : { target }),
    ...(reachable ? {} : { reachable: false }),
  }
}

function jsonOf(entry: ListingEntry): string {
  const { segments } = entry
  return JSON.stringify({
    ...entryObject(entry),
    directory: segments === undefined ? undefined : `/${segments.join('/')}`,
  })
}

function* sendJson(
  out: Output,
  path: SafePath,
  query: string | undefined,
  truncated: boolean,
  entries: readonly ListingEntry[],
): Program<void> {
  const head = JSON.stringify({ path: path.text, query, truncated: truncated || undefined })
  yield* out.text(`${head.slice(0, -1)},"entries":[`)
  for (let at = 0; at < entries.length; at += batch) {
    let rows = ''
    for (const entry of entries.slice(at, at + batch))
      rows += `${rows === '' && at === 0 ? '\n' : ',\n'}${jsonOf(entry)}`
    yield* out.text(rows)
  }
  yield* out.text('\n]}\n')
}

/** The entry with what may be done with it. */
function withRights({ access }: Request, path: SafePath, entry: ListingEntry): ListingEntry {
  return { ...entry, rights: access.rightsAt([...(entry.segments ?? path.segments), entry.name]) }
}

/**
 * A listing.
 *
 * @param query the word searched for, when the entries were found by a search
 * @param truncated whether the search has left something out
 */
export function listing(
  request: Request,
  path: SafePath,
  entries: readonly ListingEntry[],
  query?: string,
  truncated = false,
): Response {
  const form = request.form
  const headers = listingFields(form)
  if (form === 'json') return { status: 200, headers, stream: (out) => sendJson(out, path, query, truncated, entries) }
  const view = viewOf(request, path, query, truncated)
  const rows = request.access.uniform ? entries : entries.map((entry) => withRights(request, path, entry))
  return { status: 200, headers, stream: (out) => sendPage(out, view, rows) }
}
