/**
 * Deadlines of things that all wait equally long, so that the order in which they began is the order in which
 * they end: the nearest is always the first, and adding or removing one costs the same however many there are.
 */

/** Something that may wait in one `Deadlines` at a time. */
export interface Waiting {
  deadline: number
  before: Waiting | undefined
  after: Waiting | undefined
}

export class Deadlines<T extends Waiting> {
  private first: T | undefined
  private last: T | undefined

  /** The nearest deadline: Infinity when nothing waits. */
  get nearest(): number {
    return this.first?.deadline ?? Infinity
  }

  /** @param deadline not before any other that was added */
  add(item: T, deadline: number): void {
    item.deadline = deadline
    item.before = this.last
    item.after = undefined
    if (this.last === undefined) this.first = item
    else this.last.after = item
    this.last = item
  }

  remove(item: T): void {
    const { before, after } = item
    if (before === undefined) this.first = after as T | undefined
    else before.after = after
    if (after === undefined) this.last = before as T | undefined
    else after.before = before
    item.before = undefined
    item.after = undefined
  }

  /** The first, if its time has come. */
  expired(now: number): T | undefined {
    return this.first !== undefined && this.first.deadline <= now ? this.first : undefined
  }
}
