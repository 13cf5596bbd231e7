/**
 * Uploads that do not come to their end: the client is gone, the body is not what it was said to be.
 *
 * Each is over when its line is in the log. Then what was there must be there as it was, nothing may be left over, and
 * the server must answer.
 */
import fs from 'node:fs'
import type { Test } from 'tap'
import { overEachTransport, type Service, startEngine } from '../../fixtures/engines.ts'
import { LogLines } from '../../fixtures/log-lines.ts'
import { type Ending, type Fields, message, RawClient } from '../../fixtures/raw-client.ts'

const size = 150_000
const old = 'what was there'
const content = Buffer.from(Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 256))

/** A way to send `content` to be stored as `name`, and `name` with `.first` before it. */
interface Way {
  readonly name: string
  readonly method: string
  readonly fields: Fields
  readonly body: Buffer
  /** The name is that of a file in a form, and the request goes to the directory. */
  readonly form?: boolean
}

function chunked(bytes: Buffer): Buffer {
  const piece = 10_000
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += piece) {
    const chunk = bytes.subarray(at, at + piece)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}

function form(names: readonly string[]): Buffer {
  const part = (name: string) => [
    Buffer.from(`--xyz\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ]
  return Buffer.concat([...names.flatMap(part), Buffer.from('--xyz--\r\n')])
}

const multipart = { 'Content-Type': 'multipart/form-data; boundary=xyz' }

/** Every way in, for a name. */
function ways(name: string): Way[] {
  const twoFiles = form([`${name}.first`, name])
  return [
    { name: 'PUT', method: 'PUT', fields: { 'Content-Length': `${size}` }, body: content },
    { name: 'chunks', method: 'PUT', fields: { 'Transfer-Encoding': 'chunked' }, body: chunked(content) },
    {
      name: 'a form',
      method: 'POST',
      fields: { ...multipart, 'Content-Length': `${twoFiles.length}` },
      body: twoFiles,
      form: true,
    },
  ]
}

const wayCount = ways('').length

overEachTransport(async (t, engine) => {
  const log = await LogLines.open(t)
  const service = await startEngine(t, engine, { logFormat: 'json', logFile: log.file })
  let cases = 0

  /** A name that no other case has, whether or not something has it. */
  const begin = (replacing: boolean) => {
    cases += 1
    const name = `case${cases}`
    if (replacing) fs.writeFileSync(service.path(name), old)
    return { name, before: replacing ? old : undefined, query: `?overwrite&${name}` }
  }

  await t.test('the client is gone within the body', async (t) => {
    for (let sixteenth = 0; sixteenth < 16; sixteenth += 1) {
      for (let which = 0; which < wayCount; which += 1) {
        for (const replacing of [false, true]) {
          for (const how of ['end', 'reset'] as const) {
            const { name, before, query } = begin(replacing)
            const way = ways(name)[which] as Way
            const target = `${way.form ? '/' : `/${name}`}${query}`
            const sent = way.body.subarray(0, Math.floor((way.body.length * sixteenth) / 16))
            await abandon(service, [message(way.method, target, way.fields), sent], how)
            const { status } = await log.of(target)
            const what = `${way.name}, ${replacing ? 'replacing' : 'new'}, ${sixteenth}/16, ${how}`
            // libuv takes a reset that comes together with bytes for an end.
            t.ok(status === 400 || (how === 'reset' && status === 0), `${what}: ${status}`)
            await asBefore(t, service, name, before, what)
            const first = contentOf(service, `${name}.first`)
            t.ok(first === undefined || first === content.toString('latin1'), `${what}: the file before it is whole`)
          }
        }
      }
    }
  })

  await t.test('the client is gone behind the body, and does not wait for the answer', async (t) => {
    for (let which = 0; which < wayCount; which += 1) {
      for (const replacing of [false, true]) {
        for (const how of ['end', 'reset'] as const) {
          const { name, query } = begin(replacing)
          const way = ways(name)[which] as Way
          const target = `${way.form ? '/' : `/${name}`}${query}`
          await abandon(service, [message(way.method, target, way.fields), way.body], how)
          const { status } = await log.of(target)
          const what = `${way.name}, ${replacing ? 'replacing' : 'new'}, ${how}`
          // A reset may overtake what is on its way. Then it is as if it had come within the body.
          const stored = status === 201 || status === 204
          if (how === 'end') t.ok(stored, `${what}: stored`)
          await asBefore(t, service, name, stored ? content.toString('latin1') : replacing ? old : undefined, what)
        }
      }
    }
  })

  await t.test('the connection is reset during an answer: what was acknowledged on it stays', async (t) => {
    fs.writeFileSync(service.path('large'), Buffer.alloc(32 * 1024 * 1024))
    const client = await service.connect()
    await client.send(message('PUT', '/kept', {}, content), message('GET', '/large?reset'))
    t.equal((await client.answer()).status, 201)
    client.pause()
    client.destroy('reset')
    t.equal((await log.of('/large?reset')).status, 200)
    await asBefore(t, service, 'kept', content.toString('latin1'), 'reset during an answer')
  })

  await t.test('the connection is reset as soon as something is asked: its place is free for others', async (t) => {
    const hour = 3_600_000
    const limits = { connections: 4, connectionsPerAddress: 4, sendStall: hour, idleTime: hour }
    const few = await startEngine(t, engine, { limits })
    fs.writeFileSync(few.path('large'), Buffer.alloc(4 * 1024 * 1024))
    for (let nth = 0; nth < 12; nth += 1) {
      // Over TLS the session tickets are not written yet, or cannot be.
      const client = await RawClient.connect(few.where, { tickets: false })
      const asked =
        nth % 2 === 0 ? message('GET', '/large') : message('PUT', `/${nth}`, { 'Content-Length': '9' }, 'some')
      await client.send(asked)
      client.destroy('reset')
    }
    // The server hears of it when it comes to it.
    while ((await few.ask('GET', '/')).status === 503);
    t.strictSame(few.temporaries(), [])
  })

  await t.test('the client is gone when it is told to go on', async (t) => {
    for (const replacing of [false, true]) {
      for (const how of ['end', 'reset'] as const) {
        const { name, before, query } = begin(replacing)
        const target = `/${name}${query}`
        const client = await service.connect()
        await client.send(message('PUT', target, { Expect: '100-continue', 'Content-Length': `${size}` }))
        t.equal((await client.answer()).status, 100)
        client.destroy(how)
        await log.of(target)
        await asBefore(t, service, name, before, `${replacing ? 'replacing' : 'new'}, ${how}`)
      }
    }
  })

  /** Send a body that is refused, and end our side behind it. */
  const refused = async (t: Test, what: string, fields: Fields, body: Buffer, method = 'PUT') => {
    for (const replacing of [false, true]) {
      const { name, before, query } = begin(replacing)
      const target = `${method === 'PUT' ? `/${name}` : '/'}${query}`
      const renamed = method === 'PUT' ? body : Buffer.from(body.toString('latin1').replace('NAME', name), 'latin1')
      const client = await service.connect()
      await client.send(message(method, target, fields, renamed))
      client.end()
      t.equal((await client.answer()).status, 400, what)
      client.destroy()
      await log.of(target)
      await asBefore(t, service, name, before, what)
    }
  }

  await t.test('a body that is shorter than was said', async (t) => {
    await refused(t, 'a length', { 'Content-Length': `${size + 1}` }, content)
    await refused(t, 'no last chunk', { 'Transfer-Encoding': 'chunked' }, chunked(content).subarray(0, -5))
    await refused(t, 'a chunk', { 'Transfer-Encoding': 'chunked' }, Buffer.from('5\r\nfour\r\n0\r\n\r\n'))
    await refused(t, 'no last boundary', multipart, form(['NAME']).subarray(0, -9), 'POST')
  })

  await t.test('a body that is longer than was said', async (t) => {
    await refused(t, 'a chunk', { 'Transfer-Encoding': 'chunked' }, Buffer.from('4\r\nfives\r\n0\r\n\r\n'))
    const { name, query } = begin(false)
    const client = await service.connect()
    const longer = Buffer.concat([content, Buffer.from('and\r\nthen some\r\n\r\n')])
    await client.send(message('PUT', `/${name}${query}`, { 'Content-Length': `${size}` }, longer))
    t.equal((await client.answer()).status, 201, 'so long is the file')
    t.equal((await client.answer()).status, 400, 'what comes behind it is no request')
    t.equal(await client.ended, 'end')
    client.destroy()
    await asBefore(t, service, name, content.toString('latin1'), 'a length')
  })

  await t.test('a body that has another digest', async (t) => {
    const digest = `sha-256=:${Buffer.alloc(32).toString('base64')}:`
    for (const field of ['Content-Digest', 'Repr-Digest']) {
      await refused(t, field, { [field]: digest }, content)
      await refused(t, field, { [field]: digest, 'Transfer-Encoding': 'chunked' }, chunked(content))
      await refused(t, `${field} of nothing`, { [field]: digest }, Buffer.alloc(0))
    }
  })
})

/** Send this much, and be gone. */
async function abandon(service: Service, pieces: readonly Buffer[], how: Ending): Promise<void> {
  const client = await service.connect()
  await client.send(...pieces)
  client.destroy(how)
}

function contentOf(service: Service, name: string): string | undefined {
  return fs.existsSync(service.path(name)) ? fs.readFileSync(service.path(name), 'latin1') : undefined
}

/** A name has this content, or none; nothing is left over; and the server says the same. */
async function asBefore(t: Test, service: Service, name: string, wanted: string | undefined, what: string) {
  t.ok(contentOf(service, name) === wanted, `${what}: the file`)
  t.strictSame(service.temporaries(), [], `${what}: nothing is left over`)
  const answer = await service.ask('GET', `/${name}`)
  t.equal(answer.status, wanted === undefined ? 404 : 200, `${what}: served`)
  if (wanted !== undefined) t.ok(answer.body.toString('latin1') === wanted, `${what}: as it is`)
}
