/**
 * What stands between a listing's heading and its rows: search, upload, new folder, other forms of the listing;
 * and the headings of its columns.
 *
 * - In a multipart form every other field comes before the files: a server that stores files as they arrive has
 *   to know by then where they go and whether they may replace others.
 */
import { encodeSegment, hrefOf } from './address.ts'
import { escapeValue } from './escape.ts'
import type { ListingSort, ListingView } from './listing.ts'

/** The box that lets a form replace what is there. */
export const overwriteBox = '<label class=check><input type=checkbox name=overwrite value=on>Replace existing</label>'

/** The tools that the rights leave. */
export function toolbar(view: ListingView): string {
  const { segments, query, rights } = view
  const href = hrefOf(segments, true)
  const value = query === undefined ? '' : ` value="${escapeValue(query)}"`
  const json = query === undefined ? '?json' : `?q=${encodeSegment(query)}&amp;json`
  let tools =
    `<div class=tools><form class=search action="${href}" role=search><label for=q>Search below this folder</label>` +
    `<input id=q name=q type=search required autocomplete=off spellcheck=false placeholder="Search by name"${value}>` +
    '<button aria-label=Search></button></form>\n'
  if (query === undefined) {
    if (rights.upload) tools += uploadTool(href, rights.overwrite)
    if (rights.create) tools += createTool(href)
    tools += `<a class="tool zip" href="${href}?zip">Download as zip</a>\n`
  }
  return `${tools}<a class="tool json" href="${href}${json}">JSON</a></div>\n`
}

function uploadTool(href: string, overwrite: boolean): string {
  return (
    '<details name=t><summary class="tool primary up">Upload</summary>' +
    `<form class=panel method=post enctype="multipart/form-data" action="${href}">` +
    (overwrite ? overwriteBox : '') +
    '<label for=file>Choose files, or drop them here</label>' +
    '<input id=file type=file name=file multiple required><button class=primary>Upload</button></form></details>\n'
  )
}

function createTool(href: string): string {
  return (
    '<details name=t><summary class="tool new">New folder</summary>' +
    `<form class=panel method=post action="${href}"><input type=hidden name=action value=mkdir>` +
    '<label for=name>Name of the new folder</label>' +
    '<input id=name name=name required maxlength=255 autocomplete=off autocapitalize=off spellcheck=false>' +
    '<button class=primary>Create</button></form></details>\n'
  )
}

/**
 * The heading of a column, a link that sorts by it: the other way round when it is sorted by it already.
 * Sizes and times begin with the largest and the latest, which is what they are sorted for.
 */
export function sortHeader(view: ListingView, key: ListingSort['key'], label: string, unit = ''): string {
  const { sort, query } = view
  const active = sort.key === key
  const descending = active ? !sort.descending : key !== 'name'
  const search = query === undefined ? '' : `q=${encodeSegment(query)}&amp;`
  const aria = active ? ` aria-sort=${sort.descending ? 'descending' : 'ascending'}` : ''
  const address = `${hrefOf(view.segments, true)}?${search}sort=${key}&amp;order=${descending ? 'desc' : 'asc'}`
  const small = unit === '' ? '' : ` <small>${unit}</small>`
  return `<th scope=col role=columnheader${aria}><a href="${address}">${label}${small}</a>`
}
