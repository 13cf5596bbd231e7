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
  blockingSlower,
  type Engine,
  eventLoop,
  eventLoop2,
  eventLoopAgain,
  eventLoopPool16,
  eventLoopSlower,
  type SlowDisk,
} from './run/engines.ts'
import type { Measure } from './statistics/verdict.ts'

/** What is asked for: a file of so many bytes, a listing of so many entries, or storing so many bytes. */
export type Asked = { readonly weight?: number } & (
  | { readonly file: number }
  | { readonly listing: number }
  | { readonly store: number }
)

/**
 * How much of it: a share of what the slower of the two can do at most, or so many requests per second; or, in a closed loop over so many
 * connections, as much as it can do.
 */
export type Intensity = { readonly share: number } | { readonly rate: number } | { readonly connections: number }

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Those that share it differ in their load and measure alone: they are asked of the same servers, and stand side by side. */
  readonly family?: string
  readonly asked: readonly Asked[]
  readonly intensity: Intensity
  readonly engines: readonly [Engine, Engine]
  /** The verdict is about this and nothing else. `achieved` is throughput. */
  readonly measure: Measure & { readonly name: 'p50' | 'p90' | 'p99' | 'achieved' }
  /** The name of an engine, or `neither`. */
  readonly expected: string
  readonly mechanism: string
  readonly company?: Company
  /**
   * Into how many shorter ones each round is cut. What the machine does to one of two and not to the other lasts for tenths of seconds:
   * in many short pairs it falls on both, where a small difference is looked for.
   */
  readonly parts?: number
  readonly newConnections?: boolean
  /** The most connections that the open loop has: `keptConnections` unless given. So many, or all of them if they are fewer, are open before the run. */
  readonly mostConnections?: number
  readonly slowDisk?: SlowDisk
  /** Bounds of the servers that are not the defaults. */
  readonly limits?: Partial<Limits>
  /** Whether `--quick` runs it. */
  readonly quick?: boolean
  /** Whether other servers join it, with `--peers`. */
  readonly peers?: boolean
}

/**
 * Connections over which requests come, where they are kept. With as many as it takes, each request that finds all in use would open one, and
 * cost the server several times as much: a scenario about requests would then be about connections, from the first tenth of a
 * second that anything stands still. Beyond these a request waits for one, which counts as its latency (as in wrk2, and unlike in vegeta).
 */
export const keptConnections = 32

const both = [blocking, eventLoop] as const
const p50 = { name: 'p50', better: 'less' } as const
const p99 = { name: 'p99', better: 'less' } as const
const small = [{ file: 10 * 1024 }] as const
const mib = 1024 * 1024

const achieved = { name: 'achieved', better: 'more', word: 'ahead' } as const

/** What is asked for at several loads. */
interface Family extends Pick<Scenario, 'asked' | 'measure' | 'expected' | 'mechanism' | 'newConnections'> {
  readonly family: string
  /** What the names of its scenarios begin with. */
  readonly name: string
  readonly what: string
  /** In percent of what the slower engine can do. */
  readonly loads: readonly number[]
}

