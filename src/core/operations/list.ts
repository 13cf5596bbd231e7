/**
 * What is in a directory, and what is below it.
 */
import type { Directory, FileStatus } from '../calls.ts'
import { errnoOf, Refusal } from '../errors.ts'
import { Budget, type Entry, eachEntry, entriesOf, inDirectory } from '../files/tree.ts'
import { type Walk, walking } from '../files/walk.ts'
import type { ListingEntry, ListingSort } from '../pages/listing.ts'
import { checkName, isReserved, type SafePath } from '../paths.ts'
import type { Access, Sight } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Whether a path can have this name in it. */
export function hasAddress(name: string): boolean {
  try {
    checkName(name)
    return true
  } catch {
    return false
  }
}

const unusable: FileStatus = { kind: 'other', size: 0, mtimeNs: 0n, device: 0, inode: 0, permissions: 0 }

/** Where a symbolic link leads, if it stays inside, and may be read there. */
function* targetOf(site: Site, access: Access, path: SafePath): Program<'file' | 'directory' | undefined> {
  try {
    return yield* walking(site, access.demand('read', path), function* (walk) {
      return yield* walk.kindOf(path)
    })
  } catch {
    return undefined
  }
}

/** An entry of the directory `path`, as listings tell of it. */
export function* listed(site: Site, access: Access, path: SafePath, entry: Entry): Program<ListingEntry> {
  const { name, status } = entry
  const { kind, size, mtimeNs } = status ?? unusable
  if (status === undefined || !hasAddress(name)) return { name, kind, size, mtimeNs, reachable: false }
  if (kind !== 'link') return { name, kind, size, mtimeNs, reachable: kind !== 'other' }
  const target = yield* targetOf(site, access, path.child(name))
  if (target === undefined) return { name, kind, size, mtimeNs, reachable: false }
  return { name, kind, size, mtimeNs, reachable: true, target }
}

/** Whether an entry belongs to the server, and is not shown: by whatever links a path has led there. */
export function isHidden(site: Site, directory: Directory, name: string): boolean {
  return isReserved(name, directory === site.root)
}

/** Whether an entry is shown to whoever asks. */
export function isShown(site: Site, sight: Sight, directory: Directory, { name, status }: Entry): boolean {
  return !isHidden(site, directory, name) && sight.shows(name, status?.kind === 'directory')
}

/** The entries of the directory that a walk has come to, in no order. @param path what led there */
export function* list(site: Site, access: Access, path: SafePath, walk: Walk): Program<ListingEntry[]> {
  const { directory, sight } = walk
  const entries: ListingEntry[] = []
  yield* eachEntry(directory, function* (entry) {
    if (isShown(site, sight, directory, entry)) entries.push(yield* listed(site, access, path, entry))
  })
  return entries
}

/** A directory that has vanished meanwhile, or that this server may not read, has nothing to show. */
export function* unlessGone(visit: Program<void>): Program<void> {
  try {
    yield* visit
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR' && errno !== 'EACCES') throw error
  }
}

/** What a search has found. */
export interface Finds {
  readonly entries: ListingEntry[]
  /** There is more than the limits let one search find. */
  readonly truncated: boolean
}

/** Everything below the directory that a walk has come to whose name holds a word, in any case. @param path what led there */
export function* search(site: Site, access: Access, path: SafePath, walk: Walk, word: string): Program<Finds> {
  const wanted = word.toLowerCase()
  const found: ListingEntry[] = []
  const budget = new Budget(site)
  function* below(at: SafePath, here: Directory, sight: Sight, depth: number): Program<void> {
    for (const entry of yield* entriesOf(here)) {
      if (!isShown(site, sight, here, entry)) continue
      budget.spend(depth)
      if (entry.name.toLowerCase().includes(wanted)) {
        if (found.length === site.limits.searchResults) throw new Refusal('too_large', 'too much was found')
        found.push({ ...(yield* listed(site, access, at, entry)), segments: at.segments })
      }
      if (entry.status?.kind !== 'directory' || !hasAddress(entry.name)) continue
      const child = at.child(entry.name)
      const place = { directory: here, name: entry.name }
      yield* unlessGone(inDirectory(place, (inner) => below(child, inner, sight.within(entry.name), depth + 1)))
    }
  }
  try {
    yield* below(path, walk.directory, walk.sight, 1)
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'too_large')) throw error
    return { entries: found, truncated: true }
  }
  return { entries: found, truncated: false }
}

/** Put entries in order: directories first, then by the key, and by name where that is equal. In place. */
export function sortEntries(entries: ListingEntry[], sort: ListingSort): void {
  const sign = sort.descending ? -1 : 1
  const keyed = entries.map((entry) => ({
    entry,
    first: entry.kind === 'directory' ? 0 : 1,
    fold: entry.name.toLowerCase(),
  }))
  type Keyed = (typeof keyed)[number]
  const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  const byName = (a: Keyed, b: Keyed) => byText(a.fold, b.fold) || byText(a.entry.name, b.entry.name)
  const bySize = (a: Keyed, b: Keyed) => a.entry.size - b.entry.size
  const byTime = (a: Keyed, b: Keyed) =>
    a.entry.mtimeNs < b.entry.mtimeNs ? -1 : a.entry.mtimeNs > b.entry.mtimeNs ? 1 : 0
  const by = { name: byName, size: bySize, mtime: byTime }[sort.key]
  keyed.sort((a, b) => a.first - b.first || sign * by(a, b) || byName(a, b))
  for (let i = 0; i < keyed.length; i += 1) entries[i] = (keyed[i] as Keyed).entry
}
