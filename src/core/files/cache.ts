/**
 * Small files that are asked for often, kept in memory.
 *
 * - Bounded in bytes; what was used least recently goes first.
 * - A file is served from here for `limits.cacheFresh` after it was looked at; then its size and time are asked
 *   for again, so that a change by anybody else is seen within that time.
 * - The server's own changes take effect at once. A file that was being read while something changed is not
 *   kept: `version` tells. While something is being changed, the file system alone knows what is there.
 */
import type { Representation } from '../http/representation.ts'

export interface CachedFile extends Representation {
  readonly content: Uint8Array
}

interface Entry {
  readonly file: CachedFile
  /** When the file system last said that it is as it was, by `Environment.now`. */
  checked: number
}

/** What an entry costs besides its bytes: two objects, strings, and a place in the map. */
const overhead = 512

export class FileCache {
  /** Grows with every change that the server makes. */
  version = 0

  readonly #limit: number
  readonly #fresh: number
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0
  #suspended = false

  /**
   * @param limit bytes
   * @param fresh milliseconds for which a file needs no second look
   */
  constructor(limit: number, fresh: number) {
    this.#limit = limit
    this.#fresh = fresh
  }

  /** Bytes that the cache holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** The file, if it is known well enough to be served without asking. @param now by `Environment.now` */
  fresh(path: string, now: number): CachedFile | undefined {
    const entry = this.#entries.get(path)
    if (this.#suspended || entry === undefined || now - entry.checked >= this.#fresh) return undefined
    return this.#use(path, entry)
  }

  /** The file, if it still has this entity tag; it is then fresh again. */
  revalidate(path: string, etag: string, now: number): CachedFile | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined || entry.file.etag !== etag) return undefined
    entry.checked = now
    return this.#use(path, entry)
  }

  /** Keep a file. @param version what `version` was before the file was opened */
  keep(path: string, file: CachedFile, now: number, version: number): void {
    const cost = file.size + overhead
    if (version !== this.version || cost > this.#limit) return
    this.#drop(path)
    this.#entries.set(path, { file, checked: now })
    this.#bytes += cost
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) break
      this.#drop(oldest)
    }
  }

  /** Something is about to be changed: until `resume` nothing is fresh, and what is opened before that is not kept. */
  suspend(): void {
    this.#suspended = true
  }

  /** It was changed, and forgotten. */
  resume(): void {
    this.#suspended = false
  }

  /** A file was changed, or is no more. */
  forget(path: string): void {
    this.version += 1
    this.#drop(path)
  }

  /** Directories were changed, and any path may mean something else now. */
  clear(): void {
    this.version += 1
    this.#entries.clear()
    this.#bytes = 0
  }

  #use(path: string, entry: Entry): CachedFile {
    this.#entries.delete(path)
    this.#entries.set(path, entry)
    return entry.file
  }

  #drop(path: string): void {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    this.#entries.delete(path)
    this.#bytes -= entry.file.size + overhead
  }
}
