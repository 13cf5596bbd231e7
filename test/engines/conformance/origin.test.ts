/** Who may ask: `Host`, and the checks that keep pages of other sites from changing anything. */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'
import type { Fields } from '../../fixtures/raw-client.ts'

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const multipart = { 'Content-Type': 'multipart/form-data; boundary=b' }
const uploaded = '--b\r\nContent-Disposition: form-data; name=f; filename=up\r\n\r\nx\r\n--b--\r\n'

/** Every way to change something. */
const changes: readonly (readonly [method: string, target: string, fields: Fields, body?: string])[] = [
  ['PUT', '/new', {}, 'x'],
  ['PUT', '/file?overwrite', {}, 'x'],
  ['DELETE', '/file', {}],
  ['DELETE', '/folder?recursive', {}],
  ['MKCOL', '/made', {}],
  ['MOVE', '/file', { Destination: '/moved' }],
  ['COPY', '/file', { Destination: '/copied' }],
  ['POST', '/', multipart, uploaded],
  ['POST', '/upload', multipart, uploaded],
  ['POST', '/', form, 'action=mkdir&name=made'],
  ['POST', '/file', form, 'action=move&destination=/moved'],
  ['POST', '/file', form, 'action=copy&destination=/copied'],
  ['POST', '/file', form, 'action=delete'],
  ['GET', '/createdir=made', {}],
  ['GET', '/deletedir=folder?recursive', {}],
  ['GET', '/delete=file', {}],
  ['GET', '/move=file=moved', {}],
]

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { hostNames: ['files.example'] })
  fs.mkdirSync(service.path('folder'))
  fs.writeFileSync(service.path('file'), 'content')
  const before = service.tree()

  await t.test('a page of another site changes nothing, by any way there is', async (t) => {
    const foreign: readonly Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost' },
      { Origin: 'http://elsewhere.example' },
      { Origin: 'null' },
      { Origin: 'http://localhost:8080' },
    ]
    for (const [method, target, fields, body] of changes) {
      for (const sent of foreign) {
        const about = `${method} ${target} ${JSON.stringify(sent)}`
        const answer = await service.ask(method, target, { ...fields, ...sent, Accept: 'application/json' }, body)
        t.equal(answer.status, 403, about)
        t.match(answer.json(), { error: { code: 'cross_origin' } })
      }
    }
    t.same(service.tree(), before)
  })

  await t.test('its own pages, and programs, may', async (t) => {
    const own: readonly Record<string, string>[] = [
      {},
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost' },
      { Origin: 'http://LOCALHOST' },
      { Origin: 'https://localhost' },
      { Host: 'files.example:8080', Origin: 'http://files.example:8080' },
    ]
    for (const [at, fields] of own.entries()) {
      t.equal((await service.ask('PUT', `/own${at}`, fields, 'x')).status, 201, JSON.stringify(fields))
    }
  })

  await t.test('anybody may read, as far as the browser lets them', async (t) => {
    const answer = await service.ask('GET', '/file', {
      'Sec-Fetch-Site': 'cross-site',
      Origin: 'http://elsewhere.example',
    })
    t.equal(answer.status, 200)
    t.equal(answer.field('access-control-allow-origin'), undefined)
  })

  await t.test('Host is one of ours', async (t) => {
    const ours = [
      'localhost',
      'LocalHost:1234',
      'localhost.',
      'app.localhost',
      '127.0.0.1',
      '127.0.0.1:8080',
      '192.168.1.2',
      '[::1]',
      '[::1]:8080',
      'files.example',
      'FILES.example:443',
    ]
    for (const host of ours) t.equal((await service.ask('GET', '/file', { Host: host })).status, 200, host)
    const others = [
      'evil.example',
      'files.example.evil',
      'xfiles.example',
      'localhost.evil',
      '127.0.0.1.evil',
      'a b',
      '@',
      '[',
      '127.0.0.1:x',
      'localhost/',
    ]
    for (const host of others) {
      t.equal((await service.ask('GET', '/file', { Host: host })).status, 421, host)
      t.equal((await service.ask('PUT', '/hosted', { Host: host }, 'x')).status, 421, host)
    }
    t.notOk(fs.existsSync(service.path('hosted')))
    t.equal((await service.ask('GET', 'http://evil.example/file')).status, 421, 'an absolute target counts instead')
    t.equal((await service.ask('GET', 'http://localhost/file', { Host: 'evil.example' })).status, 200)
    t.equal((await service.ask('GET', '/file', { Host: undefined })).status, 400)
    t.equal((await service.ask('GET', '/file', { Host: ['localhost', 'localhost'] })).status, 400)
  })
})

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { readOnly: true })
  const { root } = service
  fs.mkdirSync(`${root}/folder`)
  fs.writeFileSync(`${root}/folder/inner`, 'x')
  fs.writeFileSync(`${root}/file`, 'content')
  const before = service.tree()

  await t.test('a read-only server refuses every change, and leaves the tree as it was', async (t) => {
    for (const [method, target, fields, body] of changes) {
      const answer = await service.ask(method, target, { ...fields, Accept: 'application/json' }, body)
      t.equal(answer.status, 403, `${method} ${target}`)
      t.match(answer.json(), { error: { code: 'read_only' } })
    }
    t.same(service.tree(), before)
    t.notOk(fs.existsSync(`${root}/.twinserve`), 'not even a place of its own is made')
  })

  await t.test('it serves, and offers no change', async (t) => {
    t.equal((await service.ask('GET', '/file')).text, 'content')
    const { text } = await service.ask('GET', '/', { Accept: 'text/html' })
    t.notMatch(text, /method=post|\?delete|\?move/)
    for (const target of ['/upload', '/file?delete', '/file?move', '/file?copy']) {
      t.equal((await service.ask('GET', target)).status, 403, target)
    }
  })

  await t.test('a body that is refused is not asked for', async (t) => {
    const client = await service.connect()
    await client.send('PUT /new HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n')
    t.equal((await client.answer()).status, 403, 'and no 100 before it')
    client.destroy()
  })
})
