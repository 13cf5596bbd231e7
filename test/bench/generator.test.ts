/** The load generator, in this process and in its own, against a server that answers each path in its way. */
import fs from 'node:fs'
import path from 'node:path'
import tap, { test } from 'tap'
import { generate } from '../../bench/load/generator.ts'
import { defaultOrder, type LoadOrder, type Target } from '../../bench/load/order.ts'
import { poissonPlan } from '../../bench/load/plan.ts'
import { load } from '../../bench/load/process.ts'
import { type Outcome, Recording } from '../../bench/load/recording.ts'
import { summarize } from '../../bench/load/summary.ts'
import { startOddServer } from '../fixtures/odd-server.ts'

const get = (path: string, more: Partial<Target> = {}): Target => ({
  method: 'GET',
  path,
  status: 200,
  weight: 1,
  ...more,
})

/** An order for little: it waits in poll, so that it takes no core. */
const order = (targets: readonly Target[], more: Partial<LoadOrder> = {}): LoadOrder => ({
  ...defaultOrder,
  port,
  targets,
  rate: 400,
  seconds: 0.5,
  connections: 4,
  warmup: 0,
  spin: false,
  ...more,
})

const port = await startOddServer(tap)

/** The numbers of requests with an outcome. */
function having(recording: Recording, outcome: Outcome): number {
  let count = 0
  for (let request = 0; request < recording.count; request += 1) {
    if (recording.outcomeOf(request) === outcome) count += 1
  }
  return count
}

test('the open loop sends every request of the plan, and records what comes of it', async (t) => {
  const expected = path.join(t.testdir({ fine: 'fine' }), 'fine')
  const targets = [get('/fine', { expected }), get('/chunked', { expected }), get('/empty', { status: 204 })]
  const { recording, opened } = generate(order(targets, { warmup: 10, mostConnections: 20 }))
  const plan = poissonPlan(400, 0.5, 1, [1, 1, 1])
  t.same(recording.due, plan.due)
  t.same(recording.target, plan.target)
  t.equal(having(recording, 'answered'), plan.due.length)
  for (let request = 0; request < recording.count; request += 1) {
    const times = [recording.due, recording.begun, recording.sent, recording.first, recording.last].map(
      (of) => of[request],
    )
    const ordered = times.every((time, at) => at === 0 || (time as number) >= (times[at - 1] as number))
    if (!ordered) t.fail(`request ${request}: ${times.join(' ')}`)
    t.equal(recording.bytes[request], recording.target[request] === 2 ? 0 : 4)
  }
  t.ok(opened <= 20, 'connections are used again')
})

for (const [outcome, target, more] of [
  ['wrong status', get('/missing'), {}],
  ['broken', get('/cut'), {}],
  ['broken', get('/reset'), {}],
  ['malformed', get('/gibberish'), {}],
  ['unanswered', get('/silent'), { patience: 0 }],
] as const) {
  test(`${target.path} is recorded as ${outcome}, and has no latency`, async (t) => {
    const asked = order([target], { seconds: 0.1, ...more })
    const run = generate(asked)
    t.equal(having(run.recording, outcome), run.recording.count)
    t.ok(run.recording.latencies().every((latency) => latency === Infinity))
    const { due, ended } = run.recording
    t.ok(
      ended.every((time, at) => (outcome === 'unanswered' ? Number.isNaN(time) : time > (due[at] as number))),
      'when it was known to have failed',
    )
    t.match(summarize(asked, run), { achieved: 0, latency: { 100: Infinity } })
  })
}

test('wrong bytes are recorded: other ones, more, and not as many as before', async (t) => {
  const expected = path.join(t.testdir({ fine: 'fine' }), 'fine')
  for (const wrong of ['/wrong', '/long']) {
    const { recording } = generate(order([get(wrong, { expected })], { seconds: 0.1 }))
    t.equal(having(recording, 'wrong bytes'), recording.count, wrong)
  }
  const { recording } = generate(order([get('/growing')], { seconds: 0.1 }))
  t.equal(having(recording, 'answered'), 1, 'the first says how many')
  t.equal(having(recording, 'wrong bytes'), recording.count - 1)
})

test('nobody listens: refused, and said before the run when there is a warm-up', async (t) => {
  // The port of a server that has gone would do as well, but for another that takes it meanwhile: this one is never given out.
  const { recording } = generate(order([get('/fine')], { port: 1, seconds: 0.1 }))
  t.equal(having(recording, 'refused'), recording.count)
  t.ok(recording.ended.every((time, at) => time >= (recording.due[at] as number)))
  t.throws(
    () => generate(order([get('/fine')], { port: 1, warmup: 5 })),
    /GET \/fine at 127\.0\.0\.1:1 .*\(refused\): look/,
  )
  t.throws(() => generate(order([get('/missing')], { warmup: 5 })), /\(wrong status\): look whether/)
  t.throws(() => generate(order([get('/fine')], { host: 'localhost' })), /localhost is no IP address: give one/)
})

