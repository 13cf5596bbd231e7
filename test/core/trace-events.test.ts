/** Trace events: one line each, of the format that Perfetto reads. */
import t from 'tap'
import { Connection } from '../../src/core/http/connection.ts'
import { turnedAway } from '../../src/core/http/crowd.ts'
import { RequestHead } from '../../src/core/http/head.ts'
import { defaultLimits } from '../../src/core/limits.ts'
import { newTrace } from '../../src/core/trace.ts'
import { TraceEvents, traceGivenUp, traceWriting } from '../../src/core/trace-events.ts'
import { converse } from '../fixtures/converse.ts'
import { headOf, siteWith, textOf } from '../fixtures/request.ts'
import { ScriptedEnvironment } from '../fixtures/script.ts'
import { conversation, rpc } from '../fixtures/session.ts'
import { complaintOf, type TraceEvent } from '../fixtures/trace-event.ts'

const latin1 = (input: string) => Buffer.from(input, 'latin1')

const environment = new ScriptedEnvironment()
const loop = { id: 42, name: 'loop "42"' }
const connection = new Connection({ id: 7 }, { remote: '192.0.2.1', secure: false })
const head = headOf(textOf('GET /a HTTP/1.1'))
const trace = Object.assign(newTrace(1000, 1001), { headRead: 1003.0004, answered: 1010, done: 1020 })
const logged = { connection, head, status: 200, bytes: 3, trace }

/** What is written, but for what every loop begins with. */
function written(act: (events: TraceEvents) => void): TraceEvent[] {
  const lines: string[] = []
  act(new TraceEvents(loop, environment, (line) => lines.push(line) > 0))
  return parsed(lines).slice(2)
}

/** Each line is an element of an array, and one of ASCII. */
function parsed(lines: readonly string[]): TraceEvent[] {
  for (const line of lines) if (!/^\{[\x20-\x7e]*\},$/.test(line)) throw new Error(line)
  return JSON.parse(`[${lines.join('\n').slice(0, -1)}]`)
}

t.test('each event is one of the format', async (t) => {
  const all = written((events) => events.request({ ...logged, user: 'ann' }))
  for (const event of all) t.equal(complaintOf({ ...event }), undefined, event.name)
  const [, request] = all
  for (const bad of [{ ph: 'B' }, { ts: -1 }, { dur: 0.5 }, { tid: 'a' }, { name: '' }, { more: 1 }, { ph: 'M' }]) {
    t.ok(complaintOf({ ...request, ...bad }), JSON.stringify(bad))
  }
  t.match(complaintOf({ ph: 'X', pid: 1, tid: 1, name: 'a', cat: 'files', ts: 1 }), /without dur/)
})

t.test('a loop says who it is, and when it began', async (t) => {
  const lines: string[] = []
  new TraceEvents(loop, environment, (line) => lines.push(line) > 0)
  t.strictSame(parsed(lines), [
    { ph: 'M', pid: 42, tid: 0, name: 'process_name', args: { name: 'loop "42"' } },
    { ph: 'i', pid: 42, tid: 0, s: 'p', ts: 1_000_000, name: 'start', args: { date: '2026-11-21T02:41:00.000Z' } },
  ])
})

t.test('a request and its phases lie within each other, in the row of its connection', async (t) => {
  const all = { pid: 42, tid: 7 }
  const phase = { ...all, ph: 'X', cat: 'phase' }
  t.strictSame(
    written((events) => events.request({ ...logged, user: 'ann' })),
    [
      { ...all, ph: 'M', name: 'thread_name', args: { name: 'connection 7' } },
      {
        ...all,
        ph: 'X',
        ts: 1_000_000,
        dur: 20_000,
        name: 'GET /a',
        cat: 'request',
        args: { remote: '192.0.2.1', user: 'ann', number: 0, status: 200, bytes: 3 },
      },
      { ...phase, ts: 1_000_000, dur: 1000, name: 'wait' },
      { ...phase, ts: 1_001_000, dur: 2000, name: 'head' },
      { ...phase, ts: 1_003_000, dur: 7000, name: 'work' },
      { ...phase, ts: 1_010_000, dur: 10_000, name: 'answer' },
    ],
  )
  const twice = written((events) => [logged, logged].forEach((each) => void events.request(each)))
  t.equal(twice.filter(({ ph }) => ph === 'M').length, 1, 'a row is named once')
})

