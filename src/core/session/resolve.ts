/**
 * Paths as people write them in a session: relative to where they are, with `.` and `..`.
 *
 * They are resolved here, by their text alone, into a `SafePath`; nothing behind this point knows of `..`.
 */
import { Refusal } from '../errors.ts'
import { pathFromText, type SafePath } from '../paths.ts'

/**
 * @param from the current directory
 * @throws Refusal bad_name, also for a path that leads above the shared directory; reserved
 */
export function resolvePath(from: SafePath, text: string): SafePath {
  const [first, ...rest] = text.split('/') as [string, ...string[]]
  const absolute = first === '' && rest.length > 0
  const names = absolute ? [] : [...from.segments]
  const parts = absolute ? rest : [first, ...rest]
  const last = parts.at(-1) as string
  // Only the last part may be empty: it is the slash at the end.
  if (last === '' && (absolute || parts.length > 1)) parts.pop()
  for (const part of parts) {
    if (part === '..') {
      if (names.pop() === undefined) throw new Refusal('bad_name', 'it leads above the shared directory')
    } else if (part !== '.') names.push(part)
  }
  const slash = last === '' || last === '.' || last === '..'
  return pathFromText(`/${names.join('/')}${slash && names.length > 0 ? '/' : ''}`)
}
