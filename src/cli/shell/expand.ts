/** What the words of a command mean on one side. A `/` in a pattern is matched by nothing but itself. */
import { isPattern, matcher, unescaped } from '../glob.ts'
import type { Entry, Side } from './sides.ts'
import type { Word } from './words.ts'

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
  if (!isPattern(pattern)) return [path(unescaped(pattern))]
  const fits = matcher(pattern)
  const entries = await side.list(directory === '' ? '.' : directory, signal)
  return entries
    .filter((entry) => fits(entry.name) && (isLast || leadsToDirectory(entry)))
    .map(({ name }) => path(name))
}