t.test('what has not happened is not there', async (t) => {
  const unread = new RequestHead(defaultLimits)
  const names = (more: object) =>
    written((events) => events.request({ ...logged, head: unread, ...more })).map(({ name }) => name)
  const refused = Object.assign(newTrace(1000, 1001), { answered: 1002, done: 1003 })
  t.strictSame(names({ trace: refused }), ['thread_name', 'no request', 'wait', 'work', 'answer'])
  const broken = Object.assign(newTrace(1000, 1001), { done: 1003 })
  t.strictSame(names({ trace: broken }), ['thread_name', 'no request', 'wait'])
})

t.test('what clients send stays in its place', async (t) => {
  const bad = headOf(textOf('GET /a HTTP/1.1'))
  bad.target = '/"},\n\x1b\x9bü'
  t.match(
    written((events) => events.request({ ...logged, head: bad })).find(({ cat }) => cat === 'request'),
    { name: 'GET /"},\n\x1b\x9bü' },
  )
})

t.test('calls, with what they spend their time on', async (t) => {
  const seen = written((events) => {
    const tell = events.callsOf(connection)
    for (const name of ['recv', 'open', 'send', 'sendfile']) tell(name, 1, 3.5)
  })
  t.strictSame(
    seen.map(({ name, cat, ts, dur, tid }) => [name, cat, ts, dur, tid]),
    [
      ['recv', 'receive', 1000, 2500, 7],
      ['open', 'files', 1000, 2500, 7],
      ['send', 'send', 1000, 2500, 7],
      ['sendfile', 'send', 1000, 2500, 7],
    ],
  )
})

t.test('where there was no room, the trace says so', async (t) => {
  const lines: string[] = []
  let room = true
  const events = new TraceEvents(loop, environment, (line) => room && lines.push(line) > 0)
  const tell = events.callsOf(connection)
  room = false
  for (let count = 0; count < 3; count += 1) tell('open', 1, 2)
  room = true
  tell('close', 2, 3)
  const [, , lost, then] = parsed(lines)
  t.match(lost, { ph: 'i', name: 'events lost', args: { count: 3 } })
  t.match(then, { name: 'close' })
  t.match(traceGivenUp('ENOSPC'), /^twinserve: The trace cannot be written \(ENOSPC\), and is given up\. /)
  traceWriting((line) => lines.push(line)).failed({ code: 'ENOSPC' })
  t.equal(lines.at(-1), traceGivenUp('ENOSPC'))
})

t.test(
  'a whole conversation: every call of a request lies within a phase of it, and those who are turned away are told of',
  async (t) => {
    const lines: string[] = []
    const clock = new ScriptedEnvironment()
    const events = new TraceEvents(loop, clock, (line) => lines.push(line) > 0)
    const spoken = converse([latin1(textOf('GET /a.txt HTTP/1.1') + conversation(rpc(1, 'pwd')))], {
      tree: { 'a.txt': 'content' },
      site: { logFormat: 'off', events },
    })
    t.match(spoken.text, /content[\s\S]* 101 [\s\S]*"result"/)
    turnedAway(connection, siteWith({ events }))
    const all = parsed(lines)
    const ofKind = (kind: string) => all.filter(({ cat }) => cat === kind)
    t.strictSame(
      ofKind('request').map(({ name }) => name.split(' ')[0]),
      ['GET', 'GET', 'pwd'],
    )
    for (const each of ofKind('files')) {
      const round = ofKind('phase').some(({ ts, dur }) => ts <= each.ts && each.ts + each.dur <= ts + dur)
      t.ok(round, each.name)
    }
    t.match(all.at(-1), { ph: 'i', name: 'turned away', args: { remote: '192.0.2.1', status: 503 } })
  },
)
