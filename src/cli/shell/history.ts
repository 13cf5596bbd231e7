/** The lines typed, kept from one time to the next: `$XDG_STATE_HOME/twinserve/history` (XDG Base Directory Specification). */
import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { makeDirectories } from '../../client/directories.ts'

/** As many lines as are kept. */
const most = 1000

/** Relative paths in the variable are to be ignored (the specification, "Environment variables"). */
export function historyFile({ XDG_STATE_HOME = '', HOME = homedir() }: NodeJS.ProcessEnv): string {
  const base = isAbsolute(XDG_STATE_HOME) ? XDG_STATE_HOME : join(HOME, '.local/state')
  return join(base, 'twinserve/history')
}

export class History {
  readonly #lines: string[]
  readonly #file: string | undefined
  #written: Promise<void> = Promise.resolve()

  private constructor(lines: string[], file: string | undefined) {
    this.#lines = lines
    this.#file = file
  }

  /** @param file where it is kept; undefined for one that is forgotten */
  static async open(file?: string): Promise<History> {
    if (file === undefined) return new History([], undefined)
    const text = await readFile(file, 'utf8').catch(() => '')
    const lines = text.split('\n').filter((line) => line !== '')
    const history = new History(lines.slice(-most), file)
    if (lines.length > 2 * most) await writeFile(file, `${history.lines.join('\n')}\n`, { mode: 0o600 }).catch(() => {})
    return history
  }

  /** From the oldest to the newest. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Appends a line, unless it begins with a blank, is empty, or is the last one again. */
  add(line: string): void {
    if (line.trim() === '' || line.startsWith(' ') || line === this.#lines.at(-1)) return
    this.#lines.push(line)
    const file = this.#file
    // That a line cannot be kept is no reason not to do it.
    if (file !== undefined) this.#written = this.#written.then(() => append(file, line)).catch(() => {})
  }

  /** Resolves when all is written. */
  saved(): Promise<void> {
    return this.#written
  }
}

/** What people type may be secret: nobody else may read it, also where the file is older than this rule. */
async function append(file: string, line: string): Promise<void> {
  await makeDirectories(dirname(file), 0o700)
  await appendFile(file, `${line}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
}
