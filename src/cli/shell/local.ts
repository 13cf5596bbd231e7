/** The side of the person: this machine. */

import type { Stats } from 'node:fs'
import { lstat, mkdir, readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { errnoOf, refusalOf } from '../../core/errors.ts'
import { baseName, type Entry, type Side } from './sides.ts'

export class Local implements Side {
  readonly name = 'local'
  #directory: string

  /** @param directory an absolute path */
  constructor(directory: string) {
    this.#directory = directory
  }

  get directory(): string {
    return this.#directory
  }

  /** `~` at the beginning is the home directory; a file of that name is `./~`. */
  resolve(path: string): string {
    return resolve(
      this.#directory,
      path.replace(/^~(?=\/|$)/, () => homedir()),
    )
  }

  async enter(path: string): Promise<void> {
    const directory = this.resolve(path)
    // Reading it, and not only looking at it, tells also that one may.
    await told(directory, readdir(directory))
    this.#directory = directory
  }

  async list(path: string): Promise<readonly Entry[]> {
    const directory = this.resolve(path)
    const self = await told(directory, stat(directory))
    if (!self.isDirectory()) return [await this.stat(path)]
    const names = await told(directory, readdir(directory))
    const entries = await Promise.all(names.map((name) => this.stat(`${directory}/${name}`).catch(() => undefined)))
    // What is gone since the names were read is not told of.
    return entries.filter((entry) => entry !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async stat(path: string): Promise<Entry> {
    const full = this.resolve(path)
    const stats = await told(full, lstat(full))
    const kind = kindOf(stats)
    const size = kind === 'directory' ? {} : { size: stats.size }
    const target = kind === 'link' ? await targetOf(full) : {}
    return { name: baseName(full), kind, ...size, modified: stats.mtime, ...target }
  }

  async makeDirectory(path: string): Promise<void> {
    const full = this.resolve(path)
    await told(full, mkdir(full))
  }
}

function kindOf(stats: Stats): Entry['kind'] {
  if (stats.isSymbolicLink()) return 'link'
  if (stats.isDirectory()) return 'directory'
  return stats.isFile() ? 'file' : 'other'
}

async function targetOf(path: string): Promise<Pick<Entry, 'target'>> {
  try {
    return { target: kindOf(await stat(path)) as 'file' | 'directory' | 'other' }
  } catch {
    return {}
  }
}

/** Says in a sentence why the file system of this side refuses. */
async function told<T>(path: string, done: Promise<T>): Promise<T> {
  try {
    return await done
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    const { code, message } = refusalOf(error, path)
    const about = message.includes(path) ? '' : `${path}: `
    const name = code === 'not_found' && errnoOf(error) === 'ENOTDIR' ? `${path} is not a directory.` : message
    throw new Error(`On this side: ${about}${name}`, { cause: error })
  }
}
