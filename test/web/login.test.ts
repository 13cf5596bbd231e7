/** Logging in with a browser: the form, the cookie, who is told to be logged in, and how it looks. */
import fs from 'node:fs'
import t from 'tap'
import { entriesFrom } from '../fixtures/accounts.ts'
import { launch, type Page, visit } from '../fixtures/browser.ts'
import { forEachEngine, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)
const auth = { entries: entriesFrom('ann:pass wörd@/mine', '@/pub'), fallbackKey: 'fallback' }
/** A directory for pictures of the form, for whoever wants to look at them. */
const pictures = process.env.PICTURES

async function logIn(page: Page): Promise<void> {
  await page.goto('/mine/')
  await page.getByLabel('Name').fill('ann')
  await page.getByLabel('Password').fill('pass wörd')
  await page.keyboard.press('Enter')
  await page.locator('.list').waitFor()
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { readOnly: false, auth })
  for (const name of ['mine', 'pub']) {
    fs.mkdirSync(service.path(name))
    fs.writeFileSync(service.path(name, `${name}.txt`), name)
  }
  await visit(t, 'the form, and back to where one wanted to', { browser, service }, async (t, page) => {
    const first = await page.goto('/mine/?sort=size')
    t.equal(first?.status(), 401)
    t.equal(await page.locator('h1').textContent(), 'Log in')
    await page.getByLabel('Name').fill('ann')
    await page.getByLabel('Password').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    t.equal(await page.getByRole('alert').textContent(), 'The name or the password is wrong.')
    t.equal(await page.getByLabel('Name').inputValue(), 'ann')
    t.equal(await page.getByLabel('Password').inputValue(), '')
    await page.getByLabel('Password').fill('pass wörd')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.locator('.list').waitFor()
    t.match(page.url(), /\/mine\/\?sort=size$/)
    t.match(await page.locator('.who').textContent(), 'Logged in as ann')
    const [cookie] = await page.context().cookies()
    t.match(cookie, { httpOnly: true, sameSite: 'Strict', path: '/' })
  })

  await visit(t, 'what may be done is offered, and can be done', { browser, service }, async (t, page) => {
    await logIn(page)
    await page.goto('/mine/')
    await page.locator('summary', { hasText: 'New folder' }).click()
    await page.getByLabel('Name of the new folder').fill('made')
    await page.keyboard.press('Enter')
    await page.locator('.notice').waitFor()
    t.ok(fs.existsSync(service.path('mine', 'made')))
    await page.goto('/pub/')
    t.equal(await page.locator('summary').count(), 0, 'and nothing else')
  })

  await visit(t, 'logging out', { browser, service }, async (t, page) => {
    await logIn(page)
    await page.goto('/mine/')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.locator('.who', { hasText: 'Log in' }).waitFor()
    t.equal((await page.goto('/mine/'))?.status(), 401)
  })

  for (const [name, colorScheme, width] of [
    ['light', 'light', 1000],
    ['dark', 'dark', 1000],
    ['phone', 'light', 360],
  ] as const) {
    const context = { colorScheme, viewport: { width, height: 700 } }
    await visit(t, `how it looks: ${name}`, { browser, service, context }, async (t, page) => {
      const overflow = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      const picture = async (what: string) => {
        if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${engine.name}-${name}-${what}.png` })
      }
      await page.goto('/mine/')
      await page.getByLabel('Name').fill('ann')
      await page.getByLabel('Password').fill('no')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      t.ok((await overflow()) <= 0, 'the form fits')
      await picture('form')
      await page.getByLabel('Password').fill('pass wörd')
      await page.keyboard.press('Enter')
      await page.locator('.list').waitFor()
      t.ok((await overflow()) <= 0, 'the page fits')
      await picture('page')
    })
  }
})
