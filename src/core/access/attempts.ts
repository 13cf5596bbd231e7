/**
 * How often one may try to log in: passwords must not be guessed, and checking them must not keep everybody else waiting.
 *
 * - A password that was right is remembered for some time, by a keyed hash, and costs nothing to check again.
 * - Wrong ones are counted by the address that they come from, and by the name that they are for; all that are checked, right
 *   or wrong, are counted together. Each count has a bucket of tokens, which fills again with time.
 * - Every thread and worker counts for itself.
 */
import { createHmac } from 'node:crypto'
import { Refusal } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Account } from './accounts.ts'

/** Buckets of one kind, by what they are for. The one used longest ago goes where there are too many. */
class Buckets {
  readonly #size: number
  readonly #perMs: number
  readonly #most: number
  readonly #buckets = new Map<string, { left: number; at: number }>()

  /** @param size tokens in a full bucket @param perMinute tokens that come back @param most buckets */
  constructor(size: number, perMinute: number, most: number) {
    this.#size = size
    this.#perMs = perMinute / 60_000
    this.#most = most
  }

  /** Milliseconds until there is a token. */
  wait(key: string, now: number): number {
    const { left } = this.#bucket(key, now)
    return left >= 1 ? 0 : (1 - left) / this.#perMs
  }

  take(key: string, now: number): void {
    const bucket = this.#bucket(key, now)
    bucket.left -= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#most) break
      this.#buckets.delete(oldest)
    }
  }

  /** Put one back. */
  give(key: string, now: number): void {
    this.#bucket(key, now).left += 1
  }

  #bucket(key: string, now: number): { left: number; at: number } {
    const bucket = this.#buckets.get(key) ?? { left: this.#size, at: now }
    bucket.left = Math.min(this.#size, bucket.left + (now - bucket.at) * this.#perMs)
    bucket.at = now
    return bucket
  }
}

/** Whose password it was, and what it was checked against. */
type Known = Pick<Account, 'name' | 'secret'>

/** Names and addresses that are kept at a time. */
const mostKept = 10_000

export class Attempts {
  readonly #limits: Limits
  readonly #all: Buckets
  readonly #addresses: Buckets
  readonly #names: Buckets
  readonly #key: string
  /** Passwords that were right, hashed: until when. */
  readonly #right = new Map<string, number>()

  /** @param key what nobody knows */
  constructor(limits: Limits, key: string) {
    this.#limits = limits
    this.#key = key
    this.#all = new Buckets(limits.loginsAtOnce, limits.logins, 1)
    this.#addresses = new Buckets(limits.loginsPerAddress, limits.loginsPerAddress, mostKept)
    this.#names = new Buckets(limits.loginsPerUser, limits.loginsPerUser, mostKept)
  }

  /** One more password is about to be checked. @param address what it comes from @throws Refusal too_many_attempts */
  begin(address: string, name: string, now: number): void {
    const wait = Math.max(
      this.#all.wait('', now),
      this.#addresses.wait(address, now),
      this.#names.wait(name.slice(0, 64), now),
    )
    if (wait > 0) {
      const seconds = `${Math.ceil(wait / 1000)}`
      throw new Refusal('too_many_attempts', seconds, `Retry-After: ${seconds}\r\n`)
    }
    this.#all.take('', now)
    // Taken back when it is right: of many at a time none may be for nothing.
    this.#addresses.take(address, now)
    this.#names.take(name.slice(0, 64), now)
  }

  /** It was right, and is remembered. */
  succeed(address: string, account: Known, password: string, now: number): void {
    this.#addresses.give(address, now)
    this.#names.give(account.name, now)
    this.#right.set(this.#hash(account, password), now + this.#limits.loginMemory)
    for (const [hash, until] of this.#right) {
      if (until > now && this.#right.size <= mostKept) break
      this.#right.delete(hash)
    }
  }

  /** Whether a password was right a while ago. */
  remembers(account: Known, password: string, now: number): boolean {
    return (this.#right.get(this.#hash(account, password)) ?? Number.NEGATIVE_INFINITY) > now
  }

  #hash({ name, secret }: Known, password: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, secret, password]))
      .digest('base64')
  }
}
