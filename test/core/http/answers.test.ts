/** Answers that say something, in the three forms. */
import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { listingFields, pageFields, plainFields, printable, refuse, tell } from '../../../src/core/http/answers.ts'
import type { Response } from '../../../src/core/http/response.ts'

const body = ({ parts }: Response) => Buffer.concat((parts ?? []) as Uint8Array[]).toString()

const result = {
  status: 201,
  title: 'Created',
  message: 'Created /<b>\x1b[31m.',
  links: [{ href: '/%3Cb%3E', text: 'Open it' }],
  details: { path: '/<b>' },
  headers: 'Location: /%3Cb%3E\r\n',
}

t.test('what was done', async (t) => {
  const html = tell('html', result)
  t.equal(html.status, 201)
  t.equal(html.headers, `Content-Type: text/html; charset=utf-8\r\n${pageFields}Location: /%3Cb%3E\r\n`)
  t.match(body(html), /^<!doctype html>/i)
  t.match(body(html), /Created \/&lt;b&gt;/)
  t.match(body(html), /href="\/%3Cb%3E"/)
  for (const bad of ['<b>', '\x1b']) t.notOk(body(html).includes(bad))

  const json = tell('json', result)
  t.equal(json.headers, `Content-Type: application/json; charset=utf-8\r\n${plainFields}Location: /%3Cb%3E\r\n`)
  t.strictSame(JSON.parse(body(json)), { path: '/<b>', message: 'Created /<b>\x1b[31m.' })
  t.ok(body(json).endsWith('}\n'))

  const text = tell('text', result)
  t.equal(text.headers, `Content-Type: text/plain; charset=utf-8\r\n${plainFields}Location: /%3Cb%3E\r\n`)
  t.equal(body(text), 'Created /<b>\ufffd[31m.\n')
  const { headers: _, ...without } = result
  t.equal(tell('text', without).headers, `Content-Type: text/plain; charset=utf-8\r\n${plainFields}`)
})

t.test('why a request was refused', async (t) => {
  const refusal = new Refusal('not_found', '/<b>\x1b[31m', 'X: y\r\n')
  const html = refuse('html', refusal, '/docs/')
  t.match(html, { status: 404, headers: `Content-Type: text/html; charset=utf-8\r\n${pageFields}X: y\r\n` })
  t.match(body(html), /\/&lt;b&gt;/)
  t.match(body(html), /href="\/docs\/"/)
  t.notMatch(body(refuse('html', refusal)), /href="\/docs\/"/)

  const json = refuse('json', refusal)
  t.equal(json.headers, `Content-Type: application/json; charset=utf-8\r\n${plainFields}X: y\r\n`)
  t.strictSame(JSON.parse(body(json)), { error: { code: 'not_found', status: 404, message: refusal.message } })

  const text = refuse('text', refusal)
  t.equal(text.headers, `Content-Type: text/plain; charset=utf-8\r\n${plainFields}X: y\r\n`)
  t.equal(body(text), 'not_found: /<b>\ufffd[31m does not exist.\n')
})

t.test('what a terminal may show', async (t) => {
  t.equal(printable('plain ü ☃ 𝄞'), 'plain ü ☃ 𝄞')
  for (const bad of ['\0', '\n', '\r', '\x1b', '\x7f', '\x9b', '\u061c', '\u200f', '\u2028', '\u202e', '\u2066']) {
    t.equal(printable(`a${bad}b`), 'a\ufffdb', `U+${bad.charCodeAt(0).toString(16)}`)
  }
})

t.test('pages may do little, and are not kept', async (t) => {
  for (const field of ['Cache-Control: no-cache', 'X-Content-Type-Options: nosniff', 'Vary: Accept']) {
    t.ok(pageFields.includes(`${field}\r\n`), field)
    t.ok(plainFields.includes(`${field}\r\n`), field)
  }
  t.match(pageFields, /Content-Security-Policy: default-src 'none'/)
  t.match(listingFields('json'), /^Content-Type: application\/json; charset=utf-8\r\n/)
  t.match(listingFields('html'), /^Content-Type: text\/html; charset=utf-8\r\n/)
  t.equal(listingFields('text'), listingFields('html'), 'a listing has a page and JSON, and no third form')
})
