/**
 * Where a serving loop counts: an array of numbers, with a place for each thing that is counted.
 *
 * - A loop writes its own array and nobody else's, so counting takes no lock; whoever is asked for the metrics adds the
 *   arrays of all loops up. So every place must be such that its sum over all loops means something.
 * - The array is made once, and counting makes nothing new. It may lie in shared memory.
 */

/** Methods that have a place of their own. Whatever else clients send as a method must not make places: there is no end to it. */
export const methods = [
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'PATCH',
  'DELETE',
  'MKCOL',
  'MOVE',
  'COPY',
  'OPTIONS',
  /** A call in a session. */
  'session',
  'other',
] as const

/** By the first digit of the status; `none` when the connection ended before there was an answer. */
export const statuses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** What a request spends its time on, as `core/trace.ts` records it. */
export const phases = ['wait', 'head', 'receive', 'files', 'send', 'total'] as const
export type Phase = (typeof phases)[number]

/** Upper bounds, in seconds: three for each power of ten, from what an answer from memory takes to what a slow client may. */
export const bounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600,
] as const

/** Things that go up and down. They are what a loop has now, and nothing when it ends. */
export const gauges = ['connections', 'sessions', 'queued', 'inFlight'] as const
/** Things that only go up, besides requests and times. `busy` is milliseconds. */
export const counters = ['accepted', 'refused', 'received', 'sent', 'busy'] as const
export type Gauge = (typeof gauges)[number]
export type Counter = (typeof counters)[number]

/** Of each histogram: a place for each bound, one for what is beyond the last, and the sum, in milliseconds. */
const histogramSize = bounds.length + 2

const gaugesAt = 0
const countersAt = gaugesAt + gauges.length
const requestsAt = countersAt + counters.length
const phasesAt = requestsAt + methods.length * statuses.length
const lagAt = phasesAt + phases.length * histogramSize
export const slotCount = lagAt + histogramSize
/** The first places are the gauges: they are set to 0 when a loop begins where another has ended. */
export const gaugeCount = gauges.length

export const gaugeSlot = (gauge: Gauge): number => gaugesAt + gauges.indexOf(gauge)
export const counterSlot = (counter: Counter): number => countersAt + counters.indexOf(counter)
/** @param method and `status` by their places in the lists above */
export const requestSlot = (method: number, status: number): number => requestsAt + method * statuses.length + status
/** The first place of a histogram. */
export const phaseSlot = (phase: Phase): number => phasesAt + phases.indexOf(phase) * histogramSize
/** How late the event loop was, where there is one. */
export const lagSlot = lagAt
export const sumOffset = bounds.length + 1
