/** What a stored file is besides its content: its time, its permissions, and how much of it there may be. */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { message } from '../../fixtures/raw-client.ts'

forEachEngine(async (t, engine) => {
  await t.test('the time that the client gives', async (t) => {
    const service = await startEngine(t, engine)
    const put = (name: string, time: string) => service.ask('PUT', name, { 'X-OC-Mtime': time }, 'body')
    const stored = await put('/n', '1234567890.25')
    t.equal(stored.status, 201)
    t.equal(stored.field('x-oc-mtime'), 'accepted')
    t.equal(fs.statSync(service.path('n'), { bigint: true }).mtimeNs / 1000n, 1_234_567_890_250_000n)
    const seen = await service.ask('HEAD', '/n')
    t.equal(seen.field('last-modified'), 'Fri, 13 Feb 2009 23:31:30 GMT')
    t.equal(seen.field('etag'), stored.field('etag'))
    const again = await put('/n?overwrite', '1234567890.25')
    t.equal(again.status, 204)
    t.not(again.field('etag'), stored.field('etag'), 'another version, though of one size and one time')
    t.equal(Math.trunc(fs.statSync(service.path('n')).mtimeMs), 1_234_567_890_250)
    t.match(await put('/m', 'yesterday'), { status: 400, text: /^bad_parameter: / })
    t.notOk(fs.existsSync(service.path('m')))
  })

  await t.test('permissions stay, and go along', async (t) => {
    const service = await startEngine(t, engine)
    const permissions = (name: string) => fs.statSync(service.path(name)).mode & 0o777
    fs.writeFileSync(service.path('secret'), 'old', { mode: 0o600 })
    fs.writeFileSync(service.path('tool'), 'old')
    fs.chmodSync(service.path('tool'), 0o755)
    t.equal((await service.ask('PUT', '/secret?overwrite', {}, 'new')).status, 204)
    t.equal(permissions('secret'), 0o600)
    t.equal((await service.ask('COPY', '/tool', { Destination: '/copy' })).status, 201)
    t.equal(permissions('copy'), 0o755)
  })

  await t.test('the largest file', async (t) => {
    const service = await startEngine(t, engine, { maxUploadSize: 1000 })
    t.equal((await service.ask('PUT', '/n', {}, 'x'.repeat(1000))).status, 201)
    t.match(await service.ask('PUT', '/m', {}, 'x'.repeat(1001)), { status: 413, text: /at most 1000 bytes/ })
    const client = await service.connect()
    await client.send(message('PUT', '/m', { 'Content-Length': '1001', Expect: '100-continue' }))
    t.equal((await client.answer()).status, 413, 'before the body is sent')
    client.destroy()
    const chunked = `400\r\n${'x'.repeat(1024)}\r\n0\r\n\r\n`
    t.equal((await service.exchange(message('PUT', '/m', { 'Transfer-Encoding': 'chunked' }) + chunked)).status, 413)
    t.strictSame(Object.keys(service.tree()), ['n'])
    t.strictSame(service.temporaries(), [])
  })

  await t.test('all files together', async (t) => {
    const service = await startEngine(t, engine, { quota: 1000, limits: { quotaRecount: 0 } })
    fs.writeFileSync(service.path('mine'), 'x'.repeat(400))
    t.equal((await service.ask('PUT', '/n', {}, 'x'.repeat(600))).status, 201)
    t.match(await service.ask('PUT', '/m', {}, 'x'), {
      status: 507,
      text: /^quota_exceeded: .*: 0 of 1000 bytes are left/,
    })
    t.equal((await service.ask('COPY', '/mine', { Destination: '/copy' })).status, 507)
    fs.unlinkSync(service.path('mine'))
    let status = 507
    // A count is made anew only after fifty times what the last one took.
    while (status === 507) status = (await service.ask('PUT', '/m', {}, 'x'.repeat(400))).status
    t.equal(status, 201, 'others have made room')
    t.equal((await service.ask('DELETE', '/n')).status, 204)
    t.equal((await service.ask('PUT', '/n', {}, 'x'.repeat(600))).status, 201)
    t.strictSame(service.temporaries(), [])
  })

  await t.test('without flushing', async (t) => {
    const service = await startEngine(t, engine, { fsync: false })
    t.equal((await service.ask('PUT', '/n', {}, 'body')).status, 201)
    t.strictSame(service.tree(), { n: 'file body' })
  })
})
