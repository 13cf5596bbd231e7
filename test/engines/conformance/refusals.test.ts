/** Refusals: one code, whichever form they are told in. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import type { Fields } from '../../fixtures/raw-client.ts'

const rows: readonly (readonly [method: string, target: string, fields: Fields, status: number, code: string])[] = [
  ['GET', '/none', {}, 404, 'not_found'],
  ['GET', '/a\\b', {}, 400, 'bad_name'],
  ['GET', '/%zz', {}, 400, 'bad_target'],
  ['GET', '/fifo', {}, 403, 'not_a_file'],
  ['GET', '/out', {}, 403, 'link_refused'],
  ['GET', '/move=x', {}, 400, 'bad_parameter'],
  ['PUT', '/file', {}, 411, 'length_required'],
  ['DELETE', '/full', {}, 409, 'not_empty'],
  ['DELETE', '/.Twinserve', {}, 403, 'reserved'],
  ['DELETE', '/file', { 'If-Match': '"x"' }, 412, 'precondition_failed'],
  ['GET', '/file', { Range: 'bytes=9999-' }, 416, 'range_not_satisfiable'],
  ['MKCOL', '/full', {}, 409, 'exists'],
  ['MKCOL', '/none/x', {}, 409, 'no_parent'],
  ['PATCH', '/file', {}, 405, 'method_not_allowed'],
  ['POST', '/', { 'Content-Type': 'a/b', 'Content-Length': '0' }, 415, 'unsupported_media'],
  ['MOVE', '/full', { Destination: '/full/x' }, 409, 'into_itself'],
  ['GET', '/', { Host: 'evil.example' }, 421, 'wrong_host'],
  ['GET', '/', { Host: undefined }, 400, 'no_host'],
  ['PUT', '/x', { 'Transfer-Encoding': 'gzip, chunked' }, 501, 'not_implemented'],
  ['GET', '/', { Expect: 'x' }, 417, 'expectation_failed'],
]

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  fs.mkdirSync(service.path('full'))
  fs.writeFileSync(service.path('full/x'), '')
  fs.writeFileSync(service.path('file'), '')
  fs.symlinkSync('/etc', service.path('out'))
  execFileSync('mkfifo', [service.path('fifo')])

  for (const [method, target, fields, status, code] of rows) {
    await t.test(`${method} ${target} ${JSON.stringify(fields)}`, async (t) => {
      const json = await service.ask(method, target, { ...fields, Accept: 'application/json' })
      const page = await service.ask(method, target, { ...fields, Accept: 'text/html' })
      const line = await service.ask(method, target, fields)
      t.same([json.status, page.status, line.status], [status, status, status])
      const { error } = json.json<{ error: { code: string; status: number; message: string } }>()
      t.match(error, { code, status })
      t.equal(json.field('content-type'), 'application/json; charset=utf-8')
      t.match(page.text, new RegExp(`<code>${code}</code>`))
      t.equal(page.field('content-type'), 'text/html; charset=utf-8')
      t.match(page.field('content-security-policy'), /default-src 'none'/)
      t.equal(line.text, `${code}: ${error.message}\n`)
      t.equal(line.field('content-type'), 'text/plain; charset=utf-8')
      for (const answer of [json, page, line]) t.equal(answer.field('x-content-type-options'), 'nosniff')
    })
  }

  await t.test(
    'a refusal of a request that could not be read is a line of text, and ends the connection',
    async (t) => {
      const client = await service.connect()
      await client.send('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nBad Name: x\r\n\r\n')
      const answer = await client.answer()
      t.match(answer.text, /^bad_request: /)
      t.equal(answer.field('connection'), 'close')
      t.equal(await client.ended, 'end')
      client.destroy()
    },
  )

  await t.test('Accept is weighed', async (t) => {
    const type = async (accept: string) => (await service.ask('GET', '/none', { Accept: accept })).field('content-type')
    t.match(await type('application/json, text/html;q=0.5'), /json/)
    t.match(await type('text/html, application/json;q=0.9'), /html/)
    t.match(await type('*/*'), /plain/)
    t.match(await type('image/png'), /plain/)
    t.match((await service.ask('GET', '/none?json', { Accept: 'text/html' })).field('content-type'), /json/)
  })
})
