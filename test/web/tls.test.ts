/** A browser that reaches the server by TLS: pages, a form, a download, the address bar. */
import fs from 'node:fs'
import t, { type Test } from 'tap'
import { downloadBy, follow, launch, type Page, visit } from '../fixtures/browser.ts'
import { type Service, secureEngines, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)

async function visits(t: Test, page: Page, service: Service): Promise<void> {
  await page.goto('/')
  t.match(page.url(), /^https:/)
  await follow(page.getByRole('link', { name: 'docs/', exact: true }))
  const { name, bytes } = await downloadBy(
    page.locator('tbody tr', { hasText: 'large' }).getByRole('link', { name: /download/i }),
  )
  t.equal(name, 'large')
  t.ok(bytes.equals(fs.readFileSync(service.path('docs', 'large'))))
  // A form is accepted from a page of this origin only.
  await page.locator('summary', { hasText: 'Upload' }).click()
  const form = page.locator('form[enctype]')
  const chosen = { name: 'up.txt', mimeType: 'text/plain', buffer: Buffer.from('from a browser') }
  await form.getByLabel('Choose files').setInputFiles([chosen])
  await follow(form.getByRole('button', { name: 'Upload' }))
  t.equal(await page.locator('.notice[role=status]').innerText(), 'The upload is complete.')
  t.equal(fs.readFileSync(service.path('docs', 'up.txt'), 'utf8'), 'from a browser')
  await page.goto('/createdir=made')
  t.ok(fs.existsSync(service.path('made')), 'the address bar is trusted')
}

for (const engine of secureEngines) {
  t.test(engine.name, async (t) => {
    const service = await startEngine(t, engine)
    fs.mkdirSync(service.path('docs'))
    fs.writeFileSync(service.path('docs', 'large'), Buffer.alloc(3_000_000, 'large '))
    // The certificate signs itself: a person would be asked.
    const context = { ignoreHTTPSErrors: true }
    await visit(t, 'a visit', { browser, service, context }, (t, page) => visits(t, page, service))
  })
}
