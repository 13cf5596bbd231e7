/**
 * The files that pages need, the style sheet, the icon and the strip of row icons.
 *
 * - Each has its own content's hash in its path: what a path names never changes, so it may be cached for good.
 * - Pages know the paths from here, so a page and its style sheet cannot disagree.
 */
import { createHash } from 'node:crypto'
import { favicon, strip } from './icons.ts'
import { styleSheet } from './style.ts'

/** A file that the server itself brings. */
export interface Asset {
  /** Its media type, ready for `Content-Type`. */
  readonly type: string
  readonly body: Uint8Array
}

const found = new Map<string, Asset>()

function asset(stem: string, extension: string, type: string, text: string): string {
  const body = new TextEncoder().encode(text)
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16)
  const path = `/.twinserve/assets/${stem}-${hash}.${extension}`
  found.set(path, { type, body })
  return path
}

/** Where the icon of the site is. */
export const iconPath = asset('icon', 'svg', 'image/svg+xml', favicon)

/** Where the strip of row icons is. The style sheet refers to it, so it must be made first. */
const stripPath = asset('kinds', 'svg', 'image/svg+xml', strip)

/** Where the style sheet is. */
export const stylePath = asset('style', 'css', 'text/css; charset=utf-8', styleSheet(stripPath))

/** Every asset, by the path it is served at. */
export const assets: ReadonlyMap<string, Asset> = found
