/**
 * What is measured under load, as data: each scenario with the one measure that its verdict is about, who is expected to win it,
 * and why. Expected before it is run; a run that comes out otherwise has something to teach.
 */
import type { Limits } from '../src/core/limits.ts'
import type { Company } from './run/company.ts'
import {
  blocking,
  blocking2,
  blockingAgain,
  type Engine,
  eventLoop,
  eventLoop2,
  eventLoopAgain,
} from './run/engines.ts'
import type { Measure } from './statistics/verdict.ts'

/** What is asked for: a file of so many bytes, a listing of so many entries, or storing so many bytes. */
export type Asked = { readonly weight?: number } & (
  | { readonly file: number }
  | { readonly listing: number }
  | { readonly store: number }
)

/** How much of it: a share of what the slower of the two can do at most, or so many requests per second. */
export type Intensity = { readonly share: number } | { readonly rate: number }

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly asked: readonly Asked[]
  readonly intensity: Intensity
  readonly engines: readonly [Engine, Engine]
  /** The verdict is about this and nothing else. `achieved` is throughput. */
  readonly measure: Measure & { readonly name: 'p50' | 'p90' | 'p99' | 'achieved' }
  /** The name of an engine, or `neither`. */
  readonly expected: string
  readonly mechanism: string
  readonly company?: Company
  readonly newConnections?: boolean
  /** Milliseconds that are added to each read of a file. */
  readonly readDelay?: number
  /** Bounds of the servers that are not the defaults. */
  readonly limits?: Partial<Limits>
  /** Whether `--quick` runs it. */
  readonly quick?: boolean
}

const both = [blocking, eventLoop] as const
const p50 = { name: 'p50', better: 'less' } as const
const p99 = { name: 'p99', better: 'less' } as const
const small = [{ file: 10 * 1024 }] as const
const mib = 1024 * 1024

const loads: readonly Scenario[] = [0.05, 0.3, 0.5, 0.7, 0.8, 0.9].map((share) => ({
  name: `small-${Math.round(share * 100)}`,
  title: `10 KB files at ${Math.round(share * 100)} % of what the slower engine can do`,
  asked: small,
  intensity: { share },
  engines: both,
  measure: share < 0.3 ? p50 : p99,
  expected: blocking.name,
  mechanism:
    'A small file costs the blocking engine four calls on one thread. The other pays for trips to a file thread and back, and for Node’s sockets: ' +
    'a longer service time, so the same rate is a higher load and a longer queue.',
  quick: share === 0.5,
}))

