/**
 * What every page has around its content: the head, the way back to the root, the foot.
 *
 * - A page has no script, no inline style and nothing from another site, so that `pageSecurityPolicy` can
 *   forbid all three.
 * - One `<h1>` per page, inside `<main>`; the breadcrumb is the only navigation before it, and can be skipped.
 */
import { encodeSegment, hrefOf } from './address.ts'
import { iconPath, stylePath } from './assets.ts'
import { escapeHtml, nameHtml } from './escape.ts'

/** Where one logs in, and where the form is sent. */
export const loginPath = '/.twinserve/login'
/** Where one logs out, by `POST`. */
export const logoutPath = '/.twinserve/logout'

/** The `Content-Security-Policy` that every page is sent with. */
export const pageSecurityPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const beforeTitle =
  '<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>' +
  '<meta name=viewport content="width=device-width,initial-scale=1">' +
  '<meta name=color-scheme content="light dark">' +
  `<link rel=stylesheet href="${stylePath}"><link rel=icon type="image/svg+xml" href="${iconPath}"><title>`

const afterTitle = ' · twinserve</title></head>\n<body><a class=skip href="#main">Skip to the content</a>\n'

/**
 * The page from its first byte to the opened `<main>`.
 *
 * @param title what the window is called
 * @param segments the directory that the breadcrumb leads to
 * @param current whether that directory is the page itself
 * @param visitor who looks at it, where somebody can log in
 */
export function pageHead(title: string, segments: readonly string[], current = false, visitor?: Visitor): string {
  const header = `<header>${breadcrumb(segments, current)}${visitor === undefined ? '' : visitorHtml(visitor)}</header>\n`
  return `${beforeTitle}${escapeHtml(title)}${afterTitle}${header}<main id=main tabindex=-1>\n`
}

/** Who looks at a page. */
export interface Visitor {
  /** Undefined for one who has not logged in. */
  readonly user: string | undefined
  /** The address of the page, to come back to. */
  readonly here: string
}

function visitorHtml({ user, here }: Visitor): string {
  if (user === undefined) return `<a class=who href="${loginPath}?to=${encodeSegment(here)}">Log in</a>`
  return (
    `<form class=who method=post action="${logoutPath}"><span>Logged in as <bdi>${escapeHtml(user)}</bdi></span>` +
    '<button>Log out</button></form>'
  )
}

/** The page from `</main>` to its last byte. */
export function pageFoot(summary = ''): string {
  const counted = summary === '' ? '' : `<p>${summary}</p>`
  return `</main>\n<footer>${counted}<p class=brand>twinserve</p></footer></body></html>\n`
}

/** The way down from the root, each step a link; the last is marked when it is the page itself. */
function breadcrumb(segments: readonly string[], current: boolean): string {
  const page = current ? ' aria-current=page' : ''
  let items = `<li><a href="/"${segments.length === 0 ? page : ''}><img src="${iconPath}" alt="" width=24 height=24>Home</a>`
  for (let i = 0; i < segments.length; i++) {
    const mark = i === segments.length - 1 ? page : ''
    items += `<li><a href="${hrefOf(segments.slice(0, i + 1), true)}"${mark}>${nameHtml(segments[i] as string)}</a>`
  }
  return `<nav aria-label=Breadcrumb><ol>${items}</ol></nav>`
}

/** What a directory is called in a heading: the root has no name of its own. */
export function directoryTitle(segments: readonly string[]): string {
  return segments.at(-1) ?? 'Home'
}
