/**
 * Small files that are asked for often, kept in memory.
 *
 * - Bounded in bytes; what was used least recently goes first.
 * - A file is served from here for `limits.cacheFresh` after it was looked at; then its size and time are asked
 *   for again, so that a change by anybody else is seen within that time.
 * - Changes made through any server on the directory take effect at once: a file is served only as long as its path has the version
 *   that it had before the file was opened (`shared-memory.ts`).
 */
import type { Representation } from '../http/representation.ts'
import type { Changed, SharedMemory, Version } from './shared-memory.ts'

export interface CachedFile extends Representation {
  readonly content: Uint8Array
}

interface Entry {
  readonly file: CachedFile
  readonly version: Version
  /** When the file system last said that it is as it was, by `Environment.now`. */
  checked: number
}

/** What an entry costs besides its bytes: two objects, strings, and a place in the map. */
const overhead = 512

export class FileCache {
  readonly #limit: number
  readonly #fresh: number
  readonly #shared: SharedMemory
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  /**
   * @param limit bytes
   * @param fresh milliseconds for which a file needs no second look
   */
  constructor(limit: number, fresh: number, shared: SharedMemory) {
    this.#limit = limit
    this.#fresh = fresh
    this.#shared = shared
  }

  /** Bytes that the cache holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** The file, if it is known well enough to be served without asking. @param now by `Environment.now` */
  fresh(path: string, now: number): CachedFile | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined || now - entry.checked >= this.#fresh || !this.#shared.isNow(entry.version))
      return undefined
    return this.#use(path, entry)
  }

  /** The version of a path, to be asked for before its file is opened. @returns undefined while it is being changed: what is opened then is not kept */
  versionOf(path: string): Version | undefined {
    return this.#shared.versionOf(path)
  }

  /**
   * The file, if it still has this entity tag; it is then fresh again. Only if nothing was changed: of files that clients date
   * two may have one tag.
   */
  revalidate(path: string, etag: string, now: number): CachedFile | undefined {
    const entry = this.#entries.get(path)
    if (entry === undefined || entry.file.etag !== etag || !this.#shared.isNow(entry.version)) return undefined
    entry.checked = now
    return this.#use(path, entry)
  }

  /** Keep a file. @param version what `versionOf` said before the file was opened */
  keep(path: string, file: CachedFile, now: number, version: Version | undefined): void {
    const cost = file.size + overhead
    if (version === undefined || !this.#shared.isNow(version) || cost > this.#limit) return
    this.#drop(path)
    this.#entries.set(path, { file, version, checked: now })
    this.#bytes += cost
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) break
      this.#drop(oldest)
    }
  }

  /** Give back the room of what was changed. */
  forget(changed: Changed): void {
    if (changed === 'everything') {
      this.#entries.clear()
      this.#bytes = 0
    } else for (const path of changed) this.#drop(path)
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
