/**
 * The room that one operation writes into: within what one file may have (`--max-upload-size`), and all together (`--quota`).
 */
import { Refusal } from '../errors.ts'
import type { Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Whoever makes one ends it with `end`, in a `finally`. */
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
  *keep(replaced = 0): Program<void> {
    const claimed = this.#claimed
    this.#claimed = 0
    const { quota } = this.#site
    if (quota !== undefined) yield* quota.settle(this.#site, claimed, this.#written - replaced)
  }

  /** Give back what is not kept. */
  *end(): Program<void> {
    const claimed = this.#claimed
    this.#claimed = 0
    const { quota } = this.#site
    if (quota !== undefined && claimed > 0) yield* quota.settle(this.#site, claimed, 0)
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

/** So much that was stored is gone. */
export function* freed(site: Site, bytes: number): Program<void> {
  if (site.quota !== undefined) yield* site.quota.freed(site, bytes)
}
