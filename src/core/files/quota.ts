/**
 * How much may be stored: one file at most (`--max-upload-size`), and all files together (`--quota`).
 *
 * - Room is claimed before it is written to: by the length that was announced, or else piece by piece.
 * - What all files take is counted, and carried forward by what this server does. Others change files too: a count is
 *   made anew when it is old, and before somebody is refused for lack of room. It may be off by what others did since.
 * - A file counts with its size, once for each of its names.
 */
import { Refusal } from '../errors.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'
import { usage } from './usage.ts'

/** A count may take this share of the time at most: of a large tree it is made less often. */
const share = 50

/** The room for all files together, and what of it is taken. */
export class Quota {
  /** Bytes. */
  readonly limit: number
  /** What has been stored. */
  #stored = 0
  /** What is being stored. */
  #claimed = 0
  #counting = false
  /** When the last count was made, and how long it took: milliseconds of the monotonic clock. */
  #countedAt = Number.NEGATIVE_INFINITY
  #took = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Bytes that may still be stored. */
  get left(): number {
    return this.limit - this.#stored - this.#claimed
  }

  /** @returns whether there was so much room, which is then taken */
  *claim(site: Site, bytes: number): Program<boolean> {
    if (this.#olderThan(site, site.limits.quotaFresh)) yield* this.#count(site)
    if (bytes > this.left && this.#olderThan(site, site.limits.quotaRecount)) yield* this.#count(site)
    if (bytes > this.left) return false
    this.#claimed += bytes
    return true
  }

  /** What was claimed is not needed any more, and so much of it has been stored. */
  settle(claimed: number, stored: number): void {
    this.#claimed -= claimed
    this.#stored += stored
  }

  /** So much that was stored is gone. */
  freed(bytes: number): void {
    this.#stored -= bytes
  }

  /** Something changed that nobody has measured. */
  forget(): void {
    this.#countedAt = Number.NEGATIVE_INFINITY
  }

  #olderThan(site: Site, age: number): boolean {
    return !this.#counting && site.environment.now() - this.#countedAt > Math.max(age, this.#took * share)
  }

  *#count(site: Site): Program<void> {
    const begun = site.environment.now()
    this.#counting = true
    try {
      this.#stored = yield* usage(site)
      this.#countedAt = site.environment.now()
      this.#took = this.#countedAt - begun
    } finally {
      this.#counting = false
    }
  }
}

/** The room that one operation writes into. Whoever makes it ends it with `end`, in a `finally`. */
export class Room {
  readonly #site: Site
  readonly #what: string
  readonly #most: number
  #written = 0
  #claimed = 0

  /**
   * @param what the path, for the sentences
   * @param most bytes that may be written at all
   */
  constructor(site: Site, what: string, most = Number.POSITIVE_INFINITY) {
    this.#site = site
    this.#what = what
    this.#most = most
  }

  /** Claim what will be written, where that is known. @throws Refusal too_large, quota_exceeded */
  *announce(bytes: number | undefined): Program<void> {
    if (bytes !== undefined) yield* this.#reach(bytes)
  }

  /** To be asked before each write. @throws Refusal too_large, quota_exceeded */
  *take(bytes: number): Program<void> {
    this.#written += bytes
    if (this.#written > this.#claimed) yield* this.#reach(this.#written)
  }

  /** What was written stays. @param replaced bytes of what it has taken the place of */
  keep(replaced = 0): void {
    this.#site.quota?.settle(this.#claimed, this.#written - replaced)
    this.#claimed = 0
  }

  /** Give back what is not kept. */
  end(): void {
    this.#site.quota?.settle(this.#claimed, 0)
    this.#claimed = 0
  }

  *#reach(bytes: number): Program<void> {
    if (bytes > this.#most) throw new Refusal('too_large', `a file may have at most ${this.#most} bytes`)
    const { quota } = this.#site
    if (quota !== undefined && !(yield* quota.claim(this.#site, bytes - this.#claimed))) {
      const left = Math.max(0, quota.left + this.#claimed)
      throw new Refusal('quota_exceeded', `${left} of ${quota.limit} bytes are left, too few for ${this.#what}`)
    }
    this.#claimed = bytes
  }
}
