/**
 * The names in the directory of an upload, which are its state (docs/uploads.md has the table).
 *
 * - Exactly one of them is a token: an empty file that says what becomes of the upload. A change of state is a rename from
 *   the exact old name to the new one, which is atomic: of two who try, one finds that the old name is gone.
 * - The bytes lie in numbered parts. Whoever cannot be sure that nobody writes to a part any more begins another, and
 *   the token says which part counts last; so a part is only ever written to by whoever was given its number.
 * - The offset in a token is on disk before the token has it.
 */

/** Nobody writes. */
export interface Free {
  readonly kind: 'free'
  readonly offset: number
  readonly part: number
}

/** Somebody writes into the part, from the offset on. */
export interface Held {
  readonly kind: 'held'
  readonly offset: number
  readonly part: number
  /** Whether what is written counts as soon as it is in the file (`grow`), or only once it has been checked. */
  readonly mode: 'grow' | 'checked'
  /** The process that writes, as `Calls.ownerState` takes it. */
  readonly owner: string
  readonly unique: string
}

/** All bytes are in one file, checked and on disk; somebody gives it its name. */
export interface Whole {
  readonly kind: 'whole'
  readonly part: number
  readonly owner: string
  readonly unique: string
}

/** The file has its name, and that is on disk. */
export interface Done {
  readonly kind: 'done'
}

/** The upload was ended, and is being removed. */
export interface Gone {
  readonly kind: 'gone'
}

export type Token = Free | Held | Whole | Done | Gone

/** A file with bytes of an upload. */
export interface Part {
  readonly name: string
  readonly number: number
  /** Where in the upload its first byte belongs. */
  readonly start: number
}

/** The record of an upload, which never changes. */
export const recordName = 'info'

const id = /^[A-Za-z0-9]{1,64}$/
const count = '(0|[1-9][0-9]{0,15})'
const holder = String.raw`([a-z0-9-]+)\.([A-Za-z0-9]+)`
const patterns = {
  free: new RegExp(String.raw`^free\.${count}\.${count}$`),
  held: new RegExp(String.raw`^held\.${count}\.${count}\.(grow|checked)\.${holder}$`),
  whole: new RegExp(String.raw`^whole\.${count}\.${holder}$`),
  part: new RegExp(String.raw`^data\.${count}\.${count}$`),
}

/** Whether a text is the name of an upload: nothing else reaches the disk as one. */
export function isUploadId(text: string): boolean {
  return id.test(text)
}

/** The token that a name is, or undefined for any other name. */
export function parseToken(name: string): Token | undefined {
  const free = patterns.free.exec(name)
  if (free) return { kind: 'free', offset: Number(free[1]), part: Number(free[2]) }
  const held = patterns.held.exec(name)
  if (held) {
    const [, offset, part, mode, owner, unique] = held as unknown as [
      string,
      string,
      string,
      Held['mode'],
      string,
      string,
    ]
    return { kind: 'held', offset: Number(offset), part: Number(part), mode, owner, unique }
  }
  const whole = patterns.whole.exec(name)
  if (whole) {
    const [, part, owner, unique] = whole as unknown as [string, string, string, string]
    return { kind: 'whole', part: Number(part), owner, unique }
  }
  return name === 'done' || name === 'gone' ? { kind: name } : undefined
}

/** The name of a token. */
export function tokenName(token: Token): string {
  switch (token.kind) {
    case 'free':
      return `free.${token.offset}.${token.part}`
    case 'held':
      return `held.${token.offset}.${token.part}.${token.mode}.${token.owner}.${token.unique}`
    case 'whole':
      return `whole.${token.part}.${token.owner}.${token.unique}`
    default:
      return token.kind
  }
}

/** The part that a name is, or undefined for any other name. */
export function parsePart(name: string): Part | undefined {
  const m = patterns.part.exec(name)
  return m ? { name, number: Number(m[1]), start: Number(m[2]) } : undefined
}

export function partName(number: number, start: number): string {
  return `data.${number}.${start}`
}

/**
 * The parts that hold the bytes of an upload, in the order of their bytes: each counts up to where the next begins.
 *
 * A part counts only as far as no later one begins before it. One that was put together from others therefore begins
 * at 0 and makes all earlier ones meaningless, though they may still be there.
 *
 * @param last the number of the last that counts
 * @returns none at all when the bytes are not there: they have been given their name
 */
export function coverage(parts: readonly Part[], last: number): readonly Part[] {
  const found: Part[] = []
  let end = Number.POSITIVE_INFINITY
  const downwards = parts.filter(({ number }) => number <= last).sort((a, b) => b.number - a.number)
  for (const part of downwards) {
    if (part.start >= end) continue
    found.unshift(part)
    end = part.start
  }
  return end === 0 ? found : []
}
