/**
 * Who may do what, as one writes it: on the command line, and in a file of users one a line.
 *
 *     ann:PASSWORD                       ann may do everything
 *     ann:PASSWORD@/photos:ro,/ann       she may read /photos, and do everything in /ann
 *     @/pub                              everybody may read /pub
 *
 * - The name ends at the first colon. The password ends at the last `@/`, or where there is none at the end: one that has `@/`
 *   in it is written with a path behind it.
 * - A path says `:ro`, `:rw` or `:none`; without that it means `rw` for a user, and `ro` for everybody. Paths are separated by a
 *   comma with the slash of the next.
 */
import type { Refusal } from '../errors.ts'
import { pathFromText } from '../paths.ts'
import { type Level, type Rule, wholeTree } from '../policy.ts'
import { parseHash } from './passwords.ts'

/** One line. */
export interface Entry {
  /** Undefined for everybody. */
  readonly user: string | undefined
  /** The password or its hash; undefined for everybody. */
  readonly secret: string | undefined
  readonly rules: readonly Rule[]
}

/** What is wrong with what was written: a reason, to stand behind a colon. */
export class BadEntry extends Error {
  override readonly name = 'BadEntry'
}

const userName = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]{0,63}$/u

/** @throws BadEntry when nobody may be called that */
export function checkUser(name: string): void {
  if (userName.test(name)) return
  throw new BadEntry('a name has letters, digits and ._@+- only, at most 64, and begins with a letter or a digit')
}

/** @throws BadEntry */
export function parseEntry(text: string): Entry {
  if (text.startsWith('@')) return { user: undefined, secret: undefined, rules: parseRules(text.slice(1), 'ro') }
  const colon = text.indexOf(':')
  if (colon < 0) throw new BadEntry('write NAME:PASSWORD, NAME:PASSWORD@/PATH:ro, or @/PATH for everybody')
  const user = text.slice(0, colon).normalize('NFC')
  checkUser(user)
  const rest = text.slice(colon + 1)
  const end = rest.lastIndexOf('@/')
  const secret = end < 0 ? rest : rest.slice(0, end)
  if (secret === '') throw new BadEntry(`the password of ${user} is empty`)
  // As the password of somebody it would be one that everybody can read in the file.
  if (secret.startsWith('$scrypt$') && parseHash(secret) === undefined)
    throw new BadEntry(`the hash of ${user} cannot be read`)
  return { user, secret, rules: end < 0 ? wholeTree : parseRules(rest.slice(end + 1), 'rw') }
}

/** @param unsaid what a path without a level means @throws BadEntry */
export function parseRules(text: string, unsaid: Level): Rule[] {
  const rules = text.split(/,(?=\/)/).map((each) => parseRule(each, unsaid))
  const known = new Set<string>()
  for (const { names } of rules) {
    const path = `/${names.join('/')}`
    if (known.has(path)) throw new BadEntry(`${path} is there twice`)
    known.add(path)
  }
  return rules
}

function parseRule(text: string, unsaid: Level): Rule {
  const [, path = '', level = unsaid] = /^(\/.*?)(?::(ro|rw|none))?$/s.exec(text) ?? []
  if (path === '') throw new BadEntry(`${JSON.stringify(text)} is no path: it begins with a slash`)
  try {
    return { names: pathFromText(path).segments, level: level as Level }
  } catch (error) {
    throw new BadEntry(`the path ${path} cannot be used: ${(error as Refusal).message}`)
  }
}

export function formatEntry({ user, secret, rules }: Entry): string {
  const whole = rules.length === 1 && rules[0]?.names.length === 0 && rules[0].level === 'rw'
  const paths = rules.map(({ names, level }) => `/${names.join('/')}:${level}`).join(',')
  if (user === undefined) return `@${paths}`
  return `${user}:${secret}${whole ? '' : `@${paths}`}`
}

/** Lines of a file that say something, by their number from 1: not those that are empty or begin with `#`. */
export function linesOf(text: string): [number: number, line: string][] {
  const lines = text.split(/\r?\n/).map((line, at): [number, string] => [at + 1, line])
  return lines.filter(([, line]) => line.trim() !== '' && !line.startsWith('#'))
}

/** The entries of a file of users. @throws BadEntry with the number of the line */
export function parseFile(text: string): Entry[] {
  return linesOf(text).map(([number, line]) => {
    try {
      const entry = parseEntry(line)
      if (entry.secret !== undefined && parseHash(entry.secret) === undefined)
        throw new BadEntry('a file has hashes, not passwords. Make it with twinserve passwd')
      return entry
    } catch (error) {
      throw new BadEntry(`line ${number}: ${(error as Error).message}`)
    }
  })
}
