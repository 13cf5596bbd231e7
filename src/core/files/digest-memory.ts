/**
 * Digests of files that were asked for last, so that asking again does not mean reading again.
 */
export class DigestMemory {
  readonly #limit: number
  /** In the order of last use. */
  readonly #known = new Map<string, string>()

  /** @param limit how many */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param key names one state of one file, and the algorithm */
  get(key: string): string | undefined {
    const digest = this.#known.get(key)
    if (digest !== undefined) this.keep(key, digest)
    return digest
  }

  keep(key: string, digest: string): void {
    this.#known.delete(key)
    this.#known.set(key, digest)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#limit) break
      this.#known.delete(oldest)
    }
  }
}
