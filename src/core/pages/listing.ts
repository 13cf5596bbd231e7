/**
 * The page of a directory, or of a search below it, in parts: head, groups of rows, foot.
 *
 * - No part depends on how many entries there are, so a hundred thousand can be sent without being one string.
 * - A group of rows is a `<tbody>`: what a browser lays out, or skips because it is out of sight (style-listing.ts).
 * - A row is made by concatenation alone, and closes no element that HTML closes by itself (section 13.1.2.4).
 * - What the rights do not allow is not offered. What cannot be reached is shown with the reason, and without a link.
 * - The style sheet lays rows out as grids; some screen readers then no longer take them for a table, so roles say
 *   what the elements are.
 * - Nothing is told by colour or picture only: directories end with a slash, links and unavailable entries say so.
 */
import { encodeName, hrefOf } from './address.ts'
import { escapeHtml, nameHtml } from './escape.ts'
import { formatBytes, formatCount, formatSize, timeHtml } from './format.ts'
import { type KindClass, kindOfName, kinds } from './kinds.ts'
import { directoryTitle, pageFoot, pageHead, type Visitor } from './page.ts'
import { groupRows } from './style-listing.ts'
import { sortHeader, toolbar } from './toolbar.ts'

/** What may be done here, by who asks. */
export interface ListingRights {
  readonly upload: boolean
  readonly create: boolean
  readonly move: boolean
  readonly copy: boolean
  readonly overwrite: boolean
  readonly delete: boolean
}

export interface ListingSort {
  readonly key: 'name' | 'size' | 'mtime'
  readonly descending: boolean
}

/** What a listing shows, known before its first entry. */
export interface ListingView {
  /** The names that lead from the root to the directory. */
  readonly segments: readonly string[]
  readonly sort: ListingSort
  readonly rights: ListingRights
  /** The word searched for: the entries are what was found below the directory. */
  readonly query?: string
  /** Not all is shown, and that is known already. */
  readonly truncated?: boolean
  /** Who looks at it, where somebody can log in. */
  readonly visitor?: Visitor
  /** What just happened, such as `Uploaded 3 files.` */
  readonly notice?: string
}

/** One row. */
export interface ListingEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  /** In bytes; shown for files. That of a link is the length of what it says. */
  readonly size: number
  readonly mtimeNs: bigint
  /** What a link within the tree leads to. */
  readonly target?: 'file' | 'directory'
  /** False for a name that is not UTF-8, a link that leads out, a FIFO, a socket or a device. */
  readonly reachable: boolean
  /** In search results: the names that lead from the root to the directory that holds the entry. */
  readonly segments?: readonly string[]
  /** Where not the same may be done with it as with the directory that is shown. */
  readonly rights?: ListingRights
}

/** What was shown, known after the last entry. */
export interface ListingTotals {
  readonly directories: number
  /** Everything that is not a directory. */
  readonly files: number
  /** The sizes of the files together. */
  readonly bytes: number
  /** Not all was shown. */
  readonly truncated?: boolean
}

const truncatedNotice =
  '<p class=notice role=status>Only the first part of the list is shown. Search for a longer part of the name to see the rest.</p>\n'

/** The page up to the first row. */
export function listingHead(view: ListingView): string {
  const { segments, query } = view
  const path = segments.length === 0 ? 'Home' : segments.join('/')
  const title = query === undefined ? path : `Search for ${query} in ${path}`
  const name = nameHtml(directoryTitle(segments))
  const heading =
    query === undefined ? name : `Names with “${nameHtml(query)}” in <a href="${hrefOf(segments, true)}">${name}</a>`
  const notice = view.notice === undefined ? '' : `<p class=notice role=status>${escapeHtml(view.notice)}</p>\n`
  const parent =
    segments.length === 0 || query !== undefined
      ? ''
      : groupOpen +
        rowOpen(kinds.up) +
        `<a href="${hrefOf(segments.slice(0, -1), true)}">.. <small>parent folder</small></a>${cell}${cell}${cell}\n`
  return (
    `${pageHead(title, segments, query === undefined, view.visitor)}<h1>${heading}</h1>\n${notice}${toolbar(view)}` +
    (view.truncated === true ? truncatedNotice : '') +
    `<table class=list role=table><caption>${query === undefined ? 'Contents of the folder' : 'What was found'}</caption><thead role=rowgroup><tr role=row>` +
    `${sortHeader(view, 'name', 'Name')}${sortHeader(view, 'size', 'Size')}${sortHeader(view, 'mtime', 'Modified', 'UTC')}` +
    `<th scope=col role=columnheader><span>Actions</span>\n${parent}`
  )
}

const groupOpen = '<tbody role=rowgroup>\n'
const cell = '<td role=cell>'

function rowOpen(kind: KindClass): string {
  return `<tr class=${kind} role=row><th role=rowheader>`
}

/** What all rows of a view have in common, worked out once. */
interface RowParts {
  readonly base: string
}

