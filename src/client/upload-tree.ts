/** Storing a directory and all that is in it: first it is looked through and directories are made, then the files follow. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SafePath } from '../core/paths.ts'
import type { EntryObject } from '../core/session/messages.ts'
import type { Context } from './context.ts'
import { entriesOf } from './entries.ts'
import { ClientError, demandGoing, ofLocal, ofRefusal, refused } from './errors.ts'
import type { TreeOptions, TreeResult } from './options.ts'
import { Findings, type Found, millisecondsOf, transferAll } from './tree.ts'
import { sameDigestHere } from './unchanged.ts'
import { upload } from './upload.ts'

interface FoundHere extends Found {
  /** What has the name on the server. */
  readonly there: EntryObject | undefined
}

/** See `Client.uploadTree`. */
export async function uploadTree(
  context: Context,
  from: string,
  to: string,
  options: TreeOptions,
): Promise<TreeResult> {
  const top = context.resolve(to)
  const walk = new Walk(context, options)
  await walk.directory(from, top)
  return await transferAll(walk.findings, options, {
    isThere: (found, options) => isThere(context, found, options),
    transfer: ({ path, file }, options, meter) => upload(context, file, path.text, options, meter),
    explain: (failures) => `${failures} of what is in ${from} could not be stored; the rest was.`,
  })
}

class Walk {
  readonly findings = new Findings<FoundHere>()
  readonly #context: Context
  readonly #options: TreeOptions

  constructor(context: Context, options: TreeOptions) {
    this.#context = context
    this.#options = options
  }

  async directory(local: string, path: SafePath): Promise<void> {
    const { signal } = this.#options
    demandGoing(signal)
    const entries = await readdir(local, { withFileTypes: true }).catch((error: unknown) => {
      throw ofLocal(error, local)
    })
    const there = await this.#make(path)
    this.findings.directories += 1
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = join(local, entry.name)
      try {
        if (entry.isDirectory()) await this.directory(file, childOf(path, entry.name))
        else if (entry.isFile()) await this.#file(file, childOf(path, entry.name), there.get(entry.name))
        else this.#options.onSkip?.(file, entry.isSymbolicLink() ? 'it is a symbolic link' : 'it is no regular file')
      } catch (error) {
        this.findings.failures.add(error)
      }
    }
  }

  async #file(file: string, path: SafePath, there: EntryObject | undefined): Promise<void> {
    const { size, mtimeNs } = await stat(file, { bigint: true }).catch((error: unknown) => {
      throw ofLocal(error, file)
    })
    this.findings.add({ path, file, size: Number(size), modified: millisecondsOf(mtimeNs), there })
  }

  /** Make a directory on the server. @returns what is in it, if it was there */
  async #make(path: SafePath): Promise<ReadonlyMap<string, EntryObject>> {
    const { signal } = this.#options
    const there = new Map<string, EntryObject>()
    if (!path.isRoot && (await this.#isNew(path))) return there
    for await (const entry of entriesOf(this.#context, path.text, signal)) there.set(entry.name, entry)
    return there
  }

  async #isNew(path: SafePath): Promise<boolean> {
    const { signal } = this.#options
    try {
      await this.#context.call('mkdir', { path: path.text }, signal)
      return true
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      // It may have been made, and only the answer lost.
      if (error.code !== 'exists' && error.code !== 'connection_lost') throw error
      const { kind, target } = await this.#context.call('stat', { path: path.text }, signal)
      if (kind !== 'directory' && target !== 'directory') throw error
      return false
    }
  }
}

function childOf(path: SafePath, name: string): SafePath {
  try {
    return path.child(name)
  } catch (error) {
    throw ofRefusal(error)
  }
}

/** Whether the file has been stored already. @throws ClientError exists when another one is there and may not be replaced */
async function isThere(
  context: Context,
  { path, file, size, modified, there }: FoundHere,
  { verify, overwrite, signal }: TreeOptions,
): Promise<boolean> {
  if (there === undefined) return false
  const alike = there.kind === 'file' && there.size === size && Date.parse(there.modified) === modified
  if (alike && (!verify || (await sameDigestHere(context, path, file, signal)))) return true
  if (overwrite) return false
  throw refused('exists', path.text)
}
