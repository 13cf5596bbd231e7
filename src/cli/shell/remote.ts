/** The side of the server. Paths are relative to the current directory, or begin with `/`. */
import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type Client, ClientError, type EntryObject, type Progress } from '../../client/index.ts'
import { baseName, type Entry, type Side } from './sides.ts'

export interface TransferOptions {
  /** Replace what has the name already. */
  readonly overwrite: boolean
  /** Take directories, with all that is in them. */
  readonly recursive: boolean
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** What a transfer has moved. */
export interface Transferred {
  readonly bytes: number
  readonly files: number
  /** Files of a tree that were there already. */
  readonly unchanged: number
}

/** A file as it was read, for a change that must not undo that of somebody else. */
export interface Version {
  readonly bytes: Uint8Array
  /** Undefined where there was no file. */
  readonly etag: string | undefined
}

/** Somebody else has changed a file since it was read. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile'
}

/** What a client library's failure is told apart by. */
export const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code

export class Remote implements Side {
  readonly name = 'remote'
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  get directory(): string {
    return this.#client.directory
  }

  resolve(path: string): string {
    return this.#client.resolve(path)
  }

  async enter(path: string, signal: AbortSignal): Promise<void> {
    await this.#client.cd(path, { signal })
  }

  async list(path: string, signal: AbortSignal): Promise<readonly Entry[]> {
    const entries: Entry[] = []
    for await (const entry of this.#client.entries(path, { signal })) entries.push(entryOf(entry))
    return entries
  }

  async stat(path: string, signal: AbortSignal): Promise<Entry> {
    // The top has no name, and any other that the server tells is not asked for.
    const entry = await this.#client.stat(path, { signal })
    const name = baseName(this.resolve(path)) || '/'
    return { ...entryOf({ ...entry, name: 'it' }), name }
  }

  async makeDirectory(path: string, signal: AbortSignal): Promise<void> {
    await this.#client.mkdir(path, { signal })
  }

  async removeDirectory(path: string, signal: AbortSignal): Promise<void> {
    await this.#client.rmdir(path, { signal })
  }

  async remove(path: string, recursive: boolean, signal: AbortSignal): Promise<void> {
    await this.#client.remove(path, { recursive, signal })
  }

  /** @returns the new path, in full */
  async place(
    how: 'rename' | 'move' | 'copy',
    from: string,
    to: string,
    options: { readonly overwrite: boolean; readonly signal: AbortSignal },
  ): Promise<string> {
    return (await this.#client[how](from, to, options)).to
  }

  /** @param from of the local side, in full. @param to exactly the new name */
  async upload(from: string, to: string, { recursive, ...options }: TransferOptions): Promise<Transferred> {
    const stats = await statsOf(from)
    if (recursive && stats?.isDirectory()) return await this.#client.uploadTree(from, to, options)
    // What is sent as a stream is told of without its size.
    const onProgress = (progress: Progress) => options.onProgress({ ...progress, total: progress.total ?? stats?.size })
    const { size } = await this.#client.upload(from, to, { ...options, onProgress })
    return { bytes: size, files: 1, unchanged: 0 }
  }

  /** @param to of the local side, in full: exactly the new name */
  async download(from: string, to: string, { recursive, ...options }: TransferOptions): Promise<Transferred> {
    if (recursive && (await this.#isDirectory(from, options.signal))) {
      return await this.#client.downloadTree(from, to, options)
    }
    const { size } = await this.#client.download(from, to, options)
    return { bytes: size, files: 1, unchanged: 0 }
  }

  /** Gives a file to a stream, and ends that. */
  async read(path: string, into: Writable, signal: AbortSignal): Promise<void> {
    let failure: unknown
    into.on('error', (error) => {
      failure = error
    })
    try {
      await this.#client.download(path, into, { signal })
      into.end()
      await finished(into)
    } catch (error) {
      // Why the stream would have no more is said better by itself.
      throw failure ?? error
    }
  }

  async readVersion(path: string, signal: AbortSignal): Promise<Version> {
    const chunks: Uint8Array[] = []
    const into = new Writable({
      write(chunk: Uint8Array, _encoding, done) {
        chunks.push(chunk)
        done()
      },
    })
    try {
      const { etag } = await this.#client.download(path, into, { signal })
      return { bytes: Buffer.concat(chunks), etag }
    } catch (error) {
      if (codeOf(error) !== 'not_found') throw error
      return { bytes: new Uint8Array(), etag: undefined }
    }
  }

  /**
   * Stores a file only over what was read.
   *
   * @throws ChangedMeanwhile
   */
  async storeVersion(path: string, { bytes, etag }: Version, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.upload(bytes, path, { signal, ...(etag !== undefined && { ifMatch: etag }) })
    } catch (error) {
      const isConflict = ['precondition_failed', 'exists', 'changed', 'not_found'].includes(String(codeOf(error)))
      throw isConflict ? new ChangedMeanwhile((error as Error).message, { cause: error }) : error
    }
  }

  async #isDirectory(path: string, signal: AbortSignal): Promise<boolean> {
    const { kind, target } = await this.stat(path, signal)
    return kind === 'directory' || target === 'directory'
  }
}

/** @throws ClientError unsafe_name: what a pattern finds in a listing must not lead anywhere else */
function entryOf({ name, kind, size, modified, target }: EntryObject): Entry {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new ClientError(
      'unsafe_name',
      `The server tells of something named ${JSON.stringify(name)}: no name can be that.`,
    )
  }
  return {
    name,
    kind,
    modified: new Date(modified),
    ...(size !== undefined && kind !== 'directory' && { size }),
    ...(target !== undefined && { target }),
  }
}

const statsOf = (path: string): Promise<Stats | undefined> => stat(path).catch(() => undefined)