test('what has failed is over, and no backlog; what nobody has answered is', async (t) => {
  const asked = order([get('/fine')], { rate: 1000, seconds: 2 })
  const recording = new Recording(2000)
  for (let request = 0; request < 2000; request += 1) {
    recording.due[request] = request / 1000
    const failed = request % 5 === 0
    if (!failed) recording.last[request] = request / 1000
    recording.end(request, failed ? 'refused' : 'answered', request / 1000)
  }
  recording.count = 2000
  const summarized = () => summarize(asked, { recording, opened: 0, repeated: 0, longestPause: 0 })
  t.match(summarized(), {
    growth: 0,
    achieved: 800,
    outcomes: { refused: 400, unanswered: 0 },
    latency: { 90: Infinity },
  })
  for (let request = 0; request < 2000; request += 5) recording.reopen(request)
  const { growth, outcomes } = summarized()
  t.ok(Math.abs(growth - 200) < 5, String(growth))
  t.match(outcomes, { refused: 0, unanswered: 400 }, 'one that is sent once more has not failed')
})

test('latency counts from when a request was due, not from when a server that stands still lets it be sent', async (t) => {
  const targets = [get('/fine', { weight: 30 }), get('/freeze')]
  const { recording } = generate(order(targets, { seconds: 1, mostConnections: 4, seed: 3 }))
  t.equal(having(recording, 'answered'), recording.count)
  const latencies = recording.latencies()
  let during = 0
  for (let request = 0; request < recording.count; request += 1) {
    if (recording.target[request] !== 1) continue
    // The server stood still for 100 ms before it answered this one.
    const [from, to] = [(recording.last[request] as number) - 0.1, recording.last[request] as number]
    for (let other = 0; other < recording.count; other += 1) {
      const due = recording.due[other] as number
      if (other === request || due < from + 0.02 || due > to - 0.02) continue
      if ((recording.sent[other] as number) < from) continue
      during += 1
      if ((latencies[other] as number) < to - due - 0.001) t.fail(`request ${other} cannot have been so quick`)
    }
  }
  t.ok(during > 10, `${during} requests were due while nobody was served`)
  t.ok(
    recording.connected.some((one) => one === 1),
    'some had to wait for a connection',
  )
})

test('no more connections than are allowed; one for each request where that is asked', async (t) => {
  const few = generate(order([get('/fine'), get('/freeze', { weight: 0.03 })], { mostConnections: 3 }))
  t.ok(few.opened <= 3, `${few.opened}`)
  t.equal(having(few.recording, 'answered'), few.recording.count)
  const many = generate(order([get('/last')], { newConnections: true, seconds: 0.2 }))
  t.equal(many.opened, many.recording.count)
  t.equal(having(many.recording, 'answered'), many.recording.count)
})

test('a server that ends resting connections is asked again over a new one', async (t) => {
  const { recording, repeated, opened } = generate(order([get('/leaving')], { rate: 200 }))
  t.equal(having(recording, 'answered'), recording.count)
  t.ok(repeated > 0 && opened > repeated, `${repeated} repeated, ${opened} opened`)
})

test('an answer may end with its connection', async (t) => {
  const expected = path.join(t.testdir({ fine: 'fine' }), 'fine')
  const { recording } = generate(order([get('/until-close', { expected })], { seconds: 0.2, newConnections: true }))
  t.equal(having(recording, 'answered'), recording.count)
})

test('the closed loop has as many requests under way as connections', async (t) => {
  const targets = [get('/fine', { weight: 50 }), get('/freeze')]
  const { recording } = generate(order(targets, { loop: 'closed', connections: 3 }))
  t.ok(recording.count > 3)
  t.equal(having(recording, 'answered'), recording.count)
  for (let request = 0; request < recording.count; request += 1) {
    let underWay = 0
    const now = recording.begun[request] as number
    for (let other = 0; other <= request; other += 1) {
      if ((recording.begun[other] as number) <= now && (recording.last[other] as number) > now) underWay += 1
    }
    if (underWay > 3) t.fail(`${underWay} requests under way`)
  }
})

test('bodies are sent, small and large, with a number in the name', async (t) => {
  const put = (bodyBytes: number): Target => ({ ...get('/missing?{n}'), method: 'PUT', status: 0, bodyBytes })
  for (const bodyBytes of [0, 10, 3_000_000]) {
    // What the server has not read whole it does not answer; to /missing?7 it answers by hanging up.
    const { recording } = generate(order([put(bodyBytes)], { rate: 50, seconds: 0.2 }))
    t.equal(having(recording, 'broken'), recording.count)
    t.ok(
      recording.sent.every((time) => !Number.isNaN(time)),
      `${bodyBytes} bytes were sent`,
    )
  }
  const { recording } = generate(order([{ ...get('/fine'), bodyBytes: 200_000 }], { rate: 50, seconds: 0.2 }))
  t.equal(having(recording, 'answered'), recording.count)
})

test('as a process: a report, a line for each request, and a sentence when it fails', async (t) => {
  const raw = path.join(t.testdir({}), 'raw.jsonl')
  const asked = { port, targets: [get('/fine'), get('/silent')], rate: 200, seconds: 0.5, patience: 0, raw, warmup: 0 }
  const { summary, order: carriedOut } = await load(asked, 0)
  const [head, ...lines] = fs
    .readFileSync(raw, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.same(head, { order: carriedOut })
  t.equal(lines.length, summary.requests)
  t.equal(lines.filter(({ outcome }) => outcome === 'answered').length, summary.outcomes.answered)
  t.ok(lines.every(({ outcome, last }) => (outcome === 'answered') === (last !== null)))
  t.equal(summary.latency[100], Infinity, 'what is not a number in JSON comes through')
  t.ok((summary.lateness[50] as number) > 0)
  await t.rejects(load({ port: 1, targets: [get('/fine')] }, undefined), { message: /^GET \/fine at 127\.0\.0\.1:1 / })
})
