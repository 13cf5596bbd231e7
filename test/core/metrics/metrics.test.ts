/** Counting, and telling what was counted. */
import t from 'tap'
import { exposition, type ProcessStatus } from '../../../src/core/metrics/exposition.ts'
import { Recorder } from '../../../src/core/metrics/recorder.ts'
import { slotCount } from '../../../src/core/metrics/slots.ts'
import { newTrace } from '../../../src/core/trace.ts'
import { readExposition, sample } from '../../fixtures/exposition.ts'

const process: ProcessStatus = { cpu: 2.25, memory: 4096, openFiles: 12, maxFiles: 1024, started: 1_700_000_000 }

/** A request that waited 1 ms, was read in 2, took 4 with files and 8 in sending, and 20 in all. */
function traced(): ReturnType<typeof newTrace> {
  const trace = newTrace(1000, 1001)
  return Object.assign(trace, { headRead: 1003, files: 4, sending: 8, done: 1020, received: 100, sent: 5000 })
}

t.test('what was counted is told, in the format that Prometheus reads', async (t) => {
  const recorder = new Recorder()
  recorder.begin()
  recorder.begin()
  recorder.end()
  recorder.request('GET', 200, traced())
  recorder.request('GET', 206, traced())
  recorder.request('BREW', 405, traced())
  recorder.request('session', 200, Object.assign(newTrace(0, 0), { done: 700_000 }))
  recorder.request('PUT', 0, Object.assign(newTrace(0, 0), { done: 1 }))
  recorder.set('connections', 3)
  recorder.set('queued', 2)
  recorder.set('sessions', 1)
  recorder.add('accepted', 5)
  recorder.add('refused', 1)
  recorder.add('busy', 1500)
  recorder.late(3)
  const told = readExposition(exposition({ loops: [recorder.slots], processes: [process] }, 6))
  const value = (name: string, labels?: string) => sample(told, name, labels)
  t.equal(value('twinserve_requests_total', 'method="GET",status="2xx"'), 2)
  t.equal(value('twinserve_requests_total', 'method="other",status="4xx"'), 1)
  t.equal(value('twinserve_requests_total', 'method="session",status="2xx"'), 1)
  t.equal(value('twinserve_requests_total', 'method="PUT",status="none"'), 1)
  t.equal(told.get('twinserve_requests_total')?.samples.size, 4, 'what never came takes no room')
  const bucket = (phase: string, le: string) =>
    value('twinserve_request_duration_seconds_bucket', `le="${le}",phase="${phase}"`)
  t.strictSame([bucket('total', '0.01'), bucket('total', '0.025'), bucket('total', '600')], [1, 4, 4])
  t.equal(bucket('total', '+Inf'), 5)
  t.strictSame([bucket('wait', '0.0005'), bucket('wait', '0.001')], [2, 5], 'a bound belongs to its bucket')
  t.equal(bucket('head', '+Inf'), 3, 'where there was a header section')
  t.equal(value('twinserve_request_duration_seconds_sum', 'phase="send"'), 0.024)
  t.equal(value('twinserve_request_duration_seconds_sum', 'phase="files"'), 0.012)
  const rest: Readonly<Record<string, number>> = {
    twinserve_requests_in_flight: 1,
    twinserve_queue_length: 2,
    twinserve_connections: 3,
    twinserve_sessions: 1,
    twinserve_connections_accepted_total: 5,
    twinserve_connections_refused_total: 1,
    twinserve_received_bytes_total: 300,
    twinserve_sent_bytes_total: 15_000,
    twinserve_busy_seconds_total: 1.5,
    twinserve_uploads: 6,
    twinserve_serving_loops: 1,
    twinserve_event_loop_lag_seconds_count: 1,
    twinserve_event_loop_lag_seconds_sum: 0.003,
    process_cpu_seconds_total: 2.25,
    process_resident_memory_bytes: 4096,
    process_open_fds: 12,
    process_max_fds: 1024,
    process_start_time_seconds: 1_700_000_000,
  }
  for (const [name, expected] of Object.entries(rest)) t.equal(value(name), expected, name)
})

t.test('several loops and processes are one server', async (t) => {
  const [one, other] = [new Recorder(), new Recorder()]
  for (const recorder of [one, other, other]) recorder.request('GET', 200, traced())
  one.set('connections', 4)
  other.set('connections', 5)
  const later = { cpu: 1, memory: 1000, openFiles: undefined, maxFiles: undefined, started: 1_700_000_009 }
  const told = readExposition(exposition({ loops: [one.slots, other.slots], processes: [later, process] }, 0))
  t.equal(sample(told, 'twinserve_requests_total', 'method="GET",status="2xx"'), 3)
  t.equal(sample(told, 'twinserve_connections'), 9)
  t.equal(sample(told, 'twinserve_serving_loops'), 2)
  t.equal(sample(told, 'process_cpu_seconds_total'), 3.25)
  t.equal(sample(told, 'process_start_time_seconds'), 1_700_000_000)
  t.equal(sample(told, 'process_open_fds'), undefined, 'what is not known of one is not known of all')
  t.notOk(told.has('twinserve_event_loop_lag_seconds'), 'the blocking engine has no event loop')
  const short = readExposition(exposition({ loops: [one.slots, [1]], processes: [process] }, 0))
  t.equal(sample(short, 'twinserve_connections'), 5, 'a loop of another version counts as far as it goes')
})

t.test('a loop that takes the place of another goes on counting, and has nothing open', async (t) => {
  const memory = new SharedArrayBuffer(slotCount * 8)
  const before = new Recorder(memory)
  before.request('GET', 200, traced())
  before.set('connections', 9)
  before.begin()
  const after = new Recorder(memory)
  after.request('GET', 200, traced())
  const told = readExposition(exposition({ loops: [after.slots], processes: [process] }, 0))
  t.equal(sample(told, 'twinserve_requests_total', 'method="GET",status="2xx"'), 2)
  t.equal(sample(told, 'twinserve_connections'), 0)
  t.equal(sample(told, 'twinserve_requests_in_flight'), 0)
})

/** Texts that the format does not allow, for the reader is what the other tests stand on. */
const wrong: readonly (readonly [what: string, text: string])[] = [
  ['no end of line', '# HELP a b\n# TYPE a gauge\na 1'],
  ['a sample of no family', 'a 1\n'],
  ['no help', '# TYPE a gauge\na 1\n'],
  ['a family twice', '# HELP a b\n# TYPE a gauge\na 1\n# HELP a b\n# TYPE a gauge\na 1\n'],
  ['a sample twice', '# HELP a b\n# TYPE a gauge\na 1\na 2\n'],
  ['labels in another order', '# HELP a b\n# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 2\n'],
  ['a counter by another name', '# HELP a b\n# TYPE a counter\na 1\n'],
  ['no value', '# HELP a b\n# TYPE a gauge\na NaNa\n'],
  ['a label without quotes', '# HELP a b\n# TYPE a gauge\na{x=1} 1\n'],
  ['a histogram without +Inf', '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n'],
  [
    'buckets that fall',
    '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
  ],
]
t.test('the reader of these tests is strict', async (t) => {
  for (const [what, text] of wrong) t.throws(() => readExposition(text), /not the exposition format/, what)
})
