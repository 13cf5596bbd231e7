/** The header section of a request, and of an answer. */
import t from 'tap'
import { answerHead } from '../../../src/core/http/answer-head.ts'
import { RequestHead } from '../../../src/core/http/head.ts'
import { giveParser, takeParser } from '../../../src/core/http/llhttp.ts'
import { lengthOf, redirect, textResponse } from '../../../src/core/http/response.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { newTrace } from '../../../src/core/trace.ts'
import { headOf, siteWith, textOf } from '../../fixtures/request.ts'

t.test('fields', async (t) => {
  const text =
    'GET /a HTTP/1.1\r\nHost: localhost\r\nX-Empty:\r\nx-List: a\r\nX-LIST:  b, c \r\nX-Tab:\ta\tb\t\r\nX-Latin: \xe9\xa0\r\nX-Last:\r\n\r\n'
  const check = (head: RequestHead) => {
    t.match(head, { method: 'GET', target: '/a', minor: 1, keepAlive: true, complete: true, framing: { kind: 'none' } })
    t.equal(head.field('host'), 'localhost')
    t.equal(head.field('x-list'), 'a, b, c', 'joined (RFC 9110, section 5.3)')
    t.equal(head.count('x-list'), 2)
    t.equal(head.field('x-empty'), '')
    t.equal(head.field('x-last'), '')
    t.equal(head.field('x-tab'), 'a\tb')
    t.equal(head.field('x-latin'), '\xe9\xa0', 'as it came')
    t.equal(head.field('x-none'), undefined)
    t.equal(head.field('X-List'), undefined, 'asked for in lower case')
    t.equal(head.count('x-none'), 0)
  }
  check(headOf(text))
  for (let at = 1; at < text.length; at += 1) {
    const parser = takeParser()
    const head = new RequestHead(defaultLimits)
    head.feed(parser, Buffer.from(text.slice(0, at), 'latin1'))
    t.equal(head.complete, false)
    head.feed(parser, Buffer.from(text.slice(at), 'latin1'))
    giveParser(parser)
    check(head)
  }
})

t.test('what belongs to the header section, and what does not', async (t) => {
  const bare = textOf('GET /a HTTP/1.1')
  const sized = textOf('PUT /a HTTP/1.1', { 'Content-Length': '3' })
  const chunked = textOf('PUT /a HTTP/1.1', { 'Transfer-Encoding': 'chunked' })
  for (const text of [bare, sized, chunked, textOf('CONNECT a:80 HTTP/1.1')]) {
    const parser = takeParser()
    const head = new RequestHead(defaultLimits)
    t.equal(head.feed(parser, Buffer.from(`${text}GET /b`)), text.length)
    t.equal(head.complete, true)
    giveParser(parser)
  }
  t.strictSame(headOf(sized).framing, { kind: 'sized', length: 3 })
  t.strictSame(headOf(chunked).framing, { kind: 'chunked' })
  t.strictSame(headOf(textOf('PUT /a HTTP/1.1', { 'Content-Length': '0' })).framing, { kind: 'none' })
})

t.test('any number of parsers at a time, for which the memory of WebAssembly has to grow', async (t) => {
  const text = Buffer.from(textOf('GET /a HTTP/1.1', { X: 'y' }))
  const parsers = Array.from({ length: 3000 }, () => takeParser())
  t.equal(new Set(parsers).size, 3000)
  for (const parser of parsers) {
    const head = new RequestHead(defaultLimits)
    head.feed(parser, text)
    if (head.field('x') !== 'y') t.fail('another answer')
  }
  for (const parser of parsers) giveParser(parser)
})

t.test('nothing of one request reaches the next', async (t) => {
  const parser = takeParser()
  const bad = new RequestHead(defaultLimits)
  t.throws(() => bad.feed(parser, Buffer.from('GET / HTTP/1.1\r\nbad\r\n\r\n')), { code: 'bad_request' })
  giveParser(parser)
  t.equal(takeParser(), parser, 'the same parser is used again')
  const head = new RequestHead(defaultLimits)
  head.feed(parser, Buffer.from(textOf('DELETE /b HTTP/1.0')))
  t.match(head, { method: 'DELETE', target: '/b', minor: 0, keepAlive: false })
  giveParser(parser)
})

const site = siteWith()
const trace = Object.assign(newTrace(1000, 1000), { headRead: 1000, answered: 1001 })
const modern = headOf(textOf('GET / HTTP/1.1'))
const old = headOf(textOf('GET / HTTP/1.0'))
const always = 'Date: Sat, 21 Nov 2026 02:41:00 GMT\r\nServer: twinserve\r\n'
const stream = function* () {}

t.test('the header section of an answer', async (t) => {
  const answers: readonly (readonly [string, string])[] = [
    [
      answerHead(site, modern, textResponse(404, 'text/plain', 'ü', 'X: y\r\n'), true, trace),
      `HTTP/1.1 404 Not Found\r\n${always}Content-Type: text/plain\r\nX: y\r\nContent-Length: 2\r\n\r\n`,
    ],
    [
      answerHead(site, modern, redirect(303, '/a/'), false, trace),
      `HTTP/1.1 303 See Other\r\n${always}Location: /a/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    ],
    [
      answerHead(site, modern, { status: 201, headers: '' }, true, trace),
      `HTTP/1.1 201 Created\r\n${always}Content-Length: 0\r\n\r\n`,
    ],
    [answerHead(site, modern, { status: 204, headers: '' }, true, trace), `HTTP/1.1 204 No Content\r\n${always}\r\n`],
    [
      answerHead(site, modern, { status: 304, headers: 'ETag: "x"\r\n', parts: [] }, true, trace),
      `HTTP/1.1 304 Not Modified\r\n${always}ETag: "x"\r\n\r\n`,
    ],
    [
      answerHead(site, modern, { status: 200, headers: '', stream }, true, trace),
      `HTTP/1.1 200 OK\r\n${always}Transfer-Encoding: chunked\r\n\r\n`,
    ],
    [
      answerHead(site, old, { status: 200, headers: '', stream }, false, trace),
      `HTTP/1.1 200 OK\r\n${always}Connection: close\r\n\r\n`,
    ],
    [
      answerHead(site, old, { status: 201, headers: '' }, true, trace),
      `HTTP/1.1 201 Created\r\n${always}Content-Length: 0\r\nConnection: keep-alive\r\n\r\n`,
    ],
    [
      answerHead(siteWith({ serverTiming: true }), modern, { status: 204, headers: '' }, true, trace),
      `HTTP/1.1 204 No Content\r\n${always}Server-Timing: wait;dur=0.000, head;dur=0.000, files;dur=0.000, total;dur=1.000\r\n\r\n`,
    ],
  ]
  for (const [found, wanted] of answers) t.equal(found, wanted)
})

t.test('the length of an answer is that of its parts', async (t) => {
  t.equal(lengthOf([Buffer.from('ab'), { file: 3, offset: 9, length: 5 }, Buffer.alloc(0)]), 7)
  t.equal(lengthOf([]), 0)
})
