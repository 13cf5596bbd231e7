/**
 * Addresses of what is in the tree, as pages write them.
 *
 * - Decoding an address gives the same names back. All is percent-encoded save RFC 3986's unreserved characters
 *   (section 2.3) and `!`, `*`, `(`, `)`; so an address is also safe inside a quoted attribute as it stands.
 * - `=` is always `%3D`: the address-bar commands (`/delete=…`) are matched on the raw target, before decoding.
 *   For the same reason a top-level `upload` or `listdir` is written with its first letter encoded.
 * - Addresses are absolute paths: the same listing is shown at more than one address, so a relative one would break.
 */
import { wellFormed } from './escape.ts'

const plain = /^[\w.~!*()-]+$/

/** Top-level names that are also commands without an argument. */
const commands: Readonly<Record<string, string>> = { upload: '%75pload', listdir: '%6Cistdir' }

/** One name or query value, percent-encoded. Lone surrogates, which UTF-8 cannot carry, become U+FFFD. */
export function encodeSegment(text: string): string {
  if (plain.test(text)) return text
  return encodeURIComponent(wellFormed(text)).replaceAll("'", '%27')
}

/** A name as the last part of an address. @param top whether the name lies directly below the root */
export function encodeName(name: string, top: boolean): string {
  const command = top && Object.hasOwn(commands, name) ? commands[name] : undefined
  return command ?? encodeSegment(name)
}

/**
 * The address of an item.
 *
 * @param segments the names that lead to it from the root; none for the root itself
 * @param directory whether to end it with a slash
 */
export function hrefOf(segments: readonly string[], directory: boolean): string {
  let href = ''
  for (let i = 0; i < segments.length; i++) href += `/${encodeName(segments[i] as string, i === 0)}`
  return directory || href === '' ? `${href}/` : href
}

/** The path that a person reads and writes: the names as they are, from the root. */
export function pathOf(segments: readonly string[]): string {
  return `/${segments.join('/')}`
}
