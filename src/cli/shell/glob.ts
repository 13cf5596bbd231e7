/**
 * Names by pattern (XCU 2.13): `*` any characters, `?` one, `[a-z]` one of a set, `[!a-z]` one that is not in it. A `/`
 * is matched by nothing but itself, and a `.` at the beginning of a name only by a `.`.
 */
import type { Entry, Side } from './sides.ts'
import type { Word } from './words.ts'

type Part = '*' | ((char: string) => boolean)

/** @param pattern of one name, as in `Word` */
export function matcher(pattern: string): (name: string) => boolean {
  const parts = parse(pattern)
  const hidden = pattern.replace(/^\\/, '').startsWith('.')
  return (name) => (hidden || !name.startsWith('.')) && matches(parts, [...name])
}

function parse(pattern: string): readonly Part[] {
  const parts: Part[] = []
  for (const [token] of pattern.matchAll(/\\.|\[!?(?:\\.|\]|[^\\])(?:\\.|[^\]\\])*\]|./gsu)) {
    if (token === '*') parts.push('*')
    else if (token === '?') parts.push(() => true)
    else if (token.startsWith('[') && token.length > 1) parts.push(oneOf(token.slice(1, -1)))
    else parts.push((char) => char === (token[0] === '\\' ? token.slice(1) : token))
  }
  return parts
}

function oneOf(set: string): (char: string) => boolean {
  const not = set.startsWith('!')
  const chars = [...(not ? set.slice(1) : set).matchAll(/\\(.)|(.)/gsu)].map(([token, escaped]) => escaped ?? token)
  const ranges: [string, string][] = []
  for (let at = 0; at < chars.length; at++) {
    const from = chars[at] as string
    const isRange = chars[at + 1] === '-' && at + 2 < chars.length
    if (isRange) at += 2
    ranges.push([from, chars[at] as string])
  }
  return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== not
}

/** Goes back to the last `*` only, so that no pattern takes long. */
function matches(parts: readonly Part[], name: readonly string[]): boolean {
  let part = 0
  let star = -1
  let from = 0
  let at = 0
  while (at < name.length) {
    const wanted = parts[part]
    if (wanted === '*') {
      star = part++
      from = at
    } else if (wanted?.(name[at] as string)) {
      part++
      at++
    } else if (star >= 0) {
      part = star + 1
      at = ++from
    } else return false
  }
  while (parts[part] === '*') part++
  return part === parts.length
}

const leadsToDirectory = ({ kind, target }: Entry): boolean => kind === 'directory' || target === 'directory'

/**
 * The paths that a word means on one side: itself, or what its pattern matches, in the order of the names.
 *
 * @throws Error when nothing matches
 */
export async function expand(side: Side, word: Word, signal: AbortSignal): Promise<readonly string[]> {
  if (word.pattern === undefined) return [word.text]
  const names = word.pattern.split('/')
  const isAbsolute = names[0] === ''
  let found: string[] = [isAbsolute ? '/' : '']
  for (const [index, pattern] of names.entries()) {
    if (pattern === '') continue
    const isLast = names.slice(index + 1).every((name) => name === '')
    const next: string[] = []
    for (const directory of found)
      next.push(...(await step(side, directory, pattern, isLast && names.at(-1) !== '', signal)))
    found = next
  }
  if (found.length === 0) throw new Error(`Nothing matches ${word.text} on the ${side.name} side.`)
  return found
}

async function step(
  side: Side,
  directory: string,
  pattern: string,
  isLast: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = (name: string): string =>
    directory === '' || directory.endsWith('/') ? directory + name : `${directory}/${name}`
  const plain = pattern.replace(/\\(.)/gsu, '$1')
  if (!/[*?[]/.test(pattern.replace(/\\./gsu, ''))) return [path(plain)]
  const fits = matcher(pattern)
  const entries = await side.list(directory === '' ? '.' : directory, signal)
  return entries
    .filter((entry) => fits(entry.name) && (isLast || leadsToDirectory(entry)))
    .map(({ name }) => path(name))
}
