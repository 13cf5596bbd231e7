/**
 * What a queue does with a given run: when each request came and how long it took to serve are given, and when it was done
 * is computed. No formula for the percentiles is needed, and none that assumes Poisson arrivals.
 *
 * Times are seconds. Arrivals are ascending; the answer is the time from each arrival to its end of service, in the same order.
 */

import { Heap } from './heap.ts'

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
  const there = new Heap<number>()
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
