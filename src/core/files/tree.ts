/**
 * Whole trees: read, copied and removed, directory by directory.
 *
 * - Symbolic links are never followed: a link is an entry like any other.
 * - A tree deeper or larger than the limits is refused.
 */

import { borrow, giveBack } from '../buffers.ts'
import type { Directory, FileDescriptor, FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import type { ByteSource } from '../http/body.ts'
import type { Sight } from '../policy.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { writeAll } from './bytes.ts'
import { dated } from './dating.ts'
import { flush } from './flush.ts'
import type { Place } from './publish.ts'
import type { Room } from './room.ts'

export interface Entry {
  readonly name: string
  /** Undefined when the name cannot be used, such as one that is not UTF-8. */
  readonly status: FileStatus | undefined
}

/**
 * Everything in a directory, in no order. What vanishes meanwhile is left out, and nothing else is.
 *
 * @param use takes one entry after the other, so that a directory of any size need not be held
 */
export function* eachEntry(directory: Directory, use: (entry: Entry) => Program<void>): Program<void> {
  yield* eachBatch(directory, (names) => entriesNamed(directory, names, use))
}

/** The names in a directory, batch by batch, in no order. */
export function* eachBatch(directory: Directory, use: (names: readonly string[]) => Program<void>): Program<void> {
  const stream = yield* call('opendir', directory)
  try {
    for (;;) {
      const names = yield* call('readdir', stream)
      if (names.length === 0) return
      yield* use(names)
    }
  } finally {
    yield* call('closedir', stream)
  }
}

/** The entries that have these names. What has vanished is left out. */
export function* entriesNamed(
  directory: Directory,
  names: readonly string[],
  use: (entry: Entry) => Program<void>,
): Program<void> {
  const found = yield* call('lstatEach', directory, names)
  for (const [at, name] of names.entries()) {
    const status = found[at]
    const entry = status === undefined ? yield* lookAgain(directory, name) : { name, status }
    if (entry !== undefined) yield* use(entry)
  }
}

/** The same as a list: for whoever changes the directory while it is read. */
export function* entriesOf(directory: Directory): Program<Entry[]> {
  const entries: Entry[] = []
  // biome-ignore lint/correctness/useYield: nothing to wait for
  yield* eachEntry(directory, function* (entry) {
    entries.push(entry)
  })
  return entries
}

/** A name that `lstat` gave no status for, if something has it all the same: whoever copies a tree must not pass over it. */
function* lookAgain(directory: Directory, name: string): Program<Entry | undefined> {
  try {
    const status = yield* call('lstat', directory, name)
    if (status !== undefined) return { name, status }
  } catch {
    return { name, status: undefined }
  }
  // A name that is not UTF-8 has been read with U+FFFD in it, under which nothing is found.
  return name.includes('\ufffd') ? { name, status: undefined } : undefined
}

/** How much of a tree may still be touched. */
export class Budget {
  readonly #site: Site
  #entries: number

  constructor(site: Site) {
    this.#site = site
    this.#entries = site.limits.treeEntries
  }

  /** One more entry, this deep. @throws Refusal too_large */
  spend(depth: number): void {
    this.#entries -= 1
    if (this.#entries < 0)
      throw new Refusal('too_large', `the tree has more than ${this.#site.limits.treeEntries} entries`)
    if (depth > this.#site.limits.treeDepth) {
      throw new Refusal('too_large', `the tree is more than ${this.#site.limits.treeDepth} directories deep`)
    }
  }
}

/** Use an open directory, and close it. */
export function* inDirectory<T>(place: Place, use: (directory: Directory) => Program<T>): Program<T> {
  const directory = yield* call('openDirectory', place.directory, place.name)
  try {
    return yield* use(directory)
  } finally {
    yield* call('close', directory.fd)
  }
}

/** Refuse, before anything is touched, to remove a tree that could be removed only in part. @param what the path, for sentences @throws Refusal too_large, not_allowed */
export function* admitRemoval(
  site: Site,
  place: Place,
  what: string,
  budget = new Budget(site),
  depth = 1,
): Program<void> {
  yield* inDirectory(place, function* (directory) {
    for (const { name, status } of yield* entriesOf(directory)) {
      budget.spend(depth)
      const path = `${what}/${name}`
      if (status === undefined) throw new Refusal('not_allowed', `${path} cannot be reached by its name`)
      if (status.kind === 'directory') yield* admitRemoval(site, { directory, name }, path, budget, depth + 1)
    }
  })
}

/** Remove a directory and everything in it. */
export function* removeTree(site: Site, place: Place, budget = new Budget(site), depth = 1): Program<void> {
  yield* inDirectory(place, function* (directory) {
    for (const { name, status } of yield* entriesOf(directory)) {
      budget.spend(depth)
      if (status?.kind === 'directory') yield* removeTree(site, { directory, name }, budget, depth + 1)
      else yield* call('unlink', directory, name)
    }
  })
  yield* call('rmdir', place.directory, place.name)
}

/** What a copy is made with, besides its content and its permissions. */
export interface CopyOptions {
  /** Whether it gets the times of what it is a copy of. */
  readonly times?: boolean
  /** What it is written into. */
  readonly room?: Room
  /** What of the directory is copied: the rest is left out. */
  readonly sight?: Sight
  /** Of one file: throws when what was opened, which others may have put there since it was looked for, is not the one wanted. */
  readonly check?: ((opened: FileStatus) => void) | undefined
}

/** Copy a directory and everything in it to a name that nothing has, flushed to disk. @param what the path, for sentences */
export function* copyTree(
  site: Site,
  from: Place,
  to: Place,
  what: string,
  options: CopyOptions = {},
  budget = new Budget(site),
  depth = 1,
): Program<void> {
  yield* call('mkdir', to.directory, to.name)
  yield* inDirectory(from, (source) =>
    inDirectory(to, function* (target) {
      for (const { name, status } of yield* entriesOf(source)) {
        if (options.sight?.shows(name, status?.kind === 'directory') === false) continue
        budget.spend(depth)
        const [inner, copy]: [Place, Place] = [
          { directory: source, name },
          { directory: target, name },
        ]
        const path = `${what}/${name}`
        if (status?.kind === 'directory')
          yield* copyTree(site, inner, copy, path, below(options, name), budget, depth + 1)
        else yield* copyEntry(site, inner, copy, status, path, options)
      }
      // Last: it may say that nobody may write there.
      yield* attributes(yield* call('fstat', source.fd), target.fd, options)
      yield* flush(site, target.fd)
    }),
  )
}

/** The same options for a directory in it. */
function below(options: CopyOptions, name: string): CopyOptions {
  return options.sight === undefined ? options : { ...options, sight: options.sight.within(name) }
}

/** Copy a file or a symbolic link, as itself. @throws Refusal not_a_file for anything else */
export function* copyEntry(
  site: Site,
  from: Place,
  to: Place,
  status: FileStatus | undefined,
  what: string,
  options: CopyOptions = {},
): Program<void> {
  if (status?.kind === 'link') {
    yield* call('symlink', yield* call('readlink', from.directory, from.name), to.directory, to.name)
  } else if (status?.kind === 'file') yield* copyFile(site, from, to, status, options)
  else throw new Refusal('not_a_file', what)
}

function* copyFile(site: Site, from: Place, to: Place, status: FileStatus, options: CopyOptions): Program<void> {
  const source = yield* call('open', from.directory, from.name, 'read')
  try {
    if (options.check !== undefined) options.check(yield* call('fstat', source))
    const target = yield* call('open', to.directory, to.name, 'create')
    try {
      yield* copyBytes(source, target, options.room)
      yield* attributes(status, target, options)
      // Without this it could have the entity tag of another version of its size.
      if (!options.times) yield* dated(site, target)
      yield* flush(site, target)
    } finally {
      yield* call('close', target)
    }
  } finally {
    yield* call('close', source)
  }
}

/** Give a copy what belongs to the original besides its content. */
function* attributes(of: FileStatus, target: FileDescriptor, { times = false }: CopyOptions): Program<void> {
  // A directory that not even its owner may write to could neither get its name nor be removed again.
  yield* call('fchmod', target, of.kind === 'directory' ? of.permissions | 0o700 : of.permissions)
  if (times) yield* call('futimens', target, of.mtimeNs)
}

function* copyBytes(source: FileDescriptor, target: FileDescriptor, room: Room | undefined): Program<void> {
  const buffer = borrow()
  let position = 0
  try {
    const bytes: ByteSource = {
      *next() {
        const count = yield* call('read', source, buffer, position)
        position += count
        return buffer.subarray(0, count)
      },
    }
    yield* writeAll(target, bytes, room)
  } finally {
    giveBack(buffer)
  }
}
