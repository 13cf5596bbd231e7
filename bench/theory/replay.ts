/**
 * What a queue does with a given run: when each request came and how long it took to serve are given, and when it was done
 * is computed. No formula for the percentiles is needed, and none that assumes Poisson arrivals.
 *
 * Times are seconds. Arrivals are ascending; the answer is the time from each arrival to its end of service, in the same order.
 */

type Times = ArrayLike<number>

function demandPairs(arrivals: Times, services: Times): void {
  if (arrivals.length !== services.length) {
    throw new RangeError(`${arrivals.length} arrivals and ${services.length} service times: give one for each.`)
  }
}

/** One server, first come first served. Lindley's recurrence (1952): W' = max(0, W + S - A). */
export function lindley(arrivals: Times, services: Times): Float64Array {
  demandPairs(arrivals, services)
  const responses = new Float64Array(arrivals.length)
  let free = -Infinity
  for (let at = 0; at < responses.length; at += 1) {
    const arrival = arrivals[at] as number
    free = Math.max(free, arrival) + (services[at] as number)
    responses[at] = free - arrival
  }
  return responses
}

/** `servers` of them with one queue, first come first served. Kiefer and Wolfowitz's recurrence (1955). */
export function kieferWolfowitz(arrivals: Times, services: Times, servers: number): Float64Array {
  demandPairs(arrivals, services)
  if (!(Number.isInteger(servers) && servers > 0)) throw new RangeError(`There are ${servers} servers: it takes one.`)
  const responses = new Float64Array(arrivals.length)
  /** When each server is free. The order of the servers does not matter. */
  const free = new Float64Array(servers).fill(-Infinity)
  for (let at = 0; at < responses.length; at += 1) {
    const arrival = arrivals[at] as number
    let first = 0
    for (let server = 1; server < servers; server += 1) {
      if ((free[server] as number) < (free[first] as number)) first = server
    }
    const end = Math.max(free[first] as number, arrival) + (services[at] as number)
    free[first] = end
    responses[at] = end - arrival
  }
  return responses
}

/**
 * One server, shared evenly by all who are there.
 *
 * In virtual time, which goes by the slower the more there are, each request ends as long after its arrival as it takes by
 * itself; so the next to end is the least of a heap (as in fair queueing: Demers, Keshav and Shenker, 1989).
 */
export function processorSharing(arrivals: Times, services: Times): Float64Array {
  demandPairs(arrivals, services)
  const responses = new Float64Array(arrivals.length)
  const there = new Heap()
  let [now, virtual] = [0, 0]
  const leave = () => {
    const { key, item } = there.pop()
    now += (key - virtual) * (there.size + 1)
    virtual = key
    responses[item] = now - (arrivals[item] as number)
  }
  for (let at = 0; at < responses.length; at += 1) {
    const arrival = arrivals[at] as number
    while (there.size > 0 && now + (there.least - virtual) * there.size <= arrival) leave()
    if (there.size > 0) virtual += (arrival - now) / there.size
    now = arrival
    there.push(virtual + (services[at] as number), at)
  }
  while (there.size > 0) leave()
  return responses
}

/** A binary heap of numbers, each with the index that it stands for. */
class Heap {
  readonly #keys: number[] = []
  readonly #items: number[] = []

  get size(): number {
    return this.#keys.length
  }

  get least(): number {
    return this.#keys[0] as number
  }

  push(key: number, item: number): void {
    let at = this.#keys.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((this.#keys[parent] as number) <= key) break
      this.#set(at, this.#keys[parent] as number, this.#items[parent] as number)
      at = parent
    }
    this.#set(at, key, item)
  }

  pop(): { readonly key: number; readonly item: number } {
    const top = { key: this.#keys[0] as number, item: this.#items[0] as number }
    const [key, item] = [this.#keys.pop() as number, this.#items.pop() as number]
    if (this.#keys.length > 0) this.#sink(key, item)
    return top
  }

  #sink(key: number, item: number): void {
    let at = 0
    for (let child = 1; child < this.#keys.length; child = 2 * at + 1) {
      const right = child + 1
      if (right < this.#keys.length && (this.#keys[right] as number) < (this.#keys[child] as number)) child = right
      if ((this.#keys[child] as number) >= key) break
      this.#set(at, this.#keys[child] as number, this.#items[child] as number)
      at = child
    }
    this.#set(at, key, item)
  }

  #set(at: number, key: number, item: number): void {
    this.#keys[at] = key
    this.#items[at] = item
  }
}
