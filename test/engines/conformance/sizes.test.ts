/** Files of every size at which a buffer ends: as long as it, one byte shorter, one longer. */
import fs from 'node:fs'
import { bufferSize, loanSize } from '../../../src/core/buffers.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { type Answer, message } from '../../fixtures/raw-client.ts'

/** What `recv` reads at a time, and what libuv does. */
const receiveBytes = 64 * 1024
/** What the event-loop engine reads of a file at a time. */
const pumpBytes = 512 * 1024

const ends = [
  ...new Set([loanSize, bufferSize, receiveBytes, defaultLimits.cachedFile, defaultLimits.sendPiece, pumpBytes]),
]
const sizes = [0, 1, 2, ...ends.flatMap((end) => [end - 1, end, end + 1])]

function contentOf(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 8) + (at >> 16)) % 256
  return bytes
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { cacheBytes: 2 ** 20 })
  const same = (name: string, content: Buffer) => fs.readFileSync(service.path(name)).equals(content)

  await t.test('PUT, GET, COPY, and a range from the last byte', async (t) => {
    for (const size of sizes) {
      const content = contentOf(size)
      t.equal((await service.ask('PUT', `/put${size}`, {}, content)).status, 201, `${size}: PUT`)
      t.ok(same(`put${size}`, content), `${size}: stored`)
      for (const which of ['first', 'second, from the cache if it fits']) {
        t.ok((await service.ask('GET', `/put${size}`)).body.equals(content), `${size}: GET, the ${which}`)
      }
      const copied = await service.ask('COPY', `/put${size}`, { Destination: `/copy${size}` })
      t.equal(copied.status, 201, `${size}: COPY`)
      t.ok(same(`copy${size}`, content), `${size}: copied`)
      if (size === 0) continue
      const last = await service.ask('GET', `/put${size}`, { Range: 'bytes=-1' })
      t.equal(last.status, 206)
      t.ok(last.body.equals(content.subarray(-1)), `${size}: the last byte`)
    }
  })

  await t.test('the body by itself, so that it begins where a buffer begins', async (t) => {
    const client = await service.connect()
    const send = async (name: string, content: Buffer): Promise<Answer> => {
      const length = `${content.length}`
      await client.send(message('PUT', `/${name}`, { Expect: '100-continue', 'Content-Length': length }))
      // An empty body is not waited for.
      if (content.length > 0) t.equal((await client.answer()).status, 100)
      await client.send(content)
      return await client.answer()
    }
    for (const size of sizes) {
      const content = contentOf(size)
      t.equal((await send(`alone${size}`, content)).status, 201, `${size}: PUT`)
      t.ok(same(`alone${size}`, content), `${size}: stored`)
    }
    client.destroy()
  })

  await t.test('the header section and the body, so that both end where a buffer ends', async (t) => {
    const client = await service.connect()
    for (const whole of [receiveBytes - 1, receiveBytes, receiveBytes + 1, 2 * receiveBytes]) {
      const head = message('PUT', `/whole${whole}`, { 'Content-Length': '100000' })
      const content = contentOf(whole - head.length)
      const length = `${content.length}`.padStart(6, '0')
      const request = message('PUT', `/whole${whole}`, { 'Content-Length': length }, content)
      t.equal(request.length, whole)
      await client.send(request, message('GET', `/whole${whole}`))
      t.equal((await client.answer()).status, 201, `${whole}: PUT`)
      t.ok((await client.answer()).body.equals(content), `${whole}: and the request behind it`)
      t.ok(same(`whole${whole}`, content), `${whole}: stored`)
    }
    client.destroy()
  })

  await t.test('one chunk, and one byte more', async (t) => {
    for (const size of sizes.slice(1)) {
      const content = contentOf(size + 1)
      const bytes = [
        `${size.toString(16)}\r\n`,
        content.subarray(0, size),
        '\r\n1\r\n',
        content.subarray(size),
        '\r\n0\r\n\r\n',
      ]
      const body = Buffer.concat(bytes.map((piece) => Buffer.from(piece)))
      const answer = await service.ask('PUT', `/chunked${size}`, { 'Transfer-Encoding': 'chunked' }, body)
      t.equal(answer.status, 201, `${size}: PUT`)
      t.ok(same(`chunked${size}`, content), `${size}: stored`)
    }
  })

  await t.test('a form, whose boundary then lies across the end', async (t) => {
    for (const size of sizes) {
      const content = contentOf(size)
      const part = `--xyz\r\nContent-Disposition: form-data; name="f"; filename="form${size}"\r\n\r\n`
      const body = Buffer.concat([Buffer.from(part), content, Buffer.from('\r\n--xyz--\r\n')])
      const fields = { 'Content-Type': 'multipart/form-data; boundary=xyz' }
      t.equal((await service.ask('POST', '/', fields, body)).status, 201, `${size}: POST`)
      t.ok(same(`form${size}`, content), `${size}: stored`)
    }
  })
})
