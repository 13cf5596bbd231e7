/** The trace: the phases that `Server-Timing` tells of, as events on a time line. */
import fs from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { type Engine, overSeveralLoops, type Service, startEngine } from '../../fixtures/engines.ts'
import { temporary } from '../../fixtures/temporary.ts'
import { complaintOf, type TraceEvent } from '../../fixtures/trace-event.ts'

/** As Perfetto reads it: an array that nobody has closed. */
const readTrace = (file: string): TraceEvent[] => JSON.parse(`${fs.readFileSync(file, 'utf8').replace(/,\n$/, '')}]`)

async function traced(t: Test, engine: Engine): Promise<{ service: Service; file: string }> {
  const file = path.join(await temporary(t), 'trace.json')
  fs.writeFileSync(file, '[\n')
  const traceFile = fs.openSync(file, 'a')
  t.teardown(() => fs.closeSync(traceFile))
  const service = await startEngine(t, engine, { serverTiming: true, traceFile })
  return { service, file }
}

const endOf = ({ ts, dur }: TraceEvent): number => ts + dur

/** What lies within a slice, in its row. */
function within(all: readonly TraceEvent[], outer: TraceEvent): TraceEvent[] {
  return all.filter(
    (each) =>
      each.ph === 'X' &&
      each !== outer &&
      each.pid === outer.pid &&
      each.tid === outer.tid &&
      each.ts >= outer.ts &&
      endOf(each) <= endOf(outer),
  )
}

/** Milliseconds, by the names that `Server-Timing` has. */
function told(field: string | undefined): Record<string, number> {
  const found = [...(field ?? '').matchAll(/(\w+);dur=([\d.]+)/g)]
  return Object.fromEntries(found.map(([, name, time]) => [name, Number(time)]))
}

/** Whether two spans overlap without one being within the other, which no row can show. */
function crossing(one: TraceEvent, other: TraceEvent): boolean {
  const [first, second] = one.ts <= other.ts ? [one, other] : [other, one]
  return first.ts < second.ts && second.ts < endOf(first) && endOf(first) < endOf(second)
}

overSeveralLoops(async (t, engine) => {
  await t.test('phases and calls are those of Server-Timing', async (t) => {
    const { service, file } = await traced(t, engine)
    fs.writeFileSync(service.path('small'), 'content')
    fs.writeFileSync(service.path('large'), Buffer.alloc(3_000_000, 'x'))
    const asked: (readonly [method: string, target: string, body?: string])[] = [
      ['GET', '/small'],
      ['GET', '/large'],
      ['GET', '/none'],
      ['PUT', '/new', 'content'],
      ['GET', '/?json'],
    ]
    const timings = new Map<string, Record<string, number>>()
    for (const [method, target, body] of asked) {
      const answer = await service.ask(method, target, {}, body)
      timings.set(`${method} ${target}`, told(answer.field('server-timing')))
    }
    await service.server.stop()
    const all = readTrace(file)
    const wrong = all.flatMap((event) => complaintOf({ ...event }) ?? [])
    t.strictSame(wrong, [], 'what is written is the format, for a reader that forgives nothing')
    for (const [name, timing] of timings) {
      const request = all.find((each) => each.name === name) as TraceEvent
      const inside = within(all, request)
      const phase = (wanted: string) =>
        inside.find((each) => each.cat === 'phase' && each.name === wanted) as TraceEvent
      // Each end of a span is rounded to a microsecond.
      const near = (time: number, field: string, spans: number) =>
        t.ok(Math.abs(time - (timing[field] as number) * 1000) <= spans + 1, `${name}: ${field} ${time} µs`)
      near(phase('wait').dur, 'wait', 1)
      near(phase('head').dur, 'head', 1)
      near(endOf(phase('work')) - request.ts, 'total', 1)
      const calls = inside.filter((each) => each.cat === 'files' && endOf(each) <= endOf(phase('work')))
      near(
        calls.reduce((sum, { dur }) => sum + dur, 0),
        'files',
        calls.length,
      )
      t.equal(endOf(phase('answer')), endOf(request), 'its last byte was sent')
      t.ok(inside.some((each) => each.cat === 'send'))
    }
    t.match(
      all.filter(({ name }) => name === 'GET /large').map(({ args }) => args),
      [{ remote: '127.0.0.1', number: 1, status: 200, bytes: 3_000_000 }],
    )
    for (const name of new Set(all.map(({ pid, tid }) => `${pid} ${tid}`))) {
      const row = all.filter(({ pid, tid }) => `${pid} ${tid}` === name)
      const spans = row.filter(({ ph }) => ph === 'X')
      const bad = spans.flatMap((one, at) => spans.slice(at + 1).filter((other) => crossing(one, other)))
      t.strictSame(bad, [], 'what is in a row nests')
      t.equal(
        row.filter(({ name }) => name === 'thread_name').length,
        spans.some(({ cat }) => cat === 'request') ? 1 : 0,
      )
    }
    const loops = new Set(all.map(({ pid }) => pid))
    t.strictSame(
      all
        .filter(({ name }) => name === 'process_name')
        .map(({ pid }) => pid)
        .sort(),
      [...loops].sort(),
      'every loop has its name',
    )
  })

  await t.test('a trace that cannot be written is given up with a sentence, and requests are served', async (t) => {
    const log = path.join(await temporary(t), 'log')
    const [logFile, traceFile] = [fs.openSync(log, 'a'), fs.openSync('/dev/full', 'a')]
    t.teardown(() => [logFile, traceFile].forEach(fs.closeSync))
    const service = await startEngine(t, engine, { traceFile, logFile })
    fs.writeFileSync(service.path('small'), 'content')
    for (let count = 0; count < 4; count += 1) t.equal((await service.ask('GET', '/small')).text, 'content')
    await service.server.stop()
    const said = fs.readFileSync(log, 'utf8').trimEnd().split('\n')
    const sentence = 'twinserve: The trace cannot be written (ENOSPC), and is given up. Requests are served as before.'
    t.ok(
      said.length <= 2 && said.every((line) => line === sentence),
      'once for each serving loop that had something to write',
    )
    t.equal(said[0], sentence)
  })
})