const partsOf = new WeakMap<ListingView, RowParts>()

function rowParts(view: ListingView): RowParts {
  const known = partsOf.get(view)
  if (known !== undefined) return known
  const parts = { base: hrefOf(view.segments, true) }
  partsOf.set(view, parts)
  return parts
}

export { groupRows }

/** A group of entries: `groupRows` of them, or what is left. */
export function listingRows(view: ListingView, entries: readonly ListingEntry[]): string {
  let rows = groupOpen
  for (const entry of entries) rows += listingRow(view, entry)
  return rows
}

/** One entry. */
export function listingRow(view: ListingView, entry: ListingEntry): string {
  const name = escapeHtml(entry.name)
  const directory = entry.kind === 'directory' || entry.target === 'directory'
  const when = timeHtml(entry.mtimeNs)
  if (!entry.reachable) return unavailableRow(view, entry, name, when)
  const parts = rowParts(view)
  const base = entry.segments === undefined ? parts.base : hrefOf(entry.segments, true)
  const plain = base + encodeName(entry.name, base === '/')
  const href = directory ? `${plain}/` : plain
  const link = entry.kind === 'link'
  const kind = link ? kinds.link : directory ? kinds.directory : kindOfName(entry.name)
  let row = `${rowOpen(kind)}<a href="${href}"><bdi>${name}</bdi>`
  if (directory) row += '/'
  if (link) row += ' <small>link</small>'
  row += '</a>'
  if (entry.segments !== undefined) row += whereHtml(view, entry.segments)
  row += directory || link ? cell : sizeCell(entry.size)
  row += `${cell}${when}${cell}<a href="${href}${directory ? '?zip' : '?download'}" aria-label="Download ${name}"></a>`
  // A slash would mean the directory that a link leads to.
  row += menu(entry.rights ?? view.rights, link ? plain : href, name)
  return `${row}\n`
}

function sizeCell(size: number): string {
  return size < 1024 ? `${cell}${size} B` : `<td role=cell title="${formatBytes(size)}">${formatSize(size)}`
}

/** The changes to an entry, folded away: `name` lets one open menu close the one before. */
function menu(rights: ListingRights, href: string, name: string): string {
  if (!(rights.move || rights.copy || rights.delete)) return ''
  let links = `<details name=m><summary aria-label="Change ${name}"></summary><div>`
  if (rights.move) links += `<a href="${href}?move">Rename or move</a>`
  if (rights.copy) links += `<a href="${href}?copy">Copy</a>`
  if (rights.delete) links += `<a href="${href}?delete">Delete</a>`
  return `${links}</div></details>`
}

/** Where something was found, as seen from where the search began. */
function whereHtml(view: ListingView, segments: readonly string[]): string {
  const below = segments.slice(view.segments.length).join('/')
  return ` <small>in <a href="${hrefOf(segments, true)}">${nameHtml(below || directoryTitle(segments))}</a></small>`
}

function unavailableRow(view: ListingView, entry: ListingEntry, name: string, when: string): string {
  // Of a name that is not UTF-8 nothing is known.
  const unknown = entry.kind === 'other' && entry.name.includes('\ufffd')
  const [short, reason] = unavailableReason(unknown ? 'file' : entry.kind)
  const where = entry.segments === undefined ? '' : whereHtml(view, entry.segments)
  return (
    `${rowOpen(kinds.unavailable)}<span title="${reason}"><bdi>${name}</bdi> <small>${short}</small></span>` +
    `${where}${cell}${cell}${unknown ? '' : when}${cell}\n`
  )
}

function unavailableReason(kind: ListingEntry['kind']): readonly [short: string, reason: string] {
  if (kind === 'link') {
    return ['link that leads out', 'This symbolic link leads out of the shared folder, or nowhere. It is not followed.']
  }
  if (kind === 'other') {
    return ['not a file', 'This is a pipe, a socket or a device. Only files and folders are served.']
  }
  return ['unusable name', 'This name has no address: it is not valid UTF-8, or has characters that are refused here.']
}

/** The page after the last row. */
export function listingFoot(view: ListingView, totals: ListingTotals): string {
  const { directories, files, bytes } = totals
  const empty = directories + files === 0 ? emptyMessage(view) : ''
  const more = totals.truncated === true && view.truncated !== true ? truncatedNotice : ''
  const size = files === 0 ? '' : ` · <span title="${formatBytes(bytes)}">${formatSize(bytes)}</span>`
  return `</table>\n${empty}${more}${pageFoot(`${count(directories, 'folder')}, ${count(files, 'file')}${size}`)}`
}

function count(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`
}

function emptyMessage({ query, rights }: ListingView): string {
  if (query !== undefined) return '<p class=empty><strong>Nothing found.</strong> Try a shorter part of the name.</p>\n'
  const wayOut = rights.upload ? ' Upload files to fill it.' : ''
  return `<p class=empty><strong>This folder is empty.</strong>${wayOut}</p>\n`
}
