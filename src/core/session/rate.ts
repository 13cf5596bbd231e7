/** How much more may come now: so much a second, and as much at once after a quiet second. */
export class Allowance {
  readonly #rate: number
  #left: number
  #at: number

  /** @param now milliseconds of any clock that never goes back */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#left = rate
    this.#at = now
  }

  /** Take one. @returns whether there was one */
  take(now: number): boolean {
    this.#left = Math.min(this.#rate, this.#left + ((now - this.#at) * this.#rate) / 1000)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}
