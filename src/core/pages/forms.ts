/**
 * The pages that ask before something changes. Each is a form that works without script, with a way back.
 *
 * - Nothing is replaced and nothing that has content is deleted unless a box says so.
 * - Fields that a multipart body's files depend on come before the files (see toolbar.ts).
 */
import { hrefOf, pathOf } from './address.ts'
import { escapeHtml, escapeValue, nameHtml } from './escape.ts'
import { pageFoot, pageHead } from './page.ts'
import { overwriteBox } from './toolbar.ts'

/** What the form of a move, a copy or a deletion is about: the root cannot be. */
export interface ItemView {
  /** The names that lead to the item from the root: at least one. */
  readonly segments: readonly string[]
  /** Whether it is a directory. */
  readonly directory: boolean
  /** Whether something may be replaced. */
  readonly overwrite?: boolean
}

export interface UploadView {
  /** The directory proposed. */
  readonly segments?: readonly string[]
  /** Whether something may be replaced. */
  readonly overwrite?: boolean
}

const pathAttributes = 'required autocomplete=off autocapitalize=off spellcheck=false dir=ltr'

/** The form behind `GET /upload`. */
export function uploadPage({ segments = [], overwrite = true }: UploadView = {}): string {
  return (
    `${pageHead('Upload', segments)}<h1>Upload files</h1>\n` +
    '<form class=card method=post enctype="multipart/form-data" action="/upload">' +
    '<label for=directory>Into the folder</label>' +
    `<input id=directory name=directory ${pathAttributes} value="${escapeValue(pathOf(segments))}" aria-describedby=hint>` +
    '<p id=hint class=hint>The whole path, from the top folder <code>/</code>. The folder must exist.</p>' +
    `${overwrite ? overwriteBox : ''}<label for=file>Choose files, or drop them here</label>` +
    '<input id=file type=file name=file multiple required>' +
    `${buttons('Upload', 'primary', segments)}</form>\n${pageFoot()}`
  )
}

/** The form behind `?move`. */
export function movePage(view: ItemView): string {
  return transferPage(view, 'Rename or move', 'move', pathOf(view.segments))
}

/** The form behind `?copy`. */
export function copyPage(view: ItemView): string {
  const name = copyName(nameOf(view), view.directory)
  return transferPage(view, 'Copy', 'copy', pathOf([...view.segments.slice(0, -1), name]))
}

function transferPage(view: ItemView, title: string, action: 'move' | 'copy', destination: string): string {
  const verb = action === 'move' ? 'Move' : 'Copy'
  return (
    `${itemHead(view, title)}<input type=hidden name=action value=${action}>` +
    '<label for=destination>New path</label>' +
    `<input id=destination name=destination ${pathAttributes} autofocus value="${escapeValue(destination)}" aria-describedby=hint>` +
    '<p id=hint class=hint>The whole path, from the top folder <code>/</code>. Its last part is the new name; the parts before it must exist.</p>' +
    `${view.overwrite === false ? '' : overwriteBox}${buttons(verb, 'primary', view.segments.slice(0, -1))}</form>\n${pageFoot()}`
  )
}

/** The question behind `?delete`. @param view.empty whether a directory is known to have nothing in it */
export function deletePage(view: ItemView & { readonly empty?: boolean }): string {
  const full = view.directory && view.empty !== true
  const box = full
    ? '<label class=check><input type=checkbox name=recursive value=on required>Delete everything in it</label>'
    : ''
  const what = view.directory ? (full ? 'This folder and all that is in it' : 'This empty folder') : 'This file'
  return (
    `${itemHead(view, 'Delete', '?')}<input type=hidden name=action value=delete>` +
    `<p>${what} will be deleted for good. There is no way to bring it back.</p>` +
    `${box}${buttons('Delete', 'danger', view.segments.slice(0, -1))}</form>\n${pageFoot()}`
  )
}

/**
 * The question behind a command of the address bar that a page elsewhere may have sent.
 *
 * @param target the command's own address, percent-encoded UTF-8
 */
export function commandPage(target: string): string {
  return (
    `${pageHead('Confirm', [])}<h1>Confirm the command</h1>\n<form class=card method=post action="${escapeHtml(target)}">` +
    `<p><code>${escapeHtml(decodeURI(target))}</code></p><p>Nothing has been done yet. Go on only if you typed this yourself.</p>` +
    `${buttons('Do it', 'danger', [])}</form>\n${pageFoot()}`
  )
}

function itemHead(view: ItemView, title: string, end = ''): string {
  const parent = view.segments.slice(0, -1)
  return (
    `${pageHead(`${title} ${nameOf(view)}`, parent)}<h1>${title} “${nameHtml(nameOf(view))}”${end}</h1>\n` +
    `<form class=card method=post action="${hrefOf(view.segments, view.directory)}">`
  )
}

function nameOf(view: ItemView): string {
  return view.segments.at(-1) ?? ''
}

function buttons(text: string, kind: 'primary' | 'danger', back: readonly string[]): string {
  return `<p class=buttons><button class=${kind}>${text}</button><a class=tool href="${hrefOf(back, true)}">Cancel</a></p>`
}

/** `report (copy).pdf`: a name that is likely to be free, with the extension where it was. */
function copyName(name: string, directory: boolean): string {
  const dot = name.lastIndexOf('.')
  if (directory || dot <= 0) return `${name} (copy)`
  return `${name.slice(0, dot)} (copy)${name.slice(dot)}`
}
