/**
 * A directory told page by page, in the order of its names.
 *
 * Each page reads the names anew and looks only at those that it tells. So nothing is held between two pages, and what
 * is there all the time is told exactly once. (Names that are not UTF-8, and read the same, may share one place.)
 */
import { eachBatch, entriesNamed } from '../files/tree.ts'
import { type Walk, walking } from '../files/walk.ts'
import type { ListingEntry } from '../pages/listing.ts'
import type { SafePath } from '../paths.ts'
import type { Access } from '../policy.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { isHidden, isShown, listed } from './list.ts'
import { enter } from './stat.ts'

export interface Page {
  readonly entries: readonly ListingEntry[]
  /** How many names the directory has. */
  readonly total: number
  /** The last name told, where there are more behind it. */
  readonly next: string | undefined
}

/** The smallest of the names it is given, as many as wanted: however many it is given, it holds few. */
class Smallest {
  readonly #wanted: number
  #names: string[] = []
  /** No name behind this one can be among them. */
  #ceiling: string | undefined

  constructor(wanted: number) {
    this.#wanted = wanted
  }

  add(name: string): void {
    if (this.#ceiling !== undefined && name >= this.#ceiling) return
    this.#names.push(name)
    if (this.#names.length < 2 * this.#wanted) return
    this.#names = this.sorted()
    this.#ceiling = this.#names.at(-1)
  }

  /** In the order of UTF-16 code units. */
  sorted(): string[] {
    return this.#names.sort().slice(0, this.#wanted)
  }
}

/** An entry without its name, as JSON at its longest. */
const entryBytes = 140
/** A UTF-16 unit at its longest: `\u0007`. */
const unitBytes = 6

/** As many of the names as fit into a page: at least one, if there is any. */
function fitting(site: Site, names: readonly string[]): readonly string[] {
  let room = site.limits.pageBytes
  const end = names.findIndex((name, at) => {
    room -= entryBytes + unitBytes * name.length
    return room < 0 && at > 0
  })
  return end < 0 ? names : names.slice(0, end)
}

/**
 * @param after the name that the page begins behind
 * @param limit the most entries to tell; fewer where they would take more than `limits.pageBytes`
 * @throws Refusal not_found, not_directory, link_refused
 */
export function* page(
  site: Site,
  access: Access,
  path: SafePath,
  after: string | undefined,
  limit: number,
): Program<Page> {
  return yield* walking(site, access.demand('read', path), function* (walk) {
    const directory = yield* enter(walk, path)
    const [names, total] = yield* namesBehind(site, walk, after, limit + 1)
    const told = fitting(site, names.slice(0, limit))
    const entries: ListingEntry[] = []
    yield* entriesNamed(directory, told, function* (entry) {
      if (isShown(site, walk.sight, directory, entry)) entries.push(yield* listed(site, access, path, entry))
    })
    return { entries, total, next: names.length > told.length ? told.at(-1) : undefined }
  })
}

function* namesBehind(
  site: Site,
  { directory, sight }: Walk,
  after: string | undefined,
  wanted: number,
): Program<[names: string[], total: number]> {
  const smallest = new Smallest(wanted)
  let total = 0
  // biome-ignore lint/correctness/useYield: nothing to wait for
  yield* eachBatch(directory, function* (names) {
    for (const name of names) {
      if (isHidden(site, directory, name) || !sight.shows(name, true)) continue
      total += 1
      if (after === undefined || name > after) smallest.add(name)
    }
  })
  return [smallest.sorted(), total]
}
