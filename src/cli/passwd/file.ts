/** Changing a file of users: the lines of one user, and no other. */
import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Entry, formatEntry, linesOf, parseEntry } from '../../core/access/entries.ts'

/** The text of a file of users; empty when there is none. */
export async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** The entries of a user in a text. @throws BadEntry */
export function entriesOf(text: string, user: string): Entry[] {
  return linesOf(text)
    .map(([, line]) => parseEntry(line))
    .filter((entry) => entry.user === user)
}

/** The text with these lines in place of those of the user: where the first of them was, or at the end. */
export function withUser(text: string, user: string, entries: readonly Entry[]): string {
  const mine = new Set(
    linesOf(text)
      .filter(([, line]) => parseEntry(line).user === user)
      .map(([number]) => number),
  )
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const first = lines.findIndex((_, at) => mine.has(at + 1))
  const kept = lines.filter((_, at) => !mine.has(at + 1))
  kept.splice(first < 0 ? kept.length : first, 0, ...entries.map(formatEntry))
  return kept.length === 0 ? '' : `${kept.join('\n')}\n`
}

/** Put a text in the place of the file at once: nobody reads half of it, and only its owner may read it. */
export async function replaceText(file: string, text: string): Promise<void> {
  // A link stays a link.
  const real = await realpath(file).catch(() => file)
  const temporary = join(dirname(real), `.${basename(real)}.${randomBytes(8).toString('hex')}`)
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
    await handle.close()
    await rename(temporary, real)
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}
