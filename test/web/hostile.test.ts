/** What must not happen: that a name, a file or a page of another site acts in the reader's place. */
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { downloadBy, follow, launch, originOf, type Page, visit } from '../fixtures/browser.ts'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)

const names = [
  '<script>alert(1)<',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>.html",
  '" autofocus onfocus=alert(1) x="',
  'javascript:alert(1)',
  '{{alert(1)}}',
  '&lt;b&gt;&amp;.txt',
  '<!-- .txt',
  '</table><h1>gone',
  '..%2f..%2fetc',
  '%3Cb%3E?delete#x.txt',
  'a\nb\tc\u0007.txt',
  '\u202egnp.exe',
  'a\u2028b.txt',
  '\ufeffmark.txt',
  '-rf',
  '~',
  '  ',
  'عربي ملف.txt',
  `${'W'.repeat(240)}.txt`,
].map((name) => name.replaceAll('/', '∕'))

/** As they are shown: what cannot be seen, or would turn the line around, as a sign (escape.ts). */
const shown: Readonly<Record<string, string>> = {
  'a\nb\tc\u0007.txt': 'a␊b␉c␇.txt',
  '\u202egnp.exe': '\ufffdgnp.exe',
  'a\u2028b.txt': 'a\ufffdb.txt',
}

async function listsNames(t: Test, page: Page, service: Service): Promise<void> {
  await page.goto('/names/')
  const links = page.locator('tbody th > a[href^="/names/"]')
  const found = new Map<string, string>()
  for (const link of await links.all()) {
    found.set((await link.locator('bdi').textContent()) ?? '', (await link.getAttribute('href')) ?? '')
  }
  t.equal(found.size, names.length)
  t.equal(await page.locator('h1').count(), 1, 'no name has become markup')
  t.equal(await page.locator('img:not(header img), svg, script, [onerror], [onfocus], [onload]').count(), 0)
  for (const [at, name] of names.entries()) {
    const href = found.get(shown[name] ?? name)
    t.ok(href, `name ${at} is shown as it is`)
    if (href === undefined) continue
    t.equal((await page.request.get(href)).status(), 200, 'and its link leads to it')
    t.equal((await page.goto(`${href}?${['move', 'copy', 'delete'][at % 3]}`))?.status(), 200)
    t.equal(await page.locator('h1 bdi').textContent(), shown[name] ?? name)
    t.equal(await page.locator('h1').count(), 1)
    t.equal(await page.locator('form').getAttribute('action'), href)
  }
  const awkward = names[1] as string
  await page.goto(`/?q=${encodeURIComponent(awkward)}`)
  t.equal(await page.locator('tbody tr').count(), 1, 'found by its name')
  await page.goto(`/none/${encodeURIComponent(awkward)}`)
  t.equal(await page.locator('img:not(header img)').count(), 0)
  t.same(fs.readdirSync(service.path('names')).sort(), [...names].sort())
}

const script = 'document.title = "changed"; fetch("/?json").then(() => alert(1)); fetch("/createdir=stolen")'

async function opensStored(t: Test, page: Page, service: Service): Promise<void> {
  fs.writeFileSync(service.path('page.html'), `<title>stored</title><p>text<script>${script}</script>`)
  fs.writeFileSync(
    service.path('picture.svg'),
    `<svg xmlns="http://www.w3.org/2000/svg"><script>${script}</script></svg>`,
  )
  const before = service.tree()
  await page.goto('/')
  await follow(page.getByRole('link', { name: 'page.html', exact: true }))
  t.equal(await page.title(), 'stored', 'shown, but its script has not run')
  await page.goto('/picture.svg')
  t.equal(await page.locator('svg').count(), 1)
  await page.goto('/')
  const { bytes } = await downloadBy(page.getByRole('link', { name: 'Download page.html' }))
  t.ok(bytes.toString().includes(script), 'downloaded as it was stored')
  t.same(service.tree(), before)
}

/** A site of somebody else, whose page does whatever a page can do to another site. */
async function elsewhere(t: Test, target: string): Promise<string> {
  const attack = `<!DOCTYPE html><title>elsewhere</title>
    <a id=link href="${target}/createdir=by-link">link</a>
    <form id=multipart method=post enctype="multipart/form-data" action="${target}/"><input name=file value=x></form>
    <form id=form method=post action="${target}/victim"><input name=action value=delete></form>
    <form id=upload method=post enctype="multipart/form-data" action="${target}/upload"><input name=directory value="/"></form>
    <form id=get action="${target}/delete=victim"></form>
    <img src="${target}/createdir=by-image"><iframe src="${target}/createdir=by-frame"></iframe>
    <link rel=stylesheet href="${target}/delete=victim"><link rel=prefetch href="${target}/createdir=by-prefetch">`
  const attempts = `async function attempts() {
    const results = []
    const form = new FormData(); form.append('file', new File(['x'], 'by-fetch.txt'))
    const bodies = [['GET', '/createdir=by-fetch'], ['GET', '/delete=victim'], ['POST', '/', form],
      ['POST', '/victim', new URLSearchParams({ action: 'delete' })], ['PUT', '/by-put', 'x'], ['DELETE', '/victim'],
      ['MKCOL', '/by-mkcol'], ['POST', '/victim', new Blob(['action=delete'])]]
    for (const [method, path, body] of bodies) for (const mode of ['cors', 'no-cors']) {
      try { await fetch('${target}' + path, { method, body, mode, credentials: 'include' }); results.push(mode) } catch (error) { results.push('failed') }
    }
    navigator.sendBeacon('${target}/victim', new URLSearchParams({ action: 'delete' }))
    return results
  }`
  const server = http.createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.end(request.url === '/' ? `${attack}<script>${attempts}</script>` : '')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}/`
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  fs.mkdirSync(service.path('names'))
  for (const name of names) fs.writeFileSync(service.path('names', name), 'x')
  const context = { javaScriptEnabled: true }
  await visit(t, 'names', { browser, service, context }, (t, page) => listsNames(t, page, service))

  await t.test('stored pages', async (t) => {
    const page = await (await browser.newContext({ baseURL: originOf(service) })).newPage()
    t.teardown(() => page.context().close())
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    await opensStored(t, page, service)
    t.same(dialogs, [])
  })

  await t.test('a page of another site changes nothing', async (t) => {
    fs.writeFileSync(service.path('victim'), 'x')
    const before = service.tree()
    const page = await (await browser.newContext()).newPage()
    t.teardown(() => page.context().close())
    const site = await elsewhere(t, originOf(service))
    await page.goto(site)
    t.same(service.tree(), before, 'by what it embeds')
    const results = await page.evaluate<string[]>('attempts()')
    t.ok(
      results.includes('failed') && results.includes('no-cors'),
      'some were stopped by the browser, some were answered',
    )
    t.same(service.tree(), before, 'by what its script sends')
    await follow(page.locator('#link'))
    t.equal(await page.locator('code').innerText(), 'cross_origin')
    for (const form of ['multipart', 'form', 'upload', 'get']) {
      await page.goto(site)
      await Promise.all([
        page.waitForURL(`${originOf(service)}/**`),
        page.evaluate(`document.getElementById('${form}').submit()`),
      ])
      t.equal(await page.locator('code').innerText(), 'cross_origin', form)
    }
    t.same(service.tree(), before, 'by links and forms')
    await page.goto(site)
    await page.goto(`${originOf(service)}/createdir=typed`)
    t.equal(await page.locator('h1').innerText(), 'Created', 'what the reader types is done')
  })
})
