/** Storing with `PUT` (RFC 9110, section 9.3.4): new, existing, conditional, chunked, awaited, and cut off. */
import fs from 'node:fs'
import { overEachTransport, startEngine } from '../../fixtures/engines.ts'
import { message } from '../../fixtures/raw-client.ts'

const future = 'Fri, 31 Dec 2049 23:59:59 GMT'
const past = 'Sun, 06 Nov 1994 08:49:37 GMT'

overEachTransport(async (t, engine) => {
  const service = await startEngine(t, engine)
  const read = (name: string) => fs.readFileSync(service.path(name), 'utf8')
  fs.mkdirSync(service.path('folder'))

  await t.test('a new name', async (t) => {
    const answer = await service.ask('PUT', '/folder/new%20name.txt', {}, 'content')
    t.equal(answer.status, 201)
    t.equal(answer.field('location'), '/folder/new%20name.txt')
    t.equal(read('folder/new name.txt'), 'content')
    t.equal(answer.field('etag'), (await service.ask('HEAD', '/folder/new%20name.txt')).field('etag'))
  })

  await t.test('an empty file', async (t) => {
    t.equal((await service.ask('PUT', '/empty', {}, '')).status, 201)
    t.equal(read('empty'), '')
  })

  await t.test('a large one', async (t) => {
    const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256))
    t.equal((await service.ask('PUT', '/large', {}, large)).status, 201)
    t.ok(fs.readFileSync(service.path('large')).equals(large))
  })

  await t.test('a name that exists is refused, and stays as it was', async (t) => {
    fs.writeFileSync(service.path('a'), 'old')
    t.equal((await service.ask('PUT', '/a', {}, 'new')).status, 409)
    t.equal(read('a'), 'old')
  })

  await t.test('?overwrite and Overwrite: T replace it', async (t) => {
    fs.writeFileSync(service.path('a'), 'old')
    t.equal((await service.ask('PUT', '/a?overwrite', {}, 'new')).status, 204)
    t.equal(read('a'), 'new')
    t.equal((await service.ask('PUT', '/a', { Overwrite: 'T' }, 'newer')).status, 204)
    t.equal((await service.ask('PUT', '/a', { Overwrite: 'F' }, 'newest')).status, 409)
    t.equal(read('a'), 'newer')
    t.equal((await service.ask('PUT', '/fresh?overwrite', {}, 'new')).status, 201)
  })

  await t.test('If-Match replaces only what was seen', async (t) => {
    fs.writeFileSync(service.path('m'), 'old')
    const etag = (await service.ask('HEAD', '/m')).field('etag') as string
    t.equal((await service.ask('PUT', '/m', { 'If-Match': '"other"' }, 'new')).status, 412)
    t.equal((await service.ask('PUT', '/m', { 'If-Match': `W/${etag}` }, 'new')).status, 412)
    t.equal(read('m'), 'old')
    const stored = await service.ask('PUT', '/m', { 'If-Match': etag }, 'new')
    t.equal(stored.status, 204)
    t.equal(read('m'), 'new')
    t.equal((await service.ask('PUT', '/m', { 'If-Match': etag }, 'late')).status, 412, 'it has changed since')
    t.equal((await service.ask('PUT', '/m', { 'If-Match': stored.field('etag') ?? '' }, 'next')).status, 204)
    t.equal((await service.ask('PUT', '/m', { 'If-Match': '*' }, 'any')).status, 204)
    t.equal((await service.ask('PUT', '/absent', { 'If-Match': '*' }, 'x')).status, 412)
    t.notOk(fs.existsSync(service.path('absent')))
  })

  await t.test('If-None-Match: * stores only what is new', async (t) => {
    fs.writeFileSync(service.path('n'), 'old')
    t.equal((await service.ask('PUT', '/n', { 'If-None-Match': '*' }, 'new')).status, 412)
    t.equal((await service.ask('PUT', '/n?overwrite', { 'If-None-Match': '*' }, 'new')).status, 412)
    t.equal(read('n'), 'old')
    t.equal((await service.ask('PUT', '/n2', { 'If-None-Match': '*' }, 'new')).status, 201)
  })

  await t.test('If-Unmodified-Since', async (t) => {
    fs.writeFileSync(service.path('u'), 'old')
    t.equal((await service.ask('PUT', '/u', { 'If-Unmodified-Since': past }, 'new')).status, 412)
    t.equal((await service.ask('PUT', '/u', { 'If-Unmodified-Since': future }, 'new')).status, 204)
  })

  await t.test('where nothing can be stored', async (t) => {
    const rows = [
      ['/folder', 409],
      ['/folder/', 409],
      ['/', 409],
      ['/none/inner', 409],
      ['/a/inner', 409],
      ['/.twinserve/x', 403],
      ['/%2Etwinserve/x', 403],
      ['/.TwinServe', 403],
      [`/${'n'.repeat(256)}`, 400],
    ] as const
    for (const [target, status] of rows) {
      t.equal((await service.ask('PUT', `${target}?overwrite`, {}, 'x')).status, status, target)
    }
    t.equal((await service.ask('PUT', '/part', { 'Content-Range': 'bytes 0-0/9' }, 'x')).status, 400)
    t.equal((await service.ask('PUT', '/unframed')).status, 411)
    t.notOk(fs.existsSync(service.path('part')))
    t.notOk(fs.existsSync(service.path('unframed')))
  })

  await t.test('chunks, however they are cut', async (t) => {
    const head = message('PUT', '/chunked', { 'Transfer-Encoding': 'chunked', Connection: 'close' }).toString('latin1')
    const bytes = `${head}4\r\nWiki\r\n6;name="va;l\\"ue"\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n`
    for (const size of [1, 7, bytes.length]) {
      const client = await service.connect()
      await client.send(...(bytes.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []))
      t.equal((await client.answer()).status, 201)
      t.equal(read('chunked'), 'Wikipedia in \r\n\r\nchunks.')
      fs.unlinkSync(service.path('chunked'))
      client.destroy()
    }
  })

  await t.test('Expect: 100-continue: asked for only when the body is wanted', async (t) => {
    const client = await service.connect()
    const expecting = (target: string, length: number) =>
      message('PUT', target, { Expect: '100-continue', 'Content-Length': `${length}` })
    await client.send(expecting('/expected', 5))
    t.equal((await client.answer()).status, 100)
    await client.send('hello')
    t.equal((await client.answer()).status, 201)
    t.equal(read('expected'), 'hello')
    await client.send(expecting('/expected', 5))
    t.equal((await client.answer()).status, 409, 'refused before a byte of it is sent')
    t.equal(await client.ended, 'end', 'nobody can tell whether the body will come')
    client.destroy()
    t.equal((await service.ask('PUT', '/odd', { Expect: '200-maybe' }, 'x')).status, 417)
    t.equal(
      (await service.ask('PUT', '/at-once', { Expect: '100-continue' }, 'here')).status,
      201,
      'not asked for twice',
    )
  })

  await t.test('an upload that is cut off leaves what was there', async (t) => {
    fs.writeFileSync(service.path('cut'), 'old')
    const cuts: readonly (readonly [name: string, bytes: Buffer])[] = [
      ['a length that is not reached', message('PUT', '/cut?overwrite', { 'Content-Length': '100' }, 'half')],
      ['chunks without an end', message('PUT', '/cut?overwrite', { 'Transfer-Encoding': 'chunked' }, '4\r\nhalf\r\n')],
      ['half a chunk', message('PUT', '/cut2', { 'Transfer-Encoding': 'chunked' }, '9\r\nhalf')],
    ]
    for (const [name, bytes] of cuts) {
      const client = await service.connect()
      await client.send(bytes)
      client.end()
      t.equal((await client.answer()).status, 400, name)
      t.equal(await client.ended, 'end')
      client.destroy()
    }
    const client = await service.connect()
    await client.send(message('PUT', '/cut?overwrite', { 'Content-Length': '1000000' }, 'x'.repeat(100_000)))
    client.destroy('reset')
    await client.ended
    // The engine learns of it in its own time: another request on the same name comes after it has.
    t.equal((await service.ask('GET', '/cut')).text, 'old')
    t.notOk(fs.existsSync(service.path('cut2')))
    while (service.temporaries().length > 0) await service.ask('GET', '/cut')
  })

  await t.test('two uploads of one new name at once: one is stored, whole', async (t) => {
    const [one, two] = await Promise.all([
      service.ask('PUT', '/race', {}, 'one'.repeat(50_000)),
      service.ask('PUT', '/race', {}, 'two'.repeat(50_000)),
    ])
    t.same([one.status, two.status].sort(), [201, 409])
    t.equal(read('race'), (one.status === 201 ? 'one' : 'two').repeat(50_000))
  })

  await t.test('no temporary is left', async (t) => t.same(service.temporaries(), []))
})
