/** What the generator is asked to do. Plain data, so that it can cross to another process and lie beside the results. */

import type { About } from './judge.ts'

/** One kind of request, and the answer that it must get. */
export interface Target {
  readonly method: string
  /** Percent-encoded. `{n}` becomes the number of the request, for names that must be new. */
  readonly path: string
  /** Field lines beyond `Host`, without line ends. */
  readonly fields?: readonly string[]
  /** Bytes of the request's body, if it has one. */
  readonly bodyBytes?: number
  readonly status: number
  /** A file with exactly the bytes of the answer's body. Without it the body is counted, and must always be as long as it was first. */
  readonly expected?: string
  /** How often it is asked for, relative to the others. */
  readonly weight: number
}

export interface LoadOrder {
  /** A literal IP address. */
  readonly host: string
  readonly port: number
  /**
   * `open`: requests are due by the plan, whatever has become of those before. `closed`: each connection sends its next
   * request when it has the answer to the last.
   */
  readonly loop: 'open' | 'closed'
  /** Requests per second, for the open loop. */
  readonly rate: number
  readonly seconds: number
  readonly seed: number
  /** Connections opened before the run. The closed loop has so many; the open loop opens more when all are in use. */
  readonly connections: number
  /** The most that the open loop opens; beyond, requests wait for one. */
  readonly mostConnections: number
  /** Whether each request has a connection of its own, which ends with it. */
  readonly newConnections: boolean
  /** Requests sent and answered before the run begins, so that both sides have warmed up. */
  readonly warmup: number
  /** How long the open loop waits for answers after its last request, in seconds. */
  readonly patience: number
  /** Whether to watch the clock all the time, which takes a core, rather than wait in `poll(2)`. */
  readonly spin: boolean
  /** What the run is about: what it takes for it to be void depends on that. */
  readonly about: About
  /** Whether to keep what the server says of its own time (`Server-Timing`). It costs time, and is for runs whose latencies nobody looks at. */
  readonly phases: boolean
  readonly targets: readonly Target[]
  /** Where every request is to be recorded, as JSON lines. */
  readonly raw?: string
}

export const defaultOrder: Omit<LoadOrder, 'port' | 'targets'> = {
  host: '127.0.0.1',
  loop: 'open',
  rate: 100,
  seconds: 5,
  seed: 1,
  connections: 32,
  mostConnections: 2000,
  newConnections: false,
  warmup: 200,
  patience: 5,
  spin: true,
  phases: false,
  about: 99,
}