const loads = [30, 50, 70, 90]
const families: readonly Family[] = [
  {
    ...{ family: 'small files', name: 'small', what: '10 KB files', asked: small, loads: [5, 30, 50, 70, 80, 90] },
    ...{ measure: p99, expected: blocking.name },
    mechanism:
      'A small file costs the blocking engine four calls on one thread. The other pays for trips to a file thread and back, and for Node’s sockets: ' +
      'a longer service time, so the same rate is a higher load and a longer queue.',
  },
  {
    ...{ family: 'mixed sizes', name: 'mixed', what: '99 % small files and 1 % of 8 MB', loads },
    asked: [
      { file: 10 * 1024, weight: 99 },
      { file: 8 * mib, weight: 1 },
    ],
    ...{ measure: p99, expected: eventLoop.name },
    mechanism:
      'The blocking engine sends a large file to its end before it looks at anybody else: the small ones behind it wait (Pollaczek and Khinchine: E[S²]). The other takes turns.',
  },
  {
    ...{ family: 'new connections', name: 'new', what: '10 KB files, each over a connection of its own', asked: small },
    ...{ loads, newConnections: true, measure: p50, expected: blocking.name },
    mechanism:
      'An accept, a socket and its end: two calls for the blocking engine, and objects, listeners and timers for the other.',
  },
  {
    ...{ family: 'listings', name: 'listing', what: 'listings of 1,000 entries as JSON', asked: [{ listing: 1000 }] },
    ...{ loads, measure: p50, expected: blocking.name },
    mechanism:
      'A thousand lstat(2) calls: each a trip to libuv’s pool in the event loop, a call in the other. The event loop can spread them over threads, which one processor does not reward.',
  },
  {
    ...{ family: 'storing', name: 'store', what: 'storing files of 10 KB, flushed to disk', loads },
    asked: [{ store: 10 * 1024 }],
    ...{ measure: p50, expected: eventLoop.name },
    mechanism:
      'An fsync(2) takes as long as the disk: one thread can have one under way, the event loop’s file threads four, which the disk may merge.',
  },
  {
    ...{ family: 'large files', name: 'large', what: 'files of 8 MB', asked: [{ file: 8 * mib }], loads },
    ...{ measure: p50, expected: blocking.name },
    mechanism:
      'sendfile(2) moves pages inside the kernel; the event loop reads each byte into a buffer and writes it out.',
  },
]

/** What `--quick` runs of them, and what others join. */
const quickly = new Set(['small-50', 'mixed-50'])
const joined = new Set(['small-50', 'small-90', 'new-50', 'large-50'])

const atLoads = families.flatMap(({ name: prefix, what, loads: shares, ...rest }) =>
  shares.map((percent): Scenario => {
    const name = `${prefix}-${percent}`
    return {
      ...rest,
      name,
      title: `${what}, at ${percent} % of what the slower engine can do`,
      intensity: { share: percent / 100 },
      engines: both,
      // Where hardly anybody waits, the middle says more than the few that something else held up.
      measure: percent < 30 ? p50 : rest.measure,
      quick: quickly.has(name),
      peers: joined.has(name),
    }
  }),
)

