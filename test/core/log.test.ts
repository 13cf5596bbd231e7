/** The request log: nothing that clients send makes a line, ends a field, or speaks to a terminal. */
import fc from 'fast-check'
import t from 'tap'
import { Connection } from '../../src/core/http/connection.ts'
import { RequestHead } from '../../src/core/http/head.ts'
import { defaultLimits } from '../../src/core/limits.ts'
import { type Logged, logMistake, logRequest, pieceOf } from '../../src/core/log.ts'
import type { LogFormat } from '../../src/core/options.ts'
import { newTrace } from '../../src/core/trace.ts'
import { headOf, siteWith, textOf } from '../fixtures/request.ts'

const connection = new Connection({ id: 1 }, { remote: '192.0.2.1', secure: false })
const trace = Object.assign(newTrace(1000, 1001), {
  headRead: 1003.0004,
  answered: 1010,
  done: 1020,
  files: 5.5,
  fileCalls: 4,
  sending: 1,
  receiving: 2,
})

function lineOf(logFormat: LogFormat, of: Partial<Logged>): string | undefined {
  const lines: string[] = []
  const logged = { connection, head: headOf(textOf('GET /a HTTP/1.1')), status: 200, bytes: 3, trace, ...of }
  logRequest(siteWith({ logFormat, log: (line) => void lines.push(line) }), logged)
  if (lines.length > 1) throw new Error('one request, one line')
  return lines[0]
}

const head = headOf(textOf('GET /a?b HTTP/1.1', { Referer: 'http://x/"y\\', 'User-Agent': 'curl\x9b\xff' }))
const unread = new RequestHead(defaultLimits)

t.test('common and combined', async (t) => {
  const common = '192.0.2.1 - - [21/Nov/2026:02:41:00 +0000]'
  t.equal(lineOf('common', { head }), `${common} "GET /a?b HTTP/1.1" 200 3`)
  t.equal(lineOf('combined', { head }), `${common} "GET /a?b HTTP/1.1" 200 3 "http://x/\\"y\\\\" "curl\\x9b\\xff"`)
  t.equal(lineOf('combined', {}), `${common} "GET /a HTTP/1.1" 200 3 "-" "-"`)
  t.equal(lineOf('combined', { head: unread, status: 400, bytes: 0 }), `${common} "-" 400 0 "-" "-"`)
  t.equal(lineOf('common', { head: headOf('GET /a HTTP/1.0\r\n\r\n') }), `${common} "GET /a HTTP/1.0" 200 3`)
})

t.test('JSON', async (t) => {
  t.strictSame(JSON.parse(lineOf('json', { head }) ?? ''), {
    time: '2026-11-21T02:41:00.000Z',
    remote: '192.0.2.1',
    method: 'GET',
    target: '/a?b',
    status: 200,
    bytes: 3,
    referer: 'http://x/"y\\',
    agent: 'curl\x9b\xff',
    wait: 1,
    head: 2,
    receiving: 2,
    files: 5.5,
    fileCalls: 4,
    sending: 1,
    total: 20,
  })
  const early = JSON.parse(lineOf('json', { head: unread, trace: newTrace(1000, 1001) }) ?? '')
  t.notOk(
    'method' in early || 'target' in early || 'head' in early || 'total' in early,
    'what has not happened is left out',
  )
})

t.test('off', async (t) => {
  t.equal(lineOf('off', {}), undefined)
})

/** Values as llhttp lets them through, and worse. */
const value = fc.string({ unit: 'binary', maxLength: 40 })

t.test('whatever a client sends, its line is one of printable ASCII, and its fields stay where they are', async (t) => {
  fc.assert(
    fc.property(value, value, (target, agent) => {
      const bad = headOf(textOf('GET /a HTTP/1.1', { 'User-Agent': 'x' }))
      bad.target = target
      bad.field = () => agent
      const lines = (['common', 'combined', 'json'] as const).map((format) => lineOf(format, { head: bad }) as string)
      const [, combined = '', json = ''] = lines
      const quoted = combined.match(/"(?:[^"\\]|\\.)*"/g)
      return (
        lines.every((line) => /^[\x20-\x7e]+$/.test(line)) &&
        quoted?.length === 3 &&
        combined.replace(/"(?:[^"\\]|\\.)*"/g, '').split('"').length === 1 &&
        JSON.parse(json).agent === agent &&
        JSON.parse(json).target === target
      )
    }),
  )
  t.pass()
})

t.test('a mistake of the program is one line too, whatever the format', async (t) => {
  const lines: string[] = []
  const site = siteWith({ logFormat: 'off', log: (line) => void lines.push(line) })
  const error = new TypeError('"bad"\r\n\x1b[31m\u2028☃')
  error.stack = `TypeError: ${error.message}\n    at a (b.ts:1)\n    at c`
  const bare = new Error('without a stack')
  Reflect.deleteProperty(bare, 'stack')
  for (const each of [error, bare, 'text', undefined]) logMistake(site, each)
  t.strictSame(lines, [
    'twinserve: mistake: TypeError: \\"bad\\" | \\x1b[31m\\u2028\\u2603 | at a (b.ts:1) | at c',
    'twinserve: mistake: without a stack',
    'twinserve: mistake: text',
    'twinserve: mistake: undefined',
  ])
})

t.test('several writers: whole lines, as many as a pipe takes whole', async (t) => {
  const lines = Buffer.from(`${'x'.repeat(999)}\n`.repeat(10))
  t.equal(pieceOf(lines.subarray(0, 4000)), 4000)
  t.equal(pieceOf(lines), 4000)
  t.equal(pieceOf(lines.subarray(500)), 3500, 'the rest of a line that was begun goes with them')
  const long = Buffer.from(`${'x'.repeat(5000)}\nshort\n`)
  t.equal(pieceOf(long), 5001, 'a line is never cut')
  t.equal(pieceOf(Buffer.from(`${'x'.repeat(4095)}\ny\n`)), 4096)
})
