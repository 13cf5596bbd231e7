/** The phases of one request. */
import t from 'tap'
import { Connection } from '../../src/core/http/connection.ts'
import { exchange } from '../../src/core/http/exchange.ts'
import { call } from '../../src/core/program.ts'
import { newTrace, serverTiming, traced } from '../../src/core/trace.ts'
import { TraceEvents } from '../../src/core/trace-events.ts'
import { siteWith } from '../fixtures/request.ts'
import { CallFailure, drive, ScriptedEnvironment, steps } from '../fixtures/script.ts'

t.test('the time of each call is added to its phase', async (t) => {
  const environment = new ScriptedEnvironment()
  const trace = newTrace(900, 950)
  t.match(trace, { ready: 900, begun: 950, headRead: Number.NaN, answered: Number.NaN, done: Number.NaN })
  const takes = (ms: number) => () => {
    environment.time += ms
    return ms as never
  }
  const socket = { id: 1 }
  const program = steps(
    { name: 'recv', args: [socket, 0] },
    { name: 'read', args: [3, new Uint8Array(0), 0] },
    { name: 'send', args: [socket, new Uint8Array(0), 0] },
    { name: 'sendfile', args: [socket, 3, 0, 0, 0, 0] },
    { name: 'close', args: [3] },
    { name: 'recv', args: [socket, 0] },
  )
  const calls = { recv: takes(1), read: takes(10), send: takes(100), sendfile: takes(1000), close: takes(0.5) }
  const answers = drive(traced(program, trace, environment), calls)
  t.strictSame(answers, [1, 10, 100, 1000, 0.5, 1], 'and the program sees the same answers')
  t.match(trace, { receiving: 2, files: 10.5, fileCalls: 2, sending: 1100 })
})

t.test('where nobody reads the record, nothing stands between the engine and the program', async (t) => {
  const connection = new Connection({ id: 1 }, { remote: '192.0.2.1', secure: false })
  const events = new TraceEvents({ id: 1, name: 'loop' }, new ScriptedEnvironment(), () => true)
  const kind = (overrides: object) => Object.prototype.toString.call(exchange(connection, siteWith(overrides)))
  t.equal(kind({}), '[object Generator]', 'the generator of the exchange itself')
  for (const read of [{ events }, { serverTiming: true }, { logFormat: 'json' }]) {
    t.equal(kind(read), '[object Program]', Object.keys(read).join())
  }
})

t.test('a call that fails takes its time too, and fails in the program', async (t) => {
  const environment = new ScriptedEnvironment()
  const trace = newTrace(0, 0)
  const program = traced(call('fsync', 3), trace, environment)
  const fsync = () => {
    environment.time += 7
    throw new CallFailure('EIO')
  }
  t.throws(() => drive(program, { fsync }), { code: 'EIO' })
  t.match(trace, { files: 7, fileCalls: 1 })
})

t.test('a traced program is a program: it can be delegated to, and returned from', async (t) => {
  const environment = new ScriptedEnvironment()
  const trace = newTrace(0, 0)
  const log: string[] = []
  function* careful() {
    try {
      yield* call('fsync', 3)
    } finally {
      log.push('finally')
    }
    return 'end'
  }
  function* outer() {
    return yield* traced(careful(), trace, environment)
  }
  t.equal(drive(outer(), { fsync: () => {} }), 'end')
  const program = traced(careful(), trace, environment)
  program.next()
  t.strictSame(program.return('early'), { value: 'early', done: true })
  t.strictSame(log, ['finally', 'finally'])
  t.equal(Object.prototype.toString.call(program), '[object Program]')
})

t.test('Server-Timing (W3C Server Timing, section 3)', async (t) => {
  const trace = newTrace(1000, 1002.5)
  Object.assign(trace, { headRead: 1003.7514, answered: 1063.0506, files: 59.9999 })
  t.equal(serverTiming(trace), 'wait;dur=2.500, head;dur=1.251, files;dur=60.000, total;dur=63.051')
  trace.files = -0.001
  t.match(serverTiming(trace), /files;dur=0\.000/, 'a clock that goes back takes no time')
  trace.headRead = Number.NaN
  t.equal(serverTiming(trace), 'wait;dur=2.500, files;dur=0.000, total;dur=63.051', 'a head that could not be read')
})
