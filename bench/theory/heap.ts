/** A binary heap of numbers, each with what it stands for. */
export class Heap<T> {
  readonly #keys: number[] = []
  readonly #items: T[] = []

  get size(): number {
    return this.#keys.length
  }

  get least(): number {
    return this.#keys[0] as number
  }

  push(key: number, item: T): void {
    let at = this.#keys.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((this.#keys[parent] as number) <= key) break
      this.#set(at, this.#keys[parent] as number, this.#items[parent] as T)
      at = parent
    }
    this.#set(at, key, item)
  }

  pop(): { readonly key: number; readonly item: T } {
    const top = { key: this.#keys[0] as number, item: this.#items[0] as T }
    const [key, item] = [this.#keys.pop() as number, this.#items.pop() as T]
    if (this.#keys.length > 0) this.#sink(key, item)
    return top
  }

  #sink(key: number, item: T): void {
    let at = 0
    for (let child = 1; child < this.#keys.length; child = 2 * at + 1) {
      const right = child + 1
      if (right < this.#keys.length && (this.#keys[right] as number) < (this.#keys[child] as number)) child = right
      if ((this.#keys[child] as number) >= key) break
      this.#set(at, this.#keys[child] as number, this.#items[child] as T)
      at = child
    }
    this.#set(at, key, item)
  }

  #set(at: number, key: number, item: T): void {
    this.#keys[at] = key
    this.#items[at] = item
  }
}
