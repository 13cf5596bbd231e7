/** Resumable uploads (tus 1.0.0): begun, gone on with, finished, and refused. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { test } from 'tap'
import { type Engine, engines, overSeveralLoops, type Service, startEngine, startOn } from '../../fixtures/engines.ts'
import { type Answer, type Fields, message } from '../../fixtures/raw-client.ts'
import { metadata, tus } from '../../fixtures/tus.ts'

const large = Buffer.from(Array.from({ length: 300_007 }, (_, i) => (i * 7) % 251))
const media = { 'Content-Type': 'application/offset+octet-stream' }
const digest = (bytes: Uint8Array | string) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
const sum = (algorithm: string, bytes: Uint8Array | string) =>
  `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`

overSeveralLoops(async (t, engine) => {
  const service = await startEngine(t, engine)
  const ask = (method: string, target: string, fields: Fields = {}, body?: string | Uint8Array) =>
    service.ask(method, target, { ...tus, ...fields }, body)
  const begin = async (length: number, pairs: Readonly<Record<string, string>>, fields: Fields = {}) => {
    const answer = await ask('POST', '/.twinserve/uploads', {
      'Upload-Length': `${length}`,
      'Upload-Metadata': metadata(pairs),
      ...fields,
    })
    t.equal(answer.status, 201, answer.text)
    return answer.field('location') as string
  }
  const add = (upload: string, offset: number, body: string | Uint8Array, fields: Fields = {}) =>
    ask('PATCH', upload, { 'Upload-Offset': `${offset}`, ...media, ...fields }, body)
  const read = (name: string) => fs.readFileSync(service.path(name))

  await t.test('what the server can do', async (t) => {
    for (const target of ['/.twinserve/uploads', '/.twinserve/uploads/x']) {
      const answer = await service.ask('OPTIONS', target)
      t.equal(answer.status, 204)
      t.equal(answer.field('tus-resumable'), '1.0.0')
      t.equal(answer.field('tus-version'), '1.0.0')
      t.equal(
        answer.field('tus-extension'),
        'creation,creation-with-upload,termination,checksum,expiration,concatenation',
      )
      t.equal(answer.field('tus-checksum-algorithm'), 'sha1,sha256,sha512')
    }
  })

  await t.test('in pieces', async (t) => {
    fs.mkdirSync(service.path('docs'))
    const at = await begin(large.length, { path: 'docs/größe.bin', filetype: 'x/y' })
    t.match(at, /^\/\.twinserve\/uploads\/[0-9a-f]{32}$/)
    const pieces = [0, 1, 100_000, 100_000, 300_006, large.length]
    for (const [i, from] of pieces.slice(0, -1).entries()) {
      const head = await ask('HEAD', at)
      t.equal(head.status, 200)
      t.equal(head.field('upload-offset'), `${from}`)
      t.equal(head.field('upload-length'), `${large.length}`)
      t.equal(head.field('cache-control'), 'no-store')
      t.match(head.field('upload-expires'), /GMT$/)
      t.equal(head.field('upload-metadata'), metadata({ path: 'docs/größe.bin', filetype: 'x/y' }))
      t.notOk(fs.existsSync(service.path('docs/größe.bin')), 'not there before it is whole')
      const next = pieces[i + 1] as number
      const answer = await add(at, from, large.subarray(from, next))
      t.equal(answer.status, 204)
      t.equal(answer.field('upload-offset'), `${next}`)
      t.equal(answer.field('upload-expires') === undefined, next === large.length)
    }
    t.ok(read('docs/größe.bin').equals(large))
    const head = await ask('HEAD', at)
    t.equal(head.field('upload-offset'), `${large.length}`)
    t.equal(head.field('upload-expires'), undefined)
    t.equal((await ask('DELETE', at)).status, 204)
    t.equal((await ask('HEAD', at)).status, 404)
    t.ok(read('docs/größe.bin').equals(large), 'the record is gone, the file is not')
  })

  await t.test('with its first bytes, with all of them, and with none', async (t) => {
    const first = await ask(
      'POST',
      '/.twinserve/uploads',
      { 'Upload-Length': '10', 'Upload-Metadata': metadata({ filename: 'with', dir: 'docs' }), ...media },
      'hello',
    )
    t.equal(first.status, 201)
    t.equal(first.field('upload-offset'), '5')
    t.equal((await add(first.field('location') as string, 5, 'world')).status, 204)
    t.equal(read('docs/with').toString(), 'helloworld')
    await begin(0, { path: 'empty' })
    t.equal(read('empty').length, 0)
  })

  await t.test('a name that is taken, before and meanwhile', async (t) => {
    fs.writeFileSync(service.path('taken'), 'old')
    const fields = { 'Upload-Length': '3', 'Upload-Metadata': metadata({ path: 'taken' }) }
    t.equal((await ask('POST', '/.twinserve/uploads', fields)).status, 409)
    const over = await begin(3, { path: 'taken', overwrite: 'true', mtime: '1600000000' })
    const late = await begin(3, { path: 'late' })
    t.equal((await service.ask('PUT', '/late', {}, 'theirs')).status, 201)
    const refused = await add(late, 0, 'our')
    t.equal(refused.status, 409)
    t.match(refused.text, /^exists: /)
    t.equal(refused.field('tus-resumable'), '1.0.0')
    t.equal((await ask('HEAD', late)).status, 404, 'its bytes are gone')
    t.equal(read('late').toString(), 'theirs')
    t.equal((await add(over, 0, 'new')).status, 204)
    t.equal(read('taken').toString(), 'new')
    t.equal(fs.statSync(service.path('taken')).mtimeMs, 1_600_000_000_000)
    t.equal((await service.ask('GET', '/taken')).text, 'new')
  })

  await t.test('checksums and digests', async (t) => {
    const at = await begin(large.length, { path: 'checked' }, { 'Repr-Digest': digest(large) })
    const piece = large.subarray(0, 200_000)
    t.equal((await add(at, 0, piece, { 'Upload-Checksum': sum('sha1', 'other') })).status, 460)
    t.equal((await ask('HEAD', at)).field('upload-offset'), '0')
    t.equal((await add(at, 0, piece, { 'Upload-Checksum': sum('sha256', piece) })).status, 204)
    t.equal((await add(at, piece.length, large.subarray(piece.length))).status, 204)
    t.ok(read('checked').equals(large))
    const wrong = await begin(5, { path: 'wrong' }, { 'Repr-Digest': digest('other') })
    const refused = await add(wrong, 0, 'hello')
    t.equal(refused.status, 400)
    t.match(refused.text, /^digest_mismatch: /)
    t.notOk(fs.existsSync(service.path('wrong')))
    t.equal((await ask('HEAD', wrong)).status, 404)
  })

  await t.test('what is refused', async (t) => {
    const at = await begin(5, { path: 'refused' })
    const rows: readonly (readonly [Promise<Answer>, number])[] = [
      [add(at, 1, 'hello'), 409],
      [add(at, 0, 'hello!'), 413],
      [add(at, 0, 'hello', { 'Content-Type': 'text/plain' }), 415],
      [add(at, 0, 'hello', { 'Tus-Resumable': '0.2.2' }), 412],
      [add(at, 0, 'hello', { 'Upload-Checksum': 'crc32 AAAAAA==' }), 400],
      [add(at, 0, 'hello', { Origin: 'http://elsewhere.example' }), 403],
      [ask('GET', at), 405],
      [ask('PATCH', `${at}x`, { 'Upload-Offset': '0', ...media }, 'x'), 404],
    ]
    for (const [answer, status] of rows) {
      const refused = await answer
      t.equal(refused.status, status)
      t.equal(refused.field('tus-resumable'), '1.0.0')
    }
    const disguised = { 'X-HTTP-Method-Override': 'PATCH', 'Upload-Offset': '0', ...media }
    t.equal((await ask('POST', at, disguised, 'hello')).status, 204)
    t.equal(read('refused').toString(), 'hello')
  })

  await t.test('Expect: 100-continue', async (t) => {
    const at = await begin(5, { path: 'expected' })
    const client = await service.connect()
    const fields = { ...tus, ...media, Expect: '100-continue', 'Content-Length': '5' }
    await client.send(message('PATCH', at, { ...fields, 'Upload-Offset': '0' }))
    t.equal((await client.answer()).status, 100)
    await client.send('hello')
    t.equal((await client.answer()).status, 204)
    await client.send(message('PATCH', at, { ...fields, 'Upload-Offset': '3' }))
    t.equal((await client.answer()).status, 409, 'refused before a byte of it is sent')
    client.destroy()
    t.equal(read('expected').toString(), 'hello')
  })

  await t.test('a connection that breaks: what has come is there', async (t) => {
    for (const how of ['end', 'reset'] as const) {
      const at = await begin(large.length, { path: `broken-${how}` })
      const client = await service.connect()
      const fields = { ...tus, ...media, 'Upload-Offset': '0', 'Content-Length': `${large.length}` }
      await client.send(message('PATCH', at, fields), large.subarray(0, 150_000))
      client.destroy(how)
      await client.ended
      let offset = 0
      // The engine learns of it in its own time. Until then somebody holds the upload, and takes in what still comes.
      for (;;) {
        offset = Number((await ask('HEAD', at)).field('upload-offset'))
        const answer = await add(at, offset, large.subarray(offset))
        if (answer.status === 204) break
        t.equal(answer.status, 409)
      }
      t.ok(offset <= 150_000, `${offset} bytes had come`)
      t.ok(read(`broken-${how}`).equals(large), how)
    }
  })

  await t.test('two who resume at once', async (t) => {
    for (let round = 0; round < 20; round += 1) {
      const at = await begin(large.length, { path: `both-${round}` })
      const answers = await Promise.all([1, 2].map(() => add(at, 0, large)))
      const statuses = answers.map(({ status }) => status).sort()
      t.ok(statuses.includes(204), `${statuses}`)
      for (const status of statuses) t.ok([204, 409, 423].includes(status), `${statuses}`)
      t.ok(read(`both-${round}`).equals(large))
    }
  })

  await t.test('put together from others', async (t) => {
    const partials: string[] = []
    for (const [from, to] of [
      [0, 100_000],
      [100_000, 100_000],
      [100_000, large.length],
    ] as const) {
      const at = await begin(to - from, {}, { 'Upload-Concat': 'partial', 'Upload-Metadata': undefined })
      if (to > from) t.equal((await add(at, 0, large.subarray(from, to))).status, 204)
      partials.push(at)
    }
    const final = { 'Upload-Concat': `final;${partials.join(' ')}`, 'Upload-Metadata': metadata({ path: 'together' }) }
    const made = await ask('POST', '/.twinserve/uploads', final)
    t.equal(made.status, 201)
    t.ok(read('together').equals(large))
    const head = await ask('HEAD', made.field('location') as string)
    t.equal(head.field('upload-offset'), `${large.length}`)
    t.equal(head.field('upload-concat'), final['Upload-Concat'])
    t.equal((await add(made.field('location') as string, 0, 'x')).status, 403)
    for (const at of partials) t.equal((await ask('HEAD', at)).status, 404)
  })

  await t.test('only what is not finished is left', async (t) => {
    t.same(service.temporaries(), [])
    const at = await begin(5, { path: 'ended' })
    t.equal((await ask('DELETE', at)).status, 204)
    t.equal((await ask('DELETE', at)).status, 404)
    t.notOk(fs.existsSync(service.path(at.slice(1))))
  })
})

test('begun on one engine, and finished on the other', async (t) => {
  for (const [first, second] of [engines, [...engines].reverse()] as [Engine, Engine][]) {
    const one = await startEngine(t, first)
    const fields = { ...tus, 'Upload-Length': `${large.length}`, 'Upload-Metadata': metadata({ path: 'passed' }) }
    const at = (await one.ask('POST', '/.twinserve/uploads', fields)).field('location') as string
    const part = large.subarray(0, 100_001)
    const add = { ...tus, ...media, 'Upload-Offset': '0' }
    t.equal((await one.ask('PATCH', at, add, part)).status, 204)
    await one.server.stop()
    const two = await startOn(t, second, one.root)
    t.equal((await two.ask('HEAD', at, tus)).field('upload-offset'), '100001')
    t.equal((await two.ask('PATCH', at, { ...add, 'Upload-Offset': '100001' }, large.subarray(100_001))).status, 204)
    t.ok(fs.readFileSync(two.path('passed')).equals(large), `${first.name}, then ${second.name}`)
    const both = await startOn(t, first, one.root)
    t.equal((await both.ask('HEAD', at, tus)).field('upload-offset'), `${large.length}`)
  }
})

test('servers of both engines on one directory', async (t) => {
  const services = [await startEngine(t, engines[0] as Engine)]
  services.push(await startOn(t, engines[1] as Engine, (services[0] as Service).root))
  const fields = { ...tus, 'Upload-Length': `${large.length}`, 'Upload-Metadata': metadata({ path: 'shared' }) }
  const at = (await (services[0] as Service).ask('POST', '/.twinserve/uploads', fields)).field('location') as string
  let offset = 0
  for (let turn = 0; offset < large.length; turn += 1) {
    const service = services[turn % 2] as Service
    const next = Math.min(large.length, offset + 33_333)
    const add = { ...tus, ...media, 'Upload-Offset': `${offset}` }
    t.equal((await service.ask('PATCH', at, add, large.subarray(offset, next))).status, 204)
    offset = next
  }
  t.ok(fs.readFileSync((services[0] as Service).path('shared')).equals(large))
})
