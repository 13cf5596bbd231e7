/**
 * Metrics as Prometheus reads them: the text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Units are seconds and bytes, and names follow
 * https://prometheus.io/docs/practices/naming/.
 */
import {
  bounds,
  counterSlot,
  gaugeSlot,
  lagSlot,
  methods,
  phaseSlot,
  phases,
  requestSlot,
  slotCount,
  statuses,
  sumOffset,
} from './slots.ts'

/** One process of the server, by what the system says of it. Undefined where it does not say. */
export interface ProcessStatus {
  /** Seconds of processor time, in user and system mode. */
  readonly cpu: number
  /** Resident memory, in bytes. */
  readonly memory: number
  readonly openFiles: number | undefined
  readonly maxFiles: number | undefined
  /** When it started, in seconds since 1970. */
  readonly started: number
}

/** What all serving loops of a server have counted, and what their processes are like. */
export interface Measured {
  /** An array of places (`slots.ts`) for each loop. */
  readonly loops: readonly ArrayLike<number>[]
  readonly processes: readonly ProcessStatus[]
}

/** Media type of the text. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

type Kind = 'counter' | 'gauge' | 'histogram'

function family(name: string, kind: Kind, help: string, samples: readonly string[]): string {
  if (samples.length === 0) return ''
  return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${samples.map((sample) => `${sample}\n`).join('')}`
}

function single(name: string, kind: Kind, help: string, value: number): string {
  return family(name, kind, help, [`${name} ${value}`])
}

/** @param labels those besides `le`, as they are written, each followed by a comma */
function histogram(name: string, labels: string, slots: Float64Array, first: number): string[] {
  let count = 0
  const lines = bounds.map((bound, at) => {
    count += slots[first + at] as number
    return `${name}_bucket{${labels}le="${bound}"} ${count}`
  })
  count += slots[first + bounds.length] as number
  const bare = labels === '' ? '' : `{${labels.slice(0, -1)}}`
  return [
    ...lines,
    `${name}_bucket{${labels}le="+Inf"} ${count}`,
    `${name}_sum${bare} ${(slots[first + sumOffset] as number) / 1000}`,
    `${name}_count${bare} ${count}`,
  ]
}

function summed(loops: Measured['loops']): Float64Array {
  const all = new Float64Array(slotCount)
  for (const slots of loops) for (let at = 0; at < slotCount; at += 1) all[at] = (all[at] as number) + (slots[at] ?? 0)
  return all
}

function requests(slots: Float64Array): string {
  const samples = methods.flatMap((method, m) =>
    statuses.flatMap((status, s) => {
      const count = slots[requestSlot(m, s)] as number
      return count === 0 ? [] : [`twinserve_requests_total{method="${method}",status="${status}"} ${count}`]
    }),
  )
  const help = 'Requests, and calls in sessions, by method and class of status; none where the connection ended first.'
  return family('twinserve_requests_total', 'counter', help, samples)
}

function durations(slots: Float64Array): string {
  const name = 'twinserve_request_duration_seconds'
  const samples = phases.flatMap((phase) => histogram(name, `phase="${phase}",`, slots, phaseSlot(phase)))
  const help =
    'Time of a request: waiting for its turn, reading its header section, waiting for bytes, in calls on files, in sending, and in all.'
  return family(name, 'histogram', help, samples)
}

function counts(slots: Float64Array): string {
  const gauge = (name: string, from: Parameters<typeof gaugeSlot>[0], help: string) =>
    single(`twinserve_${name}`, 'gauge', help, slots[gaugeSlot(from)] as number)
  const counter = (name: string, from: Parameters<typeof counterSlot>[0], help: string, scale = 1) =>
    single(`twinserve_${name}_total`, 'counter', help, (slots[counterSlot(from)] as number) * scale)
  return [
    gauge(
      'requests_in_flight',
      'inFlight',
      'Requests that have begun and not ended; the one that asks is one of them.',
    ),
    gauge('queue_length', 'queued', 'Requests that have come and wait for their turn.'),
    gauge('connections', 'connections', 'Connections that are open.'),
    gauge('sessions', 'sessions', 'Sessions that are open.'),
    counter('connections_accepted', 'accepted', 'Connections that were accepted.'),
    counter('connections_refused', 'refused', 'Connections that were one too many, in all or from their address.'),
    counter('received_bytes', 'received', 'Bytes that came over connections.'),
    counter('sent_bytes', 'sent', 'Bytes that went over connections.'),
    counter('busy_seconds', 'busy', 'Time that serving loops did not wait for something to come.', 1e-3),
  ].join('')
}

function lag(slots: Float64Array): string {
  const name = 'twinserve_event_loop_lag_seconds'
  const samples = histogram(name, '', slots, lagSlot)
  // The blocking engine has no event loop.
  if (samples.at(-1)?.endsWith(' 0')) return ''
  return family(name, 'histogram', 'How late the event loop came to a timer, looked at ten times a second.', samples)
}

/** All processes together; the oldest says when the server started. */
function processes(all: readonly ProcessStatus[]): string {
  const sum = (of: (status: ProcessStatus) => number | undefined) =>
    all.reduce<number | undefined>((total, each) => {
      const value = of(each)
      return total === undefined || value === undefined ? undefined : total + value
    }, 0)
  const one = (name: string, kind: Kind, help: string, value: number | undefined) =>
    value === undefined ? '' : single(name, kind, help, value)
  return [
    one(
      'process_cpu_seconds_total',
      'counter',
      'Processor time, in user and system mode.',
      sum((each) => each.cpu),
    ),
    one(
      'process_resident_memory_bytes',
      'gauge',
      'Resident memory.',
      sum((each) => each.memory),
    ),
    one(
      'process_open_fds',
      'gauge',
      'Descriptors that are open.',
      sum((each) => each.openFiles),
    ),
    one(
      'process_max_fds',
      'gauge',
      'Descriptors that may be open.',
      sum((each) => each.maxFiles),
    ),
    one(
      'process_start_time_seconds',
      'gauge',
      'When the server started, in seconds since 1970.',
      Math.min(...all.map((each) => each.started)),
    ),
  ].join('')
}

/** The text. @param uploads resumable uploads that are kept */
export function exposition({ loops, processes: all }: Measured, uploads: number): string {
  const slots = summed(loops)
  const resting = single(
    'twinserve_uploads',
    'gauge',
    'Resumable uploads that are kept, until they are finished or too old.',
    uploads,
  )
  const serving = single('twinserve_serving_loops', 'gauge', 'Threads or processes that serve.', loops.length)
  return requests(slots) + durations(slots) + counts(slots) + resting + serving + lag(slots) + processes(all)
}
