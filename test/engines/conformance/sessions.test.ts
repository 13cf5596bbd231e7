/** Sessions on both engines: what is done in them, beside HTTP and beside each other. */
import fs from 'node:fs'
import { readFile } from 'node:fs/promises'
import { overEachTransport, type Service, startEngine } from '../../fixtures/engines.ts'
import { close, fragments, text } from '../../fixtures/frames.ts'
import { message } from '../../fixtures/raw-client.ts'
import { rpc } from '../../fixtures/session.ts'
import { SessionClient } from '../../fixtures/session-client.ts'

/** What depends on the time. */
const timeless = (line: string | undefined) =>
  line?.replace(/"modified":"[^"]*"/g, '"modified":"…"').replace(/"etag":"[^,}]*"/g, '"etag":"…"')

/** Begin anew. */
function empty(service: Service): void {
  for (const name of fs.readdirSync(service.root)) fs.rmSync(service.path(name), { recursive: true })
}

overEachTransport(async (t, engine) => {
  const service = await startEngine(t, engine)

  await t.test('the examples of docs/session.md, however they are cut', async (t) => {
    const page = await readFile(new URL('../../../docs/session.md', import.meta.url), 'utf8')
    const conversations = [...page.matchAll(/^```session(.*)\n([\s\S]*?)^```$/gm)]
    t.ok(conversations.length > 4)
    for (const size of [100_000, 11]) {
      for (const [, details = '', body = ''] of conversations) {
        empty(service)
        for (const name of details.replace(/^ files /, '').split(' ')) {
          if (name !== '') fs.writeFileSync(service.path(name), 'hello')
        }
        const client = await SessionClient.open(service.where)
        const lines = body.trimEnd().split('\n')
        const bytes = Buffer.concat(lines.filter((line) => line.startsWith('> ')).map((line) => text(line.slice(2))))
        const pieces: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
        await client.send(...pieces)
        for (const line of lines.filter((each) => each.startsWith('< '))) {
          t.equal(timeless(await client.said()), timeless(line.slice(2)))
        }
        client.destroy()
      }
    }
  })

  await t.test('a session and what it does, beside HTTP', async (t) => {
    empty(service)
    const client = await SessionClient.open(service.where)
    t.equal((await service.ask('PUT', '/a', {}, 'hello')).status, 201)
    t.match(await client.call('stat', { path: 'a' }), { kind: 'file', size: 5 })
    t.match(await client.call('mkdir', { path: 'docs' }), { path: '/docs' })
    t.match(await client.call('move', { from: 'a', to: 'docs' }), { to: '/docs/a' })
    t.equal((await service.ask('GET', '/docs/a')).text, 'hello')
    const { etag } = (await client.call('stat', { path: 'docs/a' })) as { etag: string }
    t.equal((await service.ask('PUT', '/docs/a', { 'If-Match': etag }, 'new')).status, 204)
    t.match(await client.call('cd', { path: 'docs' }), { path: '/docs' })
    t.match(await client.call('copy', { from: 'a', to: '/b' }), { replaced: false })
    t.equal(await client.call('rmdir', { path: '.' }), 'not_empty')
    t.match(await client.call('remove', { path: '/docs', recursive: true }), { path: '/docs' })
    t.equal(await client.call('list'), 'not_found', 'the current directory has vanished')
    t.match(await client.call('list', { path: '/' }), { entries: [{ name: 'b', size: 3 }], total: 1 })
    t.same(service.tree(), { b: 'file new' })
    await client.send(close(1000))
    t.equal(await client.said(), 'close 1000')
    t.equal(await client.said(), undefined, 'the server ends its side')
    client.destroy()
  })

  await t.test('paths that lead out', async (t) => {
    empty(service)
    fs.symlinkSync('..', service.path('out'))
    const client = await SessionClient.open(service.where)
    for (const [path, code] of [
      ['..', 'bad_name'],
      ['/../x', 'bad_name'],
      ['out', 'link_refused'],
      ['out/share', 'link_refused'],
      ['.twinserve', 'reserved'],
      ['a\\b', 'bad_name'],
    ] as const) {
      t.equal(await client.call('cd', { path }), code, path)
      t.equal(await client.call('list', { path }), code, path)
    }
    t.equal(await client.call('mkdir', { path: 'out/x' }), 'link_refused')
    t.match(await client.call('stat', { path: 'out' }), { kind: 'link', reachable: false })
    client.destroy()
  })

  await t.test('a large directory, page by page', async (t) => {
    empty(service)
    const names = Array.from({ length: 1203 }, (_, i) => `file ${i}`)
    for (const name of names) fs.writeFileSync(service.path(name), '')
    const client = await SessionClient.open(service.where)
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = (await client.call('list', { after, limit: 500 })) as {
        entries: { name: string }[]
        total: number
        next?: string
      }
      t.equal(page.total, 1203)
      seen.push(...page.entries.map((entry) => entry.name))
      after = page.next
    } while (after !== undefined)
    t.same(seen, names.sort())
    client.destroy()
  })

  await t.test('one message is one request: others have their turn between two', async (t) => {
    empty(service)
    fs.writeFileSync(service.path('a'), 'aaa')
    const [client, other] = [await SessionClient.open(service.where), await service.connect()]
    const calls = 1500
    const answered = other.answer()
    const flood = client.send(Buffer.concat(Array.from({ length: calls }, (_, i) => rpc(i, 'list'))))
    await other.send(message('GET', '/a'))
    let before = 0
    let done = false
    void answered.then(() => {
      done = true
    })
    for (let i = 0; i < calls; i += 1) {
      t.equal(JSON.parse((await client.said()) ?? '').id, i)
      if (!done) before += 1
    }
    await flood
    t.equal((await answered).text, 'aaa')
    t.ok(before < calls, `${before} of ${calls} calls were answered before`)
    for (const each of [client, other]) each.destroy()
  })

  await t.test('a message in fragments, with a ping between', async (t) => {
    empty(service)
    const client = await SessionClient.open(service.where)
    await client.send(fragments('{"jsonrpc":"2.0","id":1,', '"method":', '"pwd"}'))
    t.equal(await client.said(), '{"jsonrpc":"2.0","id":1,"result":{"path":"/"}}')
    client.destroy()
  })

  await t.test('a read-only server', async (t) => {
    const service = await startEngine(t, engine, { readOnly: true })
    const client = await SessionClient.open(service.where)
    t.equal(await client.call('mkdir', { path: 'x' }), 'read_only')
    t.match(await client.call('list'), { total: 0 })
    client.destroy()
  })
})
