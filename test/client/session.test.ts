/** Calls of a session, as programs make them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { EntryObject } from '../../src/client/index.ts'
import { clientOf, failureOf } from '../fixtures/clients.ts'
import { forEachEngine, startEngine, startOn } from '../fixtures/engines.ts'
import { proxy } from '../fixtures/proxy.ts'

forEachEngine(async (t, engine) => {
  await t.test('each call', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    t.equal((await client.hello()).protocol, 'twinserve.v1')
    t.equal(await client.mkdir('docs'), '/docs')
    t.equal(await client.cd('docs'), '/docs')
    t.equal(await client.pwd(), '/docs')
    writeFileSync(service.path('docs', 'a.txt'), 'hello')
    t.match(await client.stat('a.txt'), { path: '/docs/a.txt', kind: 'file', size: 5, etag: /^"/ })
    t.same(await client.copy('a.txt', '../b.txt'), { from: '/docs/a.txt', to: '/b.txt', replaced: false })
    t.same(await client.move('/b.txt', '.'), { from: '/b.txt', to: '/docs/b.txt', replaced: false })
    t.same(await client.rename('b.txt', 'a.txt', { overwrite: true }), {
      from: '/docs/b.txt',
      to: '/docs/a.txt',
      replaced: true,
    })
    t.match(await client.list(), { path: '/docs', total: 1, entries: [{ name: 'a.txt' }] })
    t.equal(await client.remove('a.txt'), '/docs/a.txt')
    t.equal(await client.rmdir('/docs'), '/docs')
    mkdirSync(service.path('full', 'deep'), { recursive: true })
    t.equal(await client.remove('/full', { recursive: true }), '/full')
    t.same(service.tree(), {})
  })

  await t.test('refusals have the code, the status and the sentence of the server', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    writeFileSync(service.path('a'), '')
    mkdirSync(service.path('d', 'e'), { recursive: true })
    const rows = [
      [() => client.stat('none'), 'not_found', 404, '/none does not exist.'],
      [() => client.mkdir('d'), 'exists', 409, '/d exists already. Choose another name, or ask for it to be replaced.'],
      [() => client.rmdir('d'), 'not_empty', 409, '/d is not empty. Empty it first, or ask for a recursive deletion.'],
      [() => client.cd('a'), 'not_directory', 409, '/a is not a directory.'],
      [
        () => client.mkdir('x/y'),
        'no_parent',
        409,
        'The directory that should hold /x/y does not exist. Create it first.',
      ],
      [() => client.stat('..'), 'bad_name', 400, 'The name cannot be used: it leads above the shared directory.'],
      [() => client.stat('a\0b'), 'bad_name', 400, 'The name cannot be used: a name cannot hold a NUL character.'],
    ] as const
    for (const [call, code, status, message] of rows) t.same(await failureOf(call()), { code, status, message })
    const { code } = await failureOf(client.stat('/.twinserve/x'))
    t.equal(code, 'reserved')
  })

  await t.test('all pages of a listing', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const names = Array.from({ length: 1_203 }, (_, i) => `f${String(i).padStart(5, '0')}`)
    for (const name of names) writeFileSync(service.path(name), '')
    const seen: EntryObject[] = []
    for await (const entry of client.entries()) seen.push(entry)
    t.same(
      seen.map(({ name }) => name),
      names,
    )
    const page = await client.list('/', { limit: 2, after: 'f00003' })
    t.match(page, { entries: [{ name: 'f00004' }, { name: 'f00005' }], next: 'f00005' })
  })

  await t.test('a session that breaks is opened again, in the same directory', async (t) => {
    const service = await startEngine(t, engine)
    mkdirSync(service.path('docs', 'inner'), { recursive: true })
    const between = await proxy(t, service.server.address)
    const client = await clientOf(t, between.url)
    await client.cd('docs')
    between.cut()
    t.equal((await client.stat('inner')).path, '/docs/inner')
    t.equal(between.connections, 2)
    between.cutAfter(1, 'down')
    t.match(await failureOf(client.mkdir('new')), {
      code: 'connection_lost',
      message: /^The connection to the server broke: .*\. The mkdir may have been done or not\.$/,
    })
    t.ok(service.tree()['docs/new'], 'it had been done')
  })

  await t.test('a server that was restarted', async (t) => {
    const service = await startEngine(t, engine)
    mkdirSync(service.path('docs'))
    const between = await proxy(t, service.server.address)
    const client = await clientOf(t, between.url)
    await client.cd('docs')
    await service.server.stop()
    const again = await startOn(t, engine, service.root)
    between.target = again.server.address
    t.same((await client.list()).entries, [])
  })

  await t.test('cancelled', async (t) => {
    const service = await startEngine(t, engine)
    const client = await clientOf(t, service.server.url)
    const signal = AbortSignal.abort()
    t.equal((await failureOf(client.stat('/', { signal }))).code, 'cancelled')
    const stop = new AbortController()
    const call = failureOf(client.stat('/', { signal: stop.signal }))
    stop.abort()
    t.equal((await call).code, 'cancelled')
    t.equal((await client.stat('/')).kind, 'directory', 'others are not')
  })
})
