/** Digests (RFC 9530): an upload that is not what it says is not stored, and a file is sent with the digest that is wanted. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { message } from '../../fixtures/raw-client.ts'

const digest = (content: string | Uint8Array, algorithm: '256' | '512' = '256') =>
  `sha-${algorithm}=:${createHash(`sha${algorithm}`).update(content).digest('base64')}:`
const large = Buffer.from(Array.from({ length: 1_000_003 }, (_, i) => (i * 7) % 251))

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { limits: { digestBytes: large.length } })
  const read = (name: string) => fs.readFileSync(service.path(name))
  fs.writeFileSync(service.path('small.txt'), 'small')
  fs.writeFileSync(service.path('large'), large)
  fs.writeFileSync(service.path('larger'), Buffer.concat([large, Buffer.from('x')]))

  await t.test('what matches is stored', async (t) => {
    const fields = { 'Content-Digest': digest(large), 'Repr-Digest': `md5=:AA==:, ${digest(large, '512')}` }
    t.equal((await service.ask('PUT', '/stored', fields, large)).status, 201)
    t.ok(read('stored').equals(large))
    t.equal((await service.ask('PUT', '/empty', { 'Repr-Digest': digest('') }, '')).status, 201)
  })

  await t.test('what does not match leaves what was there, and the connection goes on', async (t) => {
    const client = await service.connect()
    const wrong = Uint8Array.from(large)
    wrong[500_000] = 255
    await client.send(message('PUT', '/large?overwrite', { 'Content-Digest': digest(large) }, wrong))
    const refused = await client.answer()
    t.equal(refused.status, 400)
    t.match(
      refused.text,
      /^digest_mismatch: The body does not match its Content-Digest \(sha-256\)\. Nothing was stored/,
    )
    await client.send(message('PUT', '/new', { 'Repr-Digest': digest('other') }, 'content'))
    t.equal((await client.answer()).status, 400)
    await client.send(message('GET', '/large'))
    t.ok((await client.answer()).body.equals(large))
    client.destroy()
    t.notOk(fs.existsSync(service.path('new')))
  })

  await t.test('chunks, byte by byte', async (t) => {
    const head = (field: string) =>
      message('PUT', '/chunked', { 'Transfer-Encoding': 'chunked', 'Content-Digest': field })
    for (const [field, status] of [
      [digest('Wikipedia!'), 400],
      [digest('Wikipedia'), 201],
    ] as const) {
      const client = await service.connect()
      await client.send(head(field), ...'4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n')
      t.equal((await client.answer()).status, status)
      client.destroy()
    }
    t.equal(read('chunked').toString(), 'Wikipedia')
  })

  await t.test('what cannot be read is refused before the body is sent', async (t) => {
    const client = await service.connect()
    await client.send(
      message('PUT', '/new', { Expect: '100-continue', 'Content-Length': '5', 'Content-Digest': 'sha-256=AAAA' }),
    )
    const answer = await client.answer()
    t.equal(answer.status, 400)
    t.match(answer.text, /^bad_parameter: /)
    client.destroy()
  })

  await t.test('a file with the digest that is wanted', async (t) => {
    for (const [target, content] of [
      ['/small.txt', Buffer.from('small')],
      ['/large', large],
    ] as const) {
      const ask = (method: string, wish: string, more = {}) =>
        service.ask(method, target, { 'Want-Repr-Digest': wish, ...more })
      const whole = await ask('GET', 'sha-256=10, sha-512=3')
      t.equal(whole.field('repr-digest'), digest(content))
      t.ok(whole.body.equals(content))
      t.equal((await ask('GET', 'sha-256=1, sha-512=3')).field('repr-digest'), digest(content, '512'))
      t.equal((await ask('HEAD', 'sha-256=1')).field('repr-digest'), digest(content))
      const part = await ask('GET', 'sha-256=1', { Range: 'bytes=1-3', 'Want-Content-Digest': 'sha-256=1' })
      t.equal(part.status, 206)
      t.ok(part.body.equals(content.subarray(1, 4)))
      t.equal(part.field('repr-digest'), digest(content), 'of the whole file')
      t.equal(part.field('content-digest'), undefined)
      t.equal((await ask('GET', 'sha-256=0, md5=10')).field('repr-digest'), undefined)
      t.equal((await service.ask('GET', target)).field('repr-digest'), undefined)
      const both = await ask('GET', 'sha-256=1', { 'Want-Content-Digest': 'sha-512=1' })
      t.equal(both.field('content-digest'), digest(content, '512'))
    }
  })

  await t.test('a digest is of what the file is now', async (t) => {
    const path = service.path('changing')
    const wish = { 'Want-Repr-Digest': 'sha-256=1' }
    for (const content of ['a', 'b', 'c'].map((text) => text.repeat(200_000))) {
      fs.writeFileSync(path, content)
      for (const _ of [1, 2]) {
        t.equal((await service.ask('GET', '/changing', wish)).field('repr-digest'), digest(content))
      }
    }
    const hourAgo = fs.statSync(path).mtimeMs / 1000 - 3600
    fs.utimesSync(path, hourAgo, hourAgo)
    for (const _ of [1, 2]) {
      t.equal((await service.ask('HEAD', '/changing', wish)).field('repr-digest'), digest('c'.repeat(200_000)))
    }
  })

  await t.test('a file too large for it is sent without', async (t) => {
    const answer = await service.ask('GET', '/larger', { 'Want-Repr-Digest': 'sha-256=10' })
    t.equal(answer.status, 200)
    t.equal(answer.body.length, large.length + 1)
    t.equal(answer.field('repr-digest'), undefined)
  })

  await t.test('no temporary is left', async (t) => t.same(service.temporaries(), []))
})
