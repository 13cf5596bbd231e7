/** Fetching a directory and all that is in it: first it is looked through, then the files are fetched, some at a time. */
import { lstat, mkdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SafePath } from '../core/paths.ts'
import type { EntryObject } from '../core/session/messages.ts'
import type { Context } from './context.ts'
import { fetchFile } from './download.ts'
import { entriesOf } from './entries.ts'
import { ClientError, existsHere, ofLocal, refused } from './errors.ts'
import { demandSafeName, directoryWithin } from './names.ts'
import type { TreeOptions, TreeResult } from './options.ts'
import { Findings, type Found, millisecondsOf, transferAll } from './tree.ts'
import { sameDigestHere } from './unchanged.ts'

/** See `Client.downloadTree`. */
export async function downloadTree(
  context: Context,
  from: string,
  to: string,
  options: TreeOptions,
): Promise<TreeResult> {
  const top = context.resolve(from)
  const { kind } = await context.call('stat', { path: top.text }, options.signal)
  if (kind !== 'directory') throw refused('not_directory', top.text)
  const walk = new Walk(context, options, await directoryHere(to))
  await walk.directory(top, to)
  return await transferAll(walk.findings, options, {
    isThere: (found, options) => isThere(context, found, options),
    transfer: ({ path, file, size, modified }, options, meter) => {
      const listed = { size, etag: undefined, modified }
      return fetchFile(context, path, listed, file, { ...options, parallel: 1 }, meter)
    },
    explain: (failures) => `${failures} of what is in ${top.text} could not be fetched; the rest was.`,
  })
}

/** @returns the real path of the local directory, made unless it is there */
async function directoryHere(to: string): Promise<string> {
  try {
    await mkdir(to).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    if (!(await stat(to)).isDirectory()) throw existsHere(to)
    return await realpath(to)
  } catch (error) {
    throw ofLocal(error, to)
  }
}

class Walk {
  readonly findings = new Findings<Found>()
  readonly #context: Context
  readonly #options: TreeOptions
  /** What is not left. */
  readonly #within: string

  constructor(context: Context, options: TreeOptions, within: string) {
    this.#context = context
    this.#options = options
    this.#within = within
  }

  async directory(path: SafePath, local: string): Promise<void> {
    this.findings.directories += 1
    for await (const entry of entriesOf(this.#context, path.text, this.#options.signal)) {
      try {
        await this.#entry(entry, path, local)
      } catch (error) {
        this.findings.failures.add(error)
      }
    }
  }

  async #entry(
    { name, kind, size = 0, modified, reachable }: EntryObject,
    parent: SafePath,
    local: string,
  ): Promise<void> {
    demandSafeName(name)
    if (reachable === false || kind === 'link' || kind === 'other') {
      const reason = kind === 'link' ? 'it is a symbolic link' : 'it is no regular file'
      this.#options.onSkip?.(`${parent.isRoot ? '' : parent.text}/${name}`, reason)
      return
    }
    const path = parent.child(name)
    if (kind === 'directory') {
      await this.directory(path, await directoryWithin(this.#within, local, name))
      return
    }
    this.findings.add({ path, file: join(local, name), size, modified: Date.parse(modified) })
  }
}

/** Whether the file has been fetched already. @throws ClientError exists when another one is there and may not be replaced */
async function isThere(
  context: Context,
  { path, file, size, modified }: Found,
  { verify, overwrite, signal }: TreeOptions,
): Promise<boolean> {
  const there = await lstat(file, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw ofLocal(error, file)
  })
  if (there === undefined) return false
  const alike = there.isFile() && there.size === BigInt(size) && millisecondsOf(there.mtimeNs) === modified
  if (alike && (!verify || (await sameDigestHere(context, path, file, signal)))) return true
  if (overwrite && !there.isDirectory()) return false
  if (there.isDirectory()) throw new ClientError('is_directory', `${file} is a directory here.`)
  throw existsHere(file)
}
