/**
 * How much all files together may take (`--quota`), on whichever server they are stored.
 *
 * - Room is claimed before it is written to, in a ledger that all servers on the directory keep together (`ledger.ts`).
 * - What all files take is counted, and carried forward by what the servers do. Others change files too: a count is
 *   made anew when it is old, and before somebody is refused for lack of room. It may be off by what others did since.
 * - What is stored while somebody counts is added to the count, which may have it already: a count is rather too high than too low.
 * - A file counts with its size, once for each of its names.
 * - What a server had claimed that has ended is let go by the next count.
 */
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'
import { type Ledger, withLedger } from './ledger.ts'
import { undo } from './publish.ts'
import { usage } from './usage.ts'

/** A count may take this share of the time at most: of a large tree it is made less often. */
const share = 50

/** A count that takes so many times longer than was to be expected is not waited for. */
const patience = 10

/** The room for all files together, as one serving loop sees it. */
export class Quota {
  /** Bytes. */
  readonly limit: number
  /** This loop, for the others. */
  #name: string | undefined
  /** What this loop has claimed. */
  #claimed = 0
  /** What it has stored, and has not entered into the ledger yet. */
  #unentered = 0
  #stale = false
  #left: number

  constructor(limit: number) {
    this.limit = limit
    this.#left = limit
  }

  /** Bytes that could still be stored when somebody asked last. */
  get left(): number {
    return this.#left
  }

  /** @returns whether there was so much room, which is then taken */
  *claim(site: Site, bytes: number): Program<boolean> {
    const { quotaFresh, quotaRecount } = site.limits
    let answer = yield* this.#enter(site, (entry) => this.#take(site, entry, bytes, quotaFresh, quotaRecount))
    if (answer === 'count') {
      yield* this.#count(site)
      answer = yield* this.#enter(site, (entry) => this.#take(site, entry, bytes, Infinity, Infinity))
    }
    return answer === 'taken'
  }

  /** What was claimed is not needed any more, and so much of it has been stored, or less than nothing. Never fails. */
  *settle(site: Site, claimed: number, stored: number): Program<void> {
    this.#claimed -= claimed
    this.#unentered += stored
    // What cannot be entered now is with the next that can.
    yield* undo(this.#enter(site, noChange))
  }

  /** So much that was stored is gone. Never fails. */
  *freed(site: Site, bytes: number): Program<void> {
    if (bytes !== 0) yield* this.settle(site, 0, -bytes)
  }

  /** Something changed that nobody has measured. Never fails. */
  *forget(site: Site): Program<void> {
    this.#stale = true
    yield* this.settle(site, 0, 0)
  }

  /** @param fresh how old the count may be @param recount the same where somebody would be refused */
  *#take(
    site: Site,
    entry: Entry,
    bytes: number,
    fresh: number,
    recount: number,
  ): Program<'taken' | 'count' | 'refused'> {
    const { ledger } = entry
    const left = this.limit - ledger.stored - claimedIn(ledger) - this.#claimed
    const most = bytes > left ? Math.min(fresh, recount) : fresh
    if (isOld(site, ledger, most) && !(yield* isCounted(site, ledger))) {
      ledger.counting = { by: entry.name, since: site.environment.date() }
      ledger.meanwhile = 0
      ledger.stale = false
      return 'count'
    }
    if (bytes > left) return 'refused'
    this.#claimed += bytes
    entry.claimed = bytes
    return 'taken'
  }

  *#count(site: Site): Program<void> {
    const begun = site.environment.now()
    let counted: number | undefined
    try {
      counted = yield* usage(site)
    } finally {
      const took = site.environment.now() - begun
      yield* this.#enter(site, (entry) => enterCount(site, entry, counted, took))
    }
  }

  /** Look at the ledger and change it. What is to be entered besides is entered, too. */
  *#enter<T>(site: Site, change: (entry: Entry) => Program<T>): Program<T> {
    this.#name ??= `${site.environment.owner}.${site.environment.unique()}`
    const entry: Omit<Entry, 'ledger'> = { name: this.#name, stored: 0, stale: false, claimed: 0 }
    try {
      return yield* withLedger(site, (ledger) => this.#change(site, Object.assign(entry, { ledger }), change))
    } catch (error) {
      this.#unentered += entry.stored
      this.#stale ||= entry.stale
      this.#claimed -= entry.claimed
      throw error
    }
  }

  *#change<T>(site: Site, entry: Entry, change: (entry: Entry) => Program<T>): Program<T> {
    const { ledger, name } = entry
    entry.stored = this.#unentered
    entry.stale = this.#stale
    this.#unentered = 0
    this.#stale = false
    ledger.stored += entry.stored
    ledger.meanwhile += Math.max(0, entry.stored)
    ledger.stale ||= entry.stale
    // Ours is known here best: the ledger may have been lost.
    delete ledger.claims[name]
    const result = yield* change(entry)
    if (this.#claimed > 0) ledger.claims[name] = { bytes: this.#claimed, at: site.environment.date() }
    this.#left = this.limit - ledger.stored - claimedIn(ledger)
    return result
  }
}

/** The ledger while one loop changes it, and what that loop has put into it. */
interface Entry {
  readonly ledger: Ledger
  /** The loop. */
  readonly name: string
  stored: number
  stale: boolean
  claimed: number
}

function* noChange(): Program<void> {}

function claimedIn({ claims }: Ledger): number {
  return Object.values(claims).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** @param age milliseconds: what is believed in any case has none that is too old */
function isOld(site: Site, { stale, countedAt, took }: Ledger, age: number): boolean {
  if (age === Infinity) return false
  const since = site.environment.date() - countedAt
  // Before it was made, it has not been: the clock was set back.
  return stale || since < 0 || since > Math.max(age, took * share)
}

/** Whether somebody else counts already. Nobody goes by no count at all. */
function* isCounted(site: Site, { counting, countedAt, took }: Ledger): Program<boolean> {
  if (counting === undefined || countedAt === 0) return false
  const since = site.environment.date() - counting.since
  if (since < 0 || since > patience * Math.max(took, site.limits.quotaFresh)) return false
  return (yield* call('ownerState', ownerIn(counting.by))) !== 'ended'
}

/** @param counted undefined when it failed */
function* enterCount(site: Site, { ledger, name }: Entry, counted: number | undefined, took: number): Program<void> {
  if (ledger.counting?.by === name) ledger.counting = undefined
  if (counted === undefined) {
    ledger.stale = true
    return
  }
  ledger.stored = counted + ledger.meanwhile
  ledger.countedAt = site.environment.date()
  ledger.took = took
  yield* letGo(site, ledger)
}

/** Of a process that cannot be seen from here, the age decides, as for its temporaries. */
function* letGo(site: Site, { claims }: Ledger): Program<void> {
  for (const [holder, { at }] of Object.entries(claims)) {
    const state = yield* call('ownerState', ownerIn(holder))
    const old = site.environment.date() - at > site.limits.orphanAge
    if (state === 'ended' || (state === 'unknown' && old)) delete claims[holder]
  }
}

function ownerIn(holder: string): string {
  return holder.split('.', 1)[0] as string
}