export const scenarios: readonly Scenario[] = [
  ...atLoads,
  {
    name: 'saturated',
    family: 'small files',
    title: '10 KB files at 130 % of what the slower engine can do',
    asked: small,
    intensity: { share: 1.3 },
    engines: both,
    measure: achieved,
    expected: blocking.name,
    mechanism:
      'Beyond its capacity a server’s backlog grows by what it cannot do. The one with the higher capacity may still be below it.',
  },
  {
    name: 'crowd-50',
    title: '10 KB files at 50 %, over as many connections as it takes',
    asked: small,
    intensity: { share: 0.5 },
    mostConnections: 2000,
    engines: both,
    measure: p99,
    expected: blocking.name,
    mechanism:
      'Whoever finds no connection free opens one, which costs a server several times as much as a request: one that stands still for a moment is slower after it, and may never come back.',
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
      'Half a header section holds the only thread until its time is over (here 100 ms, by default 10 s); the event loop waits for it beside everybody else.',
    company: { stalled: 1 },
    // Several of them have to fit even into a short run: a queue that is emptied after each does not grow.
    limits: { headerTime: 100 },
    newConnections: true,
    quick: true,
  },
  ...[1, 2, 3].map(
    (stalled): Scenario => ({
      name: `stalled-${stalled}-of-2`,
      title: `10 KB files, while ${stalled} client${stalled === 1 ? ' has' : 's have'} sent half a request, against 2 threads`,
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
    title: '10 KB files from a disk that takes 5 ms for each (a sleep in the thread that reads, in either engine)',
    asked: small,
    intensity: { rate: 100 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'The blocking engine can do 200 such reads a second, and at half of that is a queue; the other waits for four at a time on its file threads.',
    slowDisk: { delay: 5, holds: 'thread' },
    quick: true,
  },
  {
    name: 'slow-disk-timer',
    title:
      '128 KB files from a disk that takes 5 ms for each (a sleep in the blocking engine, a timer in the event loop)',
    asked: [{ file: 128 * 1024 }],
    intensity: { rate: 100 },
    engines: both,
    measure: p50,
    expected: eventLoop.name,
    mechanism:
      'What not blocking can bring at best: a timer holds no thread at all, so that all who wait for the disk wait at the same time. No file system offers that to Node, whose reads hold a thread of a pool.',
    slowDisk: { delay: 5, holds: 'nobody' },
  },
  {
    name: 'slow-disk-beyond-4',
    title: '10 KB files from a disk that takes 20 ms for each, asked for 250 times a second',
    asked: small,
    intensity: { rate: 250 },
    engines: both,
    measure: achieved,
    expected: eventLoop.name,
    mechanism:
      'Four file threads can do 200 such reads a second (M/G/4 with ρ = 1.25), one blocking thread 50. Both fall behind; the cliff of the event loop is at its pool.',
    slowDisk: { delay: 20, holds: 'thread' },
  },
  ...[small, [{ file: 128 * 1024 }] as const].map((asked): Scenario => {
    const own = asked === small
    return {
      name: own ? 'pool-4-or-16' : 'pool-4-or-16-libuv',
      title: `${own ? '10' : '128'} KB files from a disk that takes 20 ms for each, asked for 250 times a second: the event loop with 4 file threads and with 16`,
      asked,
      intensity: { rate: 250 },
      engines: [eventLoop, eventLoopPool16],
      measure: achieved,
      expected: eventLoopPool16.name,
      mechanism: `${
        own ? 'Small files are read on threads of the engine’s own' : 'Files of this size are read in libuv’s pool'
      }: four do 200 a second and fall behind, sixteen do 800 and keep up.`,
      slowDisk: { delay: 20, holds: 'thread' },
    }
  }),
  {
    name: 'idle-5000',
    title: '10 KB files, while 5,000 connections rest',
    asked: small,
    intensity: { rate: 500 },
    engines: both,
    measure: p50,
    expected: blocking.name,
    mechanism:
      'Both wait with epoll(7), which looks only at those that have something to say: so it is as without the others, and the file threads cost the event loop a trip.',
    company: { idle: 5000 },
  },
  ...[false, true].map(
    (newConnections): Scenario => ({
      name: newConnections ? 'two-for-two-new' : 'two-for-two',
      title: `10 KB files${newConnections ? ', each over a connection of its own,' : ''} at 70 %, two blocking threads against two event loops`,
      asked: small,
      intensity: { share: 0.7 },
      engines: [blocking2, eventLoop2],
      measure: p99,
      expected: blocking2.name,
      mechanism:
        'As with one of each, as long as nobody waits for anything but the processor. Where servers have one processor, two of either share it and win nothing.',
      newConnections,
    }),
  ),
  ...(
    [
      ['threads-1-or-2', blocking, blocking2],
      ['workers-1-or-2', eventLoop, eventLoop2],
    ] as const
  ).map(
    ([name, one, two]): Scenario => ({
      name,
      title: `10 KB files at 130 %: ${one.name}, and with two ${one === blocking ? 'threads' : 'workers'}`,
      asked: small,
      intensity: { share: 1.3 },
      engines: [one, two],
      measure: achieved,
      expected: one.name,
      mechanism:
        'Servers have one processor here: a second thread or process brings no more of it, and costs the switches between the two.',
    }),
  ),
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
  ...(
    [
      ['slower-10-sync', blocking, blockingSlower],
      ['slower-10-async', eventLoop, eventLoopSlower],
    ] as const
  ).map(
    ([name, engine, slower]): Scenario => ({
      name,
      title: `10 KB files, as many as it can: ${engine.name}, and the same with 10 % of its service time added to each request`,
      asked: small,
      intensity: { connections: 16 },
      parts: 4,
      engines: [engine, slower],
      measure: achieved,
      expected: engine.name,
      mechanism:
        'Processor time is really spent at each request: who finds no difference here would miss one elsewhere. In the closed loop, because there a queue does not make more of it.',
    }),
  ),
]