export const scenarios: readonly Scenario[] = [
  ...loads,
  {
    name: 'saturated',
    title: '10 KB files at 130 % of what the slower engine can do',
    asked: small,
    intensity: { share: 1.3 },
    engines: both,
    measure: { name: 'achieved', better: 'more', word: 'ahead' },
    expected: blocking.name,
    mechanism:
      'Beyond its capacity a server’s backlog grows by what it cannot do. The one with the higher capacity may still be below it.',
  },
  {
    name: 'mixed-sizes',
    title: '99 % small files and 1 % of 8 MB',
    asked: [
      { file: 10 * 1024, weight: 99 },
      { file: 8 * mib, weight: 1 },
    ],
    intensity: { share: 0.5 },
    engines: both,
    measure: p99,
    expected: eventLoop.name,
    mechanism:
      'The blocking engine sends a large file to its end before it looks at anybody else: the small ones behind it wait (Pollaczek and Khinchine: E[S²]). The other takes turns.',
    quick: true,
  },
  {
    name: 'slow-readers',
    title: '10 KB files, while 2 clients read a large one at 256 KB/s',
    asked: small,
    intensity: { rate: 200 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'A reader that is slow holds the blocking thread for as long as it reads; in the event loop it costs a buffer.',
    company: { slowReaders: 2, rate: 256 * 1024 },
  },
  {
    name: 'slow-uploaders',
    title: '10 KB files, while 2 clients store one at 256 KB/s',
    asked: small,
    intensity: { rate: 200 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism: 'A body that trickles in holds the blocking thread until its end, or until its deadline.',
    company: { slowUploaders: 2, rate: 256 * 1024 },
  },
  {
    name: 'stalled-1',
    title: '10 KB files, while 1 client has sent half a request, against 1 thread',
    asked: small,
    intensity: { rate: 200 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'Half a header section holds the only thread until its time is over (here 500 ms, by default 10 s); the event loop waits for it beside everybody else.',
    company: { stalled: 1 },
    limits: { headerTime: 500 },
    newConnections: true,
    quick: true,
  },
  ...[1, 2, 3].map(
    (stalled): Scenario => ({
      name: `stalled-${stalled}-of-2`,
      title: `10 KB files, while ${stalled} clients have sent half a request, against 2 threads`,
      asked: small,
      intensity: { rate: 200 },
      engines: [blocking2, eventLoop],
      measure: p50,
      expected: eventLoop.name,
      mechanism:
        stalled < 2
          ? 'One thread is held and the other takes new connections; those that the first had accepted wait with it.'
          : 'As many stalled clients as threads: nobody is served until a deadline frees one. The cliff is at k, and beyond it nothing gets worse but the wait.',
      company: { stalled },
      limits: { headerTime: 500 },
      newConnections: true,
    }),
  ),
  {
    name: 'slow-disk',
    title: '10 KB files from a disk that takes 5 ms for each read',
    asked: small,
    intensity: { rate: 100 },
    engines: both,
    measure: p99,
    expected: eventLoop.name,
    mechanism:
      'The blocking engine can do 200 such reads a second, and at half of that is a queue; the other waits for four at a time on its file threads.',
    readDelay: 5,
    quick: true,
  },
  {
    name: 'slow-disk-beyond-4',
    title: '10 KB files from a disk that takes 20 ms for each read, asked for 250 times a second',
    asked: small,
    intensity: { rate: 250 },
    engines: both,
    measure: { name: 'achieved', better: 'more', word: 'ahead' },
    expected: eventLoop.name,
    mechanism:
      'Four file threads can do 200 such reads a second (M/G/4 with ρ = 1.25), one blocking thread 50. Both fall behind; the cliff of the event loop is at its pool.',
    readDelay: 20,
  },
  {
    name: 'idle-5000',
    title: '10 KB files, while 5,000 connections rest',
    asked: small,
    intensity: { rate: 500 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'poll(2) looks at every resting connection each time, epoll(7) only at those that have something to say.',
    company: { idle: 5000 },
  },
  {
    name: 'new-connections',
    title: '10 KB files, each request over a connection of its own',
    asked: small,
    intensity: { share: 0.5 },
    engines: both,
    measure: p50,
    expected: blocking.name,
    mechanism:
      'An accept, a socket and its end: two calls for the blocking engine, and objects, listeners and timers for the other.',
    newConnections: true,
  },
  {
    name: 'listing-1000',
    title: 'listings of 1,000 entries as JSON',
    asked: [{ listing: 1000 }],
    intensity: { share: 0.5 },
    engines: both,
    measure: p50,
    expected: blocking.name,
    mechanism:
      'A thousand lstat(2) calls: each a trip to libuv’s pool in the event loop, a call in the other. The event loop can spread them over threads, which one processor does not reward.',
  },
  {
    name: 'store-10k',
    title: 'storing files of 10 KB, flushed to disk',
    asked: [{ store: 10 * 1024 }],
    intensity: { share: 0.5 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'An fsync(2) takes as long as the disk: one thread can have one under way, the event loop’s file threads four, which the disk may merge.',
  },
  {
    name: 'large-files',
    title: 'files of 8 MB',
    asked: [{ file: 8 * mib }],
    intensity: { share: 0.5 },
    engines: both,
    measure: p50,
    expected: blocking.name,
    mechanism:
      'sendfile(2) moves pages inside the kernel; the event loop reads each byte into a buffer and writes it out.',
  },
  {
    name: 'two-for-two',
    title: '10 KB files at 70 %, two blocking threads against two event loops',
    asked: small,
    intensity: { share: 0.7 },
    engines: [blocking2, eventLoop2],
    measure: p99,
    expected: blocking2.name,
    mechanism:
      'As with one of each, as long as nobody waits for anything but the processor. Where servers have one processor, two of either share it and win nothing.',
  },
  ...[blocking, eventLoop].map(
    (engine): Scenario => ({
      name: `same-${engine.engine}`,
      title: `10 KB files at 50 %, and the same engine twice (${engine.name})`,
      asked: small,
      intensity: { share: 0.5 },
      engines: [engine, engine.engine === 'sync' ? blockingAgain : eventLoopAgain],
      measure: p50,
      expected: 'neither',
      mechanism: 'There is none: whoever finds a difference here finds it in the machine.',
      quick: engine.engine === 'sync',
    }),
  ),
]
