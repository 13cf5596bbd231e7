/** `GET` and `HEAD` of files and directories (RFC 9110, sections 9.3.1 and 9.3.2). */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const { root } = service
  const random = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251))
  fs.writeFileSync(`${root}/hello.txt`, 'Hello, world\n')
  fs.writeFileSync(`${root}/empty`, '')
  fs.writeFileSync(`${root}/large.bin`, random)
  fs.mkdirSync(`${root}/folder/inner`, { recursive: true })
  fs.writeFileSync(`${root}/folder/inner/deep.json`, '{"deep":true}')
  fs.utimesSync(`${root}/hello.txt`, 1_700_000_000, 1_700_000_000)

  await t.test('GET gives the bytes, and what is known of them', async (t) => {
    const answer = await service.ask('GET', '/hello.txt')
    t.equal(answer.status, 200)
    t.equal(answer.text, 'Hello, world\n')
    t.equal(answer.field('content-length'), '13')
    t.equal(answer.field('content-type'), 'text/plain; charset=utf-8')
    t.equal(answer.field('last-modified'), 'Tue, 14 Nov 2023 22:13:20 GMT')
    t.match(answer.field('etag'), /^"[^"]+"$/)
    t.equal(answer.field('accept-ranges'), 'bytes')
    t.equal(answer.field('x-content-type-options'), 'nosniff')
    t.equal(answer.field('content-security-policy'), 'sandbox')
    t.ok(Math.abs(Date.parse(answer.field('date') ?? '') - Date.now()) < 60_000, 'Date is now')
  })

  await t.test('a file larger than any buffer is whole', async (t) => {
    const answer = await service.ask('GET', '/large.bin')
    t.ok(answer.body.equals(random))
    t.equal(answer.field('content-type'), 'application/octet-stream')
  })

  await t.test('an empty file has no content and says so', async (t) => {
    const answer = await service.ask('GET', '/empty')
    t.equal(answer.status, 200)
    t.equal(answer.field('content-length'), '0')
  })

  await t.test('HEAD says what GET says, without the content', async (t) => {
    for (const target of ['/hello.txt', '/large.bin', '/empty', '/folder/', '/folder', '/nothing', '/?zip', '/?q=a']) {
      const head = await service.ask('HEAD', target)
      const get = await service.ask('GET', target)
      t.equal(head.status, get.status, target)
      t.equal(head.body.length, 0)
      const lasting = (fields: typeof get.fields) => fields.filter(([name]) => name !== 'date')
      t.same(lasting(head.fields), lasting(get.fields), `${target}: the same fields`)
    }
  })

  await t.test('media types follow the extension', async (t) => {
    const types: Record<string, string> = {
      'a.html': 'text/html; charset=utf-8',
      'a.CSS': 'text/css; charset=utf-8',
      'a.json': 'application/json; charset=utf-8',
      'a.png': 'image/png',
      'a.svg': 'image/svg+xml',
      'a.pdf': 'application/pdf',
      'a.mp4': 'video/mp4',
      'a.unknown-extension': 'application/octet-stream',
      noextension: 'application/octet-stream',
    }
    for (const [name, type] of Object.entries(types)) {
      fs.writeFileSync(`${root}/${name}`, 'x')
      t.equal((await service.ask('GET', `/${name}`)).field('content-type'), type, name)
    }
  })

  await t.test('what users stored is sandboxed, a PDF aside, which browsers would not show at all', async (t) => {
    t.equal((await service.ask('GET', '/a.html')).field('content-security-policy'), 'sandbox')
    t.equal((await service.ask('GET', '/a.svg')).field('content-security-policy'), 'sandbox')
    t.equal((await service.ask('GET', '/a.pdf')).field('content-security-policy'), undefined)
  })

  await t.test('?download makes it an attachment under its own name', async (t) => {
    t.equal(
      (await service.ask('GET', '/hello.txt?download')).field('content-disposition'),
      'attachment; filename=hello.txt',
    )
    fs.writeFileSync(`${root}/na"ïve €.txt`, 'x')
    const value =
      (await service.ask('GET', '/na%22%C3%AFve%20%E2%82%AC.txt?download')).field('content-disposition') ?? ''
    t.match(value, /^attachment; /)
    t.match(value, /filename\*=UTF-8''na%22%C3%AFve%20%E2%82%AC\.txt$/i, 'RFC 8187')
    t.equal((await service.ask('GET', '/hello.txt')).field('content-disposition'), undefined)
  })

  await t.test('a directory without its slash is sent on, with its query', async (t) => {
    const answer = await service.ask('GET', '/folder')
    t.equal(answer.status, 301)
    t.equal(answer.field('location'), '/folder/')
    t.equal((await service.ask('GET', '/folder/inner?sort=size')).field('location'), '/folder/inner/?sort=size')
  })

  await t.test('what is not there is 404, and a file is no directory', async (t) => {
    for (const target of [
      '/nothing',
      '/nothing/',
      '/folder/nothing',
      '/hello.txt/',
      '/hello.txt/inner',
      '/Hello.txt',
    ]) {
      t.equal((await service.ask('GET', target)).status, 404, target)
    }
  })

  await t.test('a path is decoded once', async (t) => {
    fs.writeFileSync(`${root}/50%25 off?#.txt`, 'percent')
    t.equal((await service.ask('GET', '/50%2525%20off%3F%23.txt')).text, 'percent')
    t.equal((await service.ask('GET', '/%68ello.txt')).text, 'Hello, world\n')
    t.equal((await service.ask('GET', '/%2568ello.txt')).status, 404)
  })

  await t.test('absolute-form targets are understood (RFC 9112, section 3.2.2)', async (t) => {
    t.equal((await service.ask('GET', 'http://localhost/hello.txt')).text, 'Hello, world\n')
    t.equal((await service.ask('GET', 'http://localhost')).status, 200)
  })

  await t.test('assets of the pages are served, and never change', async (t) => {
    const page = await service.ask('GET', '/', { Accept: 'text/html' })
    const asset = /"(\/\.twinserve\/[^"]+)"/.exec(page.text)?.[1]
    if (asset === undefined) return t.fail('the page has no asset')
    const answer = await service.ask('GET', asset)
    t.equal(answer.status, 200)
    t.match(answer.field('cache-control'), /immutable/)
    t.equal((await service.ask('GET', '/.twinserve/nothing')).status, 404)
    t.equal((await service.ask('PUT', asset, {}, 'x')).status, 403)
  })
})

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { index: 'index.html' })
  const { root } = service
  fs.mkdirSync(`${root}/with`)
  fs.mkdirSync(`${root}/without`)
  fs.mkdirSync(`${root}/odd/index.html`, { recursive: true })
  fs.writeFileSync(`${root}/with/index.html`, '<h1>Index</h1>')

  await t.test('an index file stands for its directory', async (t) => {
    const answer = await service.ask('GET', '/with/')
    t.equal(answer.text, '<h1>Index</h1>')
    t.equal(answer.field('content-type'), 'text/html; charset=utf-8')
    const etag = answer.field('etag') as string
    t.equal((await service.ask('GET', '/with/', { 'If-None-Match': etag })).status, 304)
    t.equal((await service.ask('GET', '/with/', { Range: 'bytes=0-3' })).text, '<h1>')
    t.equal((await service.ask('GET', '/with')).field('location'), '/with/')
  })

  await t.test('the listing is still to be had', async (t) => {
    t.match((await service.ask('GET', '/with/?json')).json(), { path: '/with', entries: [{ name: 'index.html' }] })
    t.match((await service.ask('GET', '/with/?list')).text, /<!doctype html>/i)
    t.match((await service.ask('GET', '/listdir/with')).text, /index\.html/)
    t.match((await service.ask('GET', '/without/?json')).json(), { entries: [] })
  })

  await t.test('without one there is a listing', async (t) => {
    t.match((await service.ask('GET', '/without/')).text, /<!doctype html>/i)
  })

  await t.test('a directory of that name is no index file', async (t) => {
    const answer = await service.ask('GET', '/odd/')
    t.not(answer.status, 500)
  })
})
