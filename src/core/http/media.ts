/**
 * Media types, by the extension of a name.
 */
import { lookup } from 'mrmime'

/** Extensions that mean something else to most people than to the registry. */
const ours: ReadonlyMap<string, string> = new Map([
  ['ts', 'text/plain'],
  ['mts', 'text/plain'],
  ['log', 'text/plain'],
  ['lock', 'text/plain'],
])

/** The table of `mrmime` is an object, which knows names such as `constructor` too. */
function registered(extension: string): string | undefined {
  const type: unknown = lookup(extension)
  return typeof type === 'string' ? type : undefined
}

/** `text` types are served as UTF-8: nearly everything written in this century is, and nothing better is known. */
function withCharset(type: string): string {
  return /^text\/|^application\/(json|javascript|xml)$/.test(type) ? `${type}; charset=utf-8` : type
}

/** The value of `Content-Type` for a file of this name. */
export function mediaType(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return withCharset(ours.get(extension) ?? registered(extension) ?? 'application/octet-stream')
}
