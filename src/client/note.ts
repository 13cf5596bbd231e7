/**
 * What one process notes so that a later one can go on with a transfer: a small file for each, named by what it is about.
 *
 * A note is a help, never a source of truth: what it says is checked against both ends. That it cannot be written or read
 * is no failure.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeDirectories } from './directories.ts'

/** Notes that nobody has come back to for so long are removed: servers keep what they are about no longer. Milliseconds. */
const age = 14 * 24 * 60 * 60 * 1000

export class Note<T extends object> {
  readonly #directory: string | undefined
  readonly #path: string

  /** @param directory undefined to note nothing @param about what makes the transfer the same one */
  constructor(directory: string | undefined, about: readonly (string | number | bigint | boolean)[]) {
    this.#directory = directory
    const name = createHash('sha256').update(about.map(String).join('\0')).digest('hex').slice(0, 32)
    this.#path = join(directory ?? '', `${name}.json`)
  }

  /** Whether anything is noted at all. */
  get kept(): boolean {
    return this.#directory !== undefined
  }

  async read(): Promise<Partial<T> | undefined> {
    if (this.#directory === undefined) return undefined
    try {
      const value: unknown = JSON.parse(await readFile(this.#path, 'utf8'))
      return typeof value === 'object' && value !== null ? value : undefined
    } catch {
      return undefined
    }
  }

  /** Replace what is noted. Half of it is never seen. */
  async write(value: T): Promise<void> {
    if (this.#directory === undefined) return
    const made = `${this.#path}.${randomUUID()}`
    try {
      if (!(await makeDirectories(this.#directory, 0o700))) await sweep(this.#directory)
      await writeFile(made, JSON.stringify(value), { mode: 0o600 })
      await rename(made, this.#path)
    } catch {
      await unlink(made).catch(() => {})
    }
  }

  async remove(): Promise<void> {
    if (this.#directory !== undefined) await unlink(this.#path).catch(() => {})
  }
}

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!/^[0-9a-f]{32}\.json/.test(name)) continue
    const path = join(directory, name)
    const status = await stat(path).catch(() => undefined)
    if (status !== undefined && Date.now() - status.mtimeMs > age) await unlink(path).catch(() => {})
  }
}
