/** How pages look and are used: widths, colours, the keyboard, large folders. */
import fs from 'node:fs'
import t, { type Test } from 'tap'
import { groupRows } from '../../src/core/pages/listing.ts'
import { colours } from '../../src/core/pages/theme.ts'
import { follow, launch, type Page, visit } from '../fixtures/browser.ts'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)
const phone = { viewport: { width: 360, height: 740 } }
const many = 10 * groupRows + 7

function fill({ root }: Service): void {
  fs.mkdirSync(`${root}/many`)
  for (let i = 1; i <= many; i++) fs.writeFileSync(`${root}/many/file-${String(i).padStart(4, '0')}.txt`, '')
  fs.mkdirSync(`${root}/deeply/nested folders/${'of names without a break '.repeat(5)}/end`, { recursive: true })
  for (const name of ['a.txt', 'W'.repeat(250), `${'word '.repeat(40)}.txt`, '漢字'.repeat(40)]) {
    fs.writeFileSync(`${root}/${name}`, 'x')
  }
  fs.symlinkSync('/etc', `${root}/${'o'.repeat(200)}`)
}

const pages = [
  '/',
  '/?notice=uploaded',
  '/many/',
  `/deeply/nested%20folders/${encodeURIComponent('of names without a break '.repeat(5))}/end/`,
  '/?q=w',
  `/?q=${'W'.repeat(200)}`,
  `/${'W'.repeat(250)}?delete`,
  `/${'W'.repeat(250)}?move`,
  '/deeply/?delete',
  '/upload',
  `/none${'o'.repeat(200)}`,
  '/listdir',
  '/createdir=a.txt',
] as const

/** How much wider than the window the page is. */
const overflow = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')

async function fitsPhone(t: Test, page: Page): Promise<void> {
  for (const path of pages) {
    await page.goto(path)
    t.ok((await overflow(page)) <= 0, `${path.slice(0, 30)} fits`)
  }
  await page.goto('/')
  for (const name of ['Upload', 'New folder']) {
    await page.locator('summary', { hasText: name }).click()
    const box = await page.locator('details[open] .panel').boundingBox()
    t.ok(box !== null && box.x >= 0 && box.x + box.width <= 360, `the panel of ${name} fits`)
    t.ok((await overflow(page)) <= 0)
    t.equal(await page.locator('.tools details[open]').count(), 1, 'one panel is open at a time')
  }
  await page.goto('/many/')
  const summary = page.locator('tbody summary').first()
  await summary.click()
  const menu = await page.locator('details[open] div').boundingBox()
  t.ok(menu !== null && menu.x >= 0 && menu.x + menu.width <= 360, 'a menu fits')
  for (const target of [
    summary,
    page.getByRole('link', { name: /^Download file/ }).first(),
    page.locator('thead a').first(),
  ]) {
    t.ok(((await target.boundingBox())?.height ?? 0) >= 40, 'high enough for a finger')
  }
}

/** What has the focus, by its text or its label. */
const focused = (page: Page) =>
  page.evaluate<string>(
    'document.activeElement.ariaLabel || document.activeElement.textContent || document.activeElement.name',
  )

async function byKeyboard(t: Test, page: Page): Promise<void> {
  await page.goto('/deeply/')
  const order: string[] = []
  for (let i = 0; i < 16; i++) {
    await page.keyboard.press('Tab')
    order.push(await focused(page))
  }
  t.same(order, [
    'Skip to the content',
    'Home',
    'deeply',
    'q',
    'Search',
    'Upload',
    'New folder',
    'Download as zip',
    'JSON',
    'Name',
    'Size',
    'Modified UTC',
    '.. parent folder',
    'nested folders/',
    'Download nested folders',
    'Change nested folders',
  ])
  await page.goto('/deeply/')
  await page.keyboard.press('Tab')
  t.ok(((await page.getByText('Skip to the content').boundingBox())?.y ?? -1) >= 0, 'seen while it has the focus')
  await page.keyboard.press('Enter')
  t.match(page.url(), /#main$/)
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'q', 'what was skipped is behind')
  await page.getByLabel('Change nested folders').focus()
  t.not(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle'), 'none', 'the focus can be seen')
  await page.keyboard.press('Enter')
  await page.locator('tbody details[open]').waitFor()
  await page.keyboard.press('Tab')
  t.equal(await focused(page), 'Rename or move')
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
  t.equal(await page.locator('h1').innerText(), 'Rename or move “nested folders”')
  // The browser gives it when it has rendered the page, which may be after `load`.
  await page.locator('input[name=destination]:focus').waitFor()
  t.equal(await focused(page), 'destination', 'the form has the focus')
}

async function grouped(t: Test, page: Page): Promise<void> {
  await page.goto('/many/')
  t.equal(await page.getByRole('table').getByRole('rowgroup').count(), 2 + Math.ceil(many / groupRows))
  t.equal(await page.locator('tbody tr').count(), many + 1)
  const heights = await page.evaluate<number[]>(
    "[...document.querySelectorAll('tbody')].slice(1).map((group) => group.getBoundingClientRect().height)",
  )
  t.equal(heights[0], heights[1], 'a group out of sight takes the room that it will need')
  // The last row of a group: its menu reaches over the next one.
  const row = page.locator('tbody').nth(1).locator('tr').last()
  await row.locator('summary').click()
  const link = row.getByRole('link', { name: 'Delete', exact: true })
  await follow(link)
  t.equal(await page.locator('h1').innerText(), `Delete “file-${String(groupRows).padStart(4, '0')}.txt”?`)
  await page.goto('/many/')
  await page.keyboard.press('End')
  const last = page.getByRole('link', { name: `file-${String(many).padStart(4, '0')}.txt`, exact: true })
  await follow(last)
  t.match(page.url(), new RegExp(`file-0*${many}\\.txt$`), 'the last one is reached')
}

const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)).join(', ')

function coloured(scheme: 'light' | 'dark') {
  return async (t: Test, page: Page) => {
    const index = scheme === 'light' ? 0 : 1
    for (const path of ['/', '/upload', '/a.txt?delete', '/none']) {
      await page.goto(path)
      const style = (property: string) => page.evaluate<string>(`getComputedStyle(document.body).${property}`)
      t.equal(await style('backgroundColor'), `rgb(${channels(colours.ground[index])})`)
      t.equal(await style('color'), `rgb(${channels(colours.text[index])})`)
    }
  }
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  fill(service)
  await visit(t, 'a narrow window', { browser, service, context: phone }, fitsPhone)
  await visit(t, 'the keyboard', { browser, service }, byKeyboard)
  await visit(t, 'a large folder', { browser, service }, grouped)
  await visit(t, 'a large folder in a narrow window', { browser, service, context: phone }, grouped)
  for (const colorScheme of ['light', 'dark'] as const) {
    await visit(t, colorScheme, { browser, service, context: { colorScheme } }, coloured(colorScheme))
  }
})
