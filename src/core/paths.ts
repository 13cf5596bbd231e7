/**
 * Paths: the only maker of a `SafePath`.
 *
 * - What a client sends is decoded exactly once, here. Nothing behind this point decodes again.
 * - A segment is a name in a directory: never empty, `.`, `..`, never with `/`, `\`, NUL, or text that is
 *   not valid Unicode. So a `SafePath` cannot lead above the shared directory by its spelling; `files/walk.ts`
 *   sees to it that it cannot by symbolic links either.
 * - `.twinserve` belongs to the server wherever it is, and at the top all names that begin so.
 */
import { Refusal } from './errors.ts'

const made = Symbol('made by paths.ts')

/** A path below the shared directory, decoded and checked. */
export class SafePath {
  /** The names from the shared directory down. None at all is the shared directory itself. */
  readonly segments: readonly string[]
  /** Whether it was written with a slash at its end, and so can only mean a directory. */
  readonly slash: boolean

  constructor(key: typeof made, segments: readonly string[], slash: boolean) {
    if (key !== made) throw new TypeError('paths.ts is the only maker of a SafePath')
    this.segments = segments
    this.slash = slash
  }

  /** The last name. Empty for the shared directory itself. */
  get name(): string {
    return this.segments.at(-1) ?? ''
  }

  /** The path as a person reads it, and as the cache knows it: `/a/b`, without a slash at the end. */
  get text(): string {
    return `/${this.segments.join('/')}`
  }

  get isRoot(): boolean {
    return this.segments.length === 0
  }

  /** The directory that holds it. The shared directory holds itself. */
  get parent(): SafePath {
    return new SafePath(made, this.segments.slice(0, -1), true)
  }

  /** The entry of that name in this directory. @throws Refusal bad_name, reserved */
  child(name: string, slash = false): SafePath {
    checkName(name)
    checkReserved(name, this.isRoot)
    return new SafePath(made, [...this.segments, name], slash)
  }

  /** Whether `other` is this path or lies below it. */
  contains(other: SafePath): boolean {
    return this.segments.every((segment, at) => other.segments[at] === segment)
  }
}

/** The shared directory itself. */
export const rootPath = new SafePath(made, [], true)

const own = '.twinserve'

/** Whether a name belongs to the server. In any case: some file systems do not tell cases apart. @param top whether it is one in the shared directory itself */
export function isReserved(name: string, top: boolean): boolean {
  if (name.length < own.length) return false
  return top ? foldName(name).startsWith(own) : foldName(name) === own
}

/** As file systems that do not tell cases apart may see a name: APFS takes `ſ` for `s`, and HFS+ does not see U+200C. */
export function foldName(name: string): string {
  if (/^[ -~]*$/.test(name)) return name.toLowerCase()
  return name
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
}

function checkReserved(name: string, top: boolean): void {
  if (isReserved(name, top)) throw new Refusal('reserved')
}

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/^$/, 'it has an empty part'],
  [/^\.\.?$/, 'it has a part that is only dots'],
  [/\//, 'a name cannot hold a slash'],
  [/\\/, 'a name cannot hold a backslash'],
  [/\0/, 'a name cannot hold a NUL character'],
  [/\p{Surrogate}/u, 'it is not valid Unicode'],
]

const unusual = /^\.{0,2}$|[/\\\0]|[\ud800-\udfff]/

/** Refuse text that cannot be a name in a directory. @throws Refusal bad_name */
export function checkName(name: string): void {
  if (!unusual.test(name)) return
  for (const [pattern, reason] of forbidden) {
    if (pattern.test(name)) throw new Refusal('bad_name', reason)
  }
}

function fromSegments(segments: string[]): SafePath {
  const slash = segments.length > 0 && segments.at(-1) === ''
  if (slash) segments.pop()
  if (segments.length === 0) return rootPath
  for (const segment of segments) checkName(segment)
  for (const [at, segment] of segments.entries()) checkReserved(segment, at === 0)
  return new SafePath(made, segments, slash)
}

/**
 * A path that a person or a form wrote, in plain text: `docs/new name`, with or without a slash before it.
 *
 * @throws Refusal bad_name, reserved
 */
export function pathFromText(text: string): SafePath {
  return fromSegments((text.startsWith('/') ? text.slice(1) : text).split('/'))
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    // Refuses malformed escapes, overlong forms, surrogates, and anything else that is not UTF-8 (RFC 3629).
    return decodeURIComponent(segment)
  } catch {
    throw new Refusal('bad_target', 'its percent-encoding is not valid UTF-8')
  }
}

/**
 * The path of a request target, percent-encoded (RFC 3986, section 3.3), with or without a slash before it.
 *
 * @throws Refusal bad_target, bad_name, reserved
 */
export function pathFromTarget(raw: string): SafePath {
  return fromSegments((raw.startsWith('/') ? raw.slice(1) : raw).split('/').map(decode))
}
