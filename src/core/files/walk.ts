/**
 * Walking below the shared directory.
 *
 * - Each directory on the way is opened by one name in the directory before it, and held: a directory that is
 *   swapped for a symbolic link meanwhile leads nowhere.
 * - Symbolic links are followed here and not by the system, name by name, as long as they stay inside: `..`
 *   goes back over the directories that are held, never above the first, and a link with an absolute target is refused.
 * - What a link leads to is asked of the policy before it is looked up.
 * - Whoever makes a walk ends it with `release`, in a `finally`.
 */
import type { Directory, FileDescriptor, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { isReserved, type SafePath } from '../paths.ts'
import type { Grant, Sight } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/** A file that was found. It is open, and must be closed. */
export interface OpenFile {
  readonly kind: 'file'
  readonly fd: FileDescriptor
  readonly status: FileStatus
}

/** A file that was read whole into the buffer it was looked for with, and is closed. */
export interface LoadedFile {
  readonly kind: 'loaded'
  readonly status: FileStatus
  readonly content: Uint8Array
}

/** What a path leads to. A directory belongs to the walk. */
export type Found = OpenFile | FoundDirectory | LoadedFile

export interface FoundDirectory {
  readonly kind: 'directory'
  readonly directory: Directory
}

type Names = readonly string[]

function isNames(found: OpenFile | LoadedFile | Names): found is Names {
  return Array.isArray(found)
}

export class Walk {
  /** Whether a symbolic link was followed: the path is then one of several names. */
  followed = false

  readonly #site: Site
  /** What the walk is for. */
  readonly #grant: Grant
  readonly #held: Directory[] = []
  /** Their names. */
  readonly #names: string[] = []
  #links = 0

  constructor(site: Site, grant: Grant) {
    this.#site = site
    this.#grant = grant
  }

  /** Where the walk has come to. */
  get directory(): Directory {
    return this.#held.at(-1) ?? this.#site.root
  }

  /** What may be seen there. */
  get sight(): Sight {
    return this.#grant.access.sightOf([...this.#names])
  }

  /** The path as the client named it: for the sentences of refusals. */
  get #what(): string {
    return this.#grant.path.text
  }

  /** Go down, directory by directory. @throws Refusal link_refused, not_found; and as `openDirectory` */
  *down(names: readonly string[]): Program<void> {
    for (const name of names) yield* this.#step(name)
  }

  /** Go to the directory that holds the path's last name. @throws Refusal reserved, and as `down` */
  *toParentOf(path: SafePath): Program<Directory> {
    yield* this.down(path.segments.slice(0, -1))
    // A link may have led back to the top, where that name is the server's.
    this.#checkReserved(path.name)
    this.#checkLed(path.name, true)
    return this.directory
  }

  /**
   * What the path leads to, links followed.
   *
   * @param into a buffer to read a file into, if it is smaller than that: it is then found `loaded`, not open
   * @throws Refusal not_found, not_a_file, link_refused
   */
  find(path: SafePath): Program<OpenFile | FoundDirectory>
  find(path: SafePath, into: Uint8Array): Program<Found>
  *find(path: SafePath, into?: Uint8Array): Program<Found> {
    if (path.slash) {
      yield* this.down(path.segments)
      return { kind: 'directory', directory: this.directory }
    }
    yield* this.toParentOf(path)
    return yield* this.#last(path.name, into)
  }

  /** The highest directory on the way that lies on the same file system as where the walk has come to. */
  *topOfFileSystem(): Program<Directory> {
    let top = this.directory
    const { device } = yield* call('fstat', top.fd)
    for (const above of [this.#site.root, ...this.#held].slice(0, -1).reverse()) {
      if ((yield* call('fstat', above.fd)).device !== device) break
      top = above
    }
    return top
  }

  /** Whether the path leads to a file or a directory, links followed. @throws as `find` */
  *kindOf(path: SafePath): Program<'file' | 'directory'> {
    const found = yield* this.find(path)
    if (found.kind === 'file') yield* call('close', found.fd)
    return found.kind
  }

  /** Close what the walk holds. */
  *release(): Program<void> {
    this.#names.length = 0
    for (const directory of this.#held.splice(0)) yield* call('close', directory.fd)
  }

  *#step(name: string): Program<void> {
    if (name === '' || name === '.') return
    if (name === '..') return yield* this.#up()
    this.#checkReserved(name)
    if (this.#held.length === this.#site.limits.treeDepth) throw new Refusal('bad_name', 'it lies too deep')
    this.#checkLed(name)
    try {
      this.#held.push(yield* call('openDirectory', this.directory, name))
      this.#names.push(name)
    } catch (error) {
      if (errnoOf(error) !== 'ENOTDIR') throw error
      yield* this.down(yield* this.#follow(name, error))
    }
  }

  /** `..` occurs only in the text of links: `SafePath` has none. */
  *#up(): Program<void> {
    const left = this.#held.pop()
    if (left === undefined) throw new Refusal('link_refused', this.#what)
    this.#names.pop()
    yield* call('close', left.fd)
  }

  /** A link must not lead into what belongs to the server either. */
  #checkReserved(name: string): void {
    if (isReserved(name, this.#held.length === 0)) throw new Refusal('reserved')
  }

  /** Nor to where what is asked for is not granted, or on the way there is nothing to be seen. */
  #checkLed(name: string, last = false): void {
    if (!this.followed) return
    const names = [...this.#names, name]
    const granted = last ? this.#grant.holdsAt(names) : this.#grant.access.sees(names, true)
    if (!granted) throw new Refusal('link_refused', this.#what)
  }

  /** A directory that is only on the way to what may be read: a file that has its name is not it. */
  *#demandRead(found: OpenFile | LoadedFile, name: string): Program<void> {
    if (this.sight.shows(name, false)) return
    if (found.kind === 'file') yield* call('close', found.fd)
    throw new Refusal('not_found', this.#what)
  }

  *#last(name: string, into: Uint8Array | undefined): Program<Found> {
    if (name === '' || name === '.' || name === '..') {
      yield* this.#step(name)
      return { kind: 'directory', directory: this.directory }
    }
    this.#checkReserved(name)
    this.#checkLed(name)
    const opened = yield* this.#orLink(name, into === undefined ? this.#open(name) : this.#load(name, into))
    if (isNames(opened)) return yield* this.#lastOf(opened, into)
    if (opened.kind === 'loaded' || opened.status.kind === 'file') {
      yield* this.#demandRead(opened, name)
      return opened
    }
    yield* call('close', opened.fd)
    if (opened.status.kind !== 'directory') throw new Refusal('not_a_file', this.#what)
    yield* this.#step(name)
    return { kind: 'directory', directory: this.directory }
  }

  *#open(name: string): Program<OpenFile> {
    const fd = yield* call('open', this.directory, name, 'read')
    try {
      return { kind: 'file', fd, status: yield* call('fstat', fd) }
    } catch (error) {
      yield* call('close', fd)
      throw error
    }
  }

  *#load(name: string, into: Uint8Array): Program<OpenFile | LoadedFile> {
    const { status, fd, length } = yield* call('load', this.directory, name, into)
    if (fd !== undefined) return { kind: 'file', fd, status }
    return { kind: 'loaded', status, content: into.subarray(0, length) }
  }

  /** @returns what was opened, or the names that a symbolic link stands for */
  *#orLink<T>(name: string, opening: Program<T>): Program<T | Names> {
    try {
      return yield* opening
    } catch (error) {
      const errno = errnoOf(error)
      // open(2): ENXIO for a socket, and for a device that has no driver.
      if (errno === 'ENXIO' || errno === 'ENODEV') throw new Refusal('not_a_file', this.#what)
      if (errno !== 'ELOOP') throw error
      return yield* this.#follow(name, error)
    }
  }

  *#lastOf(names: Names, into: Uint8Array | undefined): Program<Found> {
    yield* this.down(names.slice(0, -1))
    return yield* this.#last(names.at(-1) as string, into)
  }

  /** The names that a symbolic link stands for. @param error what to throw when it is no link */
  *#follow(name: string, error: unknown): Program<Names> {
    let text: string
    try {
      text = yield* call('readlink', this.directory, name)
    } catch {
      throw error
    }
    this.#links += 1
    this.followed = true
    if (text.startsWith('/') || this.#links > this.#site.limits.linksInPath) {
      throw new Refusal('link_refused', this.#what)
    }
    return text.split('/')
  }
}

/** Walk somewhere, do something there, and close what was opened on the way. @param grant leave to do it */
export function* walking<T>(site: Site, grant: Grant, use: (walk: Walk) => Program<T>): Program<T> {
  const walk = new Walk(site, grant)
  try {
    return yield* use(walk)
  } finally {
    yield* walk.release()
  }
}
