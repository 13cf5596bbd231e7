/** What `twinserve predict` knows of servers and clients. Times are seconds, sizes bytes. */

export type Mode = 'sync' | 'async'

/** What a request costs an engine. */
export interface Costs {
  /** Processor time of a request for nothing, and of each byte. */
  readonly perRequest: number
  readonly perByte: number
  /** The way there and back, which keeps nobody else waiting. */
  readonly way: number
  /** c² of the processor time, from 0 to 1. */
  readonly variability: number
}

export interface Sized {
  readonly bytes: number
  readonly weight: number
}

/** What comes, and to how many machines. */
export interface Demand {
  /** Requests per second, over all machines. */
  readonly rate: number
  readonly machines: number
  /** How requests are spread over machines. */
  readonly spread: 'random' | 'round-robin'
  readonly sizes: readonly Sized[]
  readonly slow: {
    /** Of the requests, from 0 to 1. */
    readonly share: number
    /** Bytes per second of each. */
    readonly speed: number
    /** What the kernel takes of an answer, so that the server need not wait for it. */
    readonly buffer: number
  }
}

/** One machine. */
export interface Machine {
  readonly mode: Mode
  /** Threads of the blocking engine, workers of the event loop. */
  readonly seats: number
  readonly processors: number
  /** `new`: whoever is free takes the next connection. `kept`: a request comes over a connection that belongs to one of them. */
  readonly connections: 'new' | 'kept'
  readonly costs: Costs
  /** What each read of a file takes, and how many file threads wait for it in each worker. */
  readonly disk: { readonly delay: number; readonly threads: number }
}

/** The bytes that the event loop sends of a file before it looks at others (docs/engines.md). */
export const turnBytes = 512 * 1024

export function meanBytes(sizes: readonly Sized[]): number {
  const total = sizes.reduce((sum, { weight }) => sum + weight, 0)
  return sizes.reduce((sum, { bytes, weight }) => sum + bytes * weight, 0) / total
}

/** How long a slow client holds whoever waits for it. */
export const holdOf = (bytes: number, { speed, buffer }: Demand['slow']): number => Math.max(0, bytes - buffer) / speed

/** ρ of each station of a machine: the share of its time that is asked for, which may be more than there is. */
export function utilizations(demand: Demand, machine: Machine): Readonly<Record<string, number>> {
  const { sizes, slow, rate, machines } = demand
  const { mode, seats, processors, costs, disk } = machine
  const own = rate / machines
  const processor = costs.perRequest + costs.perByte * meanBytes(sizes)
  const held = slow.share * meanBytes(sizes.map((size) => ({ ...size, bytes: holdOf(size.bytes, slow) })))
  const of = { processors: (own * processor) / processors }
  if (mode === 'sync') return { ...of, threads: (own * (processor + held + disk.delay)) / seats }
  const loops = { ...of, workers: (own * processor) / seats }
  return disk.delay === 0 ? loops : { ...loops, 'file threads': (own * disk.delay) / (disk.threads * seats) }
}
