/**
 * Patterns for one name (glob(7), XCU 2.13): `*` any characters, `?` one, `[a-z]` one of a set, `[!a-z]` or `[^a-z]` one that
 * is not in it, `\` before what stands for itself. A `.` at the beginning of a name is matched only by a `.`.
 */

type Part = '*' | ((char: string) => boolean)

/** Whether something in it is special. */
export function isPattern(pattern: string): boolean {
  return /[*?[]/.test(unescaped(pattern, ''))
}

/** A pattern in which a `\` stands for itself. */
export function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\')
}

/** A pattern without anything special, as the name that it matches. @param instead of what stands behind a `\` */
export function unescaped(pattern: string, instead = '$1'): string {
  return pattern.replace(/\\(.)/gsu, instead)
}

export function matcher(pattern: string): (name: string) => boolean {
  const parts = parse(pattern)
  const hidden = pattern.replace(/^\\/, '').startsWith('.')
  return (name) => (hidden || !name.startsWith('.')) && matches(parts, [...name])
}

function parse(pattern: string): readonly Part[] {
  const parts: Part[] = []
  for (const [token] of pattern.matchAll(/\\.|\[[!^]?(?:\\.|\]|[^\\])(?:\\.|[^\]\\])*\]|./gsu)) {
    if (token === '*') parts.push('*')
    else if (token === '?') parts.push(() => true)
    else if (token.startsWith('[') && token.length > 1) parts.push(oneOf(token.slice(1, -1)))
    else parts.push((char) => char === (token[0] === '\\' ? token.slice(1) : token))
  }
  return parts
}

function oneOf(set: string): (char: string) => boolean {
  const not = /^[!^]/.test(set)
  const chars = [...(not ? set.slice(1) : set).matchAll(/\\(.)|(.)/gsu)].map(([token, escaped]) => escaped ?? token)
  const ranges: [number, number][] = []
  for (let at = 0; at < chars.length; at++) {
    const from = chars[at] as string
    const isRange = chars[at + 1] === '-' && at + 2 < chars.length
    if (isRange) at += 2
    ranges.push([codeOf(from), codeOf(chars[at] as string)])
  }
  return (char) => ranges.some(([from, to]) => from <= codeOf(char) && codeOf(char) <= to) !== not
}

const codeOf = (char: string): number => char.codePointAt(0) as number

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
