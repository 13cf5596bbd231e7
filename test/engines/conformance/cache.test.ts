/** The cache of small files: what it serves is never older than it may be, and its own changes are seen at once. */
import fs from 'node:fs'
import { forEachEngine, overSeveralLoops, type Service, startEngine } from '../../fixtures/engines.ts'
import { message } from '../../fixtures/raw-client.ts'

const cacheFresh = 150

/** Ask until the answer is another: it must come, or the test runs into its own timeout. */
async function changed(service: Service, target: string, from: string): Promise<string> {
  for (;;) {
    const { text } = await service.ask('GET', target)
    if (text !== from) return text
  }
}

forEachEngine(async (t, engine) => {
  await t.test('it is really there: a foreign change within the time is not seen', async (t) => {
    const service = await startEngine(t, engine, { cacheBytes: 1 << 20, limits: { cacheFresh: 60_000 } })
    const text = async () => (await service.ask('GET', '/cached')).text
    const write = (content: string) => fs.writeFileSync(service.path('cached'), content)
    write('old')
    t.equal(await text(), 'old')
    write('new')
    t.equal(await text(), 'old')
    const head = await service.ask('HEAD', '/cached')
    t.equal((await service.ask('GET', '/cached', { 'If-None-Match': head.field('etag') ?? '' })).status, 304)
  })
})

overSeveralLoops(async (t, engine) => {
  const service = await startEngine(t, engine, { cacheBytes: 1 << 20, limits: { cacheFresh: 60_000 } })
  const text = async (target: string) => (await service.ask('GET', target)).text
  const write = (name: string, content: string) => fs.writeFileSync(service.path(name), content)

  await t.test('what the server changes itself is seen at once', async (t) => {
    fs.mkdirSync(service.path('d'))
    write('d/f', 'one')
    t.equal(await text('/d/f'), 'one')
    await service.ask('PUT', '/d/f?overwrite', {}, 'two')
    t.equal(await text('/d/f'), 'two')
    await service.ask('MOVE', '/d/f', { Destination: '/d/g' })
    t.equal((await service.ask('GET', '/d/f')).status, 404)
    t.equal(await text('/d/g'), 'two')
    await service.ask('MOVE', '/d', { Destination: '/e' })
    t.equal((await service.ask('GET', '/d/g')).status, 404)
    t.equal(await text('/e/g'), 'two')
    await service.ask('PUT', '/e/h', {}, 'three')
    t.equal(await text('/e/h'), 'three')
    await service.ask('COPY', '/e/g', { Destination: '/e/h', Overwrite: 'T' })
    t.equal(await text('/e/h'), 'two')
    const form = { 'Content-Type': 'multipart/form-data; boundary=b' }
    const body = '--b\r\nContent-Disposition: form-data; name=f; filename=h\r\n\r\nfour\r\n--b--\r\n'
    await service.ask('POST', '/e/?overwrite', form, body)
    t.equal(await text('/e/h'), 'four')
    await service.ask('GET', '/delete=e/h')
    t.equal((await service.ask('GET', '/e/h')).status, 404)
    await service.ask('DELETE', '/e?recursive')
    t.equal((await service.ask('GET', '/e/g')).status, 404)
  })

  await t.test('on one connection, too, pipelined', async (t) => {
    write('p', 'one')
    const client = await service.connect()
    const put = message('PUT', '/p?overwrite', {}, 'two')
    await client.send(
      Buffer.concat([message('GET', '/p'), put, message('GET', '/p'), message('DELETE', '/p'), message('GET', '/p')]),
    )
    t.equal((await client.answer()).text, 'one')
    t.equal((await client.answer()).status, 204)
    t.equal((await client.answer()).text, 'two')
    t.equal((await client.answer()).status, 204)
    t.equal((await client.answer()).status, 404)
    client.destroy()
  })

  await t.test('a directory that takes the place of a file, and a file that of a directory', async (t) => {
    write('x', 'file')
    t.equal(await text('/x'), 'file')
    await service.ask('DELETE', '/x')
    await service.ask('MKCOL', '/x')
    t.equal((await service.ask('GET', '/x')).status, 301)
    await service.ask('DELETE', '/x')
    await service.ask('PUT', '/x', {}, 'file again')
    t.equal(await text('/x'), 'file again')
  })

  await t.test('a file that is reached through a link is not kept under the name of the link', async (t) => {
    write('target', 'one')
    fs.symlinkSync('target', service.path('link'))
    t.equal(await text('/link'), 'one')
    await service.ask('PUT', '/target?overwrite', {}, 'two')
    t.equal(await text('/link'), 'two')
  })
})

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { cacheBytes: 1 << 20, limits: { cacheFresh } })

  await t.test('a change that somebody else makes is seen when the time is over', async (t) => {
    fs.writeFileSync(service.path('f'), 'old')
    t.equal((await service.ask('GET', '/f')).text, 'old')
    // Of another size: in one tick of the kernel's clock both have one time.
    fs.writeFileSync(service.path('f'), 'newer')
    t.equal(await changed(service, '/f', 'old'), 'newer')
    fs.unlinkSync(service.path('f'))
    t.match(await changed(service, '/f', 'newer'), /^not_found/)
  })

  await t.test('a file that is the same is served on', async (t) => {
    fs.writeFileSync(service.path('same'), 'same')
    const first = await service.ask('GET', '/same')
    const until = performance.now() + 2 * cacheFresh
    while (performance.now() < until) t.equal((await service.ask('GET', '/same')).text, 'same')
    t.equal((await service.ask('HEAD', '/same')).field('etag'), first.field('etag'))
  })
})
