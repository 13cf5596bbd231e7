/** Reading with a browser that runs no script: listings, files, downloads, searches, refusals. */
import fs from 'node:fs'
import t, { type Test } from 'tap'
import { downloadBy, follow, launch, type Page, visit } from '../fixtures/browser.ts'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)

function fill({ root }: Service): void {
  for (const folder of ['docs/old reports/2025', 'empty', '.hidden'])
    fs.mkdirSync(`${root}/${folder}`, { recursive: true })
  const files: readonly (readonly [name: string, size: number, time: number])[] = [
    ['b.txt', 30, 10],
    ['A.txt', 20, 30],
    ['c.txt', 2000, 20],
    ['docs/report.txt', 5, 5],
    ['docs/old reports/2025/Report = “final” & more.txt', 6, 6],
  ]
  for (const [name, size, time] of files) {
    fs.writeFileSync(`${root}/${name}`, 'x'.repeat(size))
    fs.utimesSync(`${root}/${name}`, time, time)
  }
  fs.symlinkSync('c.txt', `${root}/link`)
  fs.symlinkSync('/etc', `${root}/out`)
}

/** The names in the listing, as they are read. */
const namesIn = (page: Page) => page.locator('tbody th > :is(a, span) > bdi').allTextContents()
const heading = (page: Page) => page.locator('h1').innerText()

async function browses(t: Test, page: Page): Promise<void> {
  await page.goto('/')
  t.equal(await page.title(), 'Home · twinserve')
  t.same(await namesIn(page), ['.hidden', 'docs', 'empty', 'A.txt', 'b.txt', 'c.txt', 'link', 'out'])
  t.equal(await page.locator('footer p').first().innerText(), '3 folders, 5 files · 2.0 KiB')
  t.equal(await page.locator('tr', { hasText: 'out' }).getByRole('link').count(), 0, 'what leads out leads nowhere')
  await follow(page.getByRole('link', { name: 'docs/', exact: true }))
  await follow(page.getByRole('link', { name: 'old reports/', exact: true }))
  await follow(page.getByRole('link', { name: '2025/', exact: true }))
  t.equal(new URL(page.url()).pathname, '/docs/old%20reports/2025/')
  t.equal(await heading(page), '2025')
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link')
  t.same(await crumbs.allInnerTexts(), ['Home', 'docs', 'old reports', '2025'])
  t.equal(await crumbs.last().getAttribute('aria-current'), 'page')
  await follow(page.getByRole('link', { name: /parent folder/ }))
  t.equal(await heading(page), 'old reports')
  await follow(page.getByRole('link', { name: 'docs', exact: true }))
  t.equal(await heading(page), 'docs')
  await follow(page.getByRole('link', { name: 'Home' }))
  await follow(page.getByRole('link', { name: 'empty/', exact: true }))
  t.match(await page.locator('main').innerText(), /This folder is empty\./)
  await page.goto('/listdir/docs')
  t.same(await namesIn(page), ['old reports', 'report.txt'])
}

async function sorts(t: Test, page: Page): Promise<void> {
  await page.goto('/')
  const wanted = [
    ['Name', 'descending', ['link', 'c.txt', 'b.txt', 'A.txt']],
    ['Name', 'ascending', ['A.txt', 'b.txt', 'c.txt', 'link']],
    ['Size', 'descending', ['c.txt', 'b.txt', 'A.txt', 'link']],
    ['Size', 'ascending', ['link', 'A.txt', 'b.txt', 'c.txt']],
    ['Modified UTC', 'descending', ['link', 'A.txt', 'c.txt', 'b.txt']],
    ['Modified UTC', 'ascending', ['b.txt', 'c.txt', 'A.txt', 'link']],
  ] as const
  for (const [column, order, names] of wanted) {
    const header = page.getByRole('columnheader', { name: column })
    await follow(header.getByRole('link'))
    await page.locator(`th[aria-sort=${order}]`, { hasText: column.split(' ')[0] as string }).waitFor()
    const shown = await namesIn(page)
    t.same(
      shown.filter((name) => /\.txt$|^link$/.test(name)),
      names,
      `by ${column}, ${order}`,
    )
    t.match(shown.slice(0, 3).sort(), ['.hidden', 'docs', 'empty'], 'folders first')
  }
}

async function opens(t: Test, page: Page): Promise<void> {
  await page.goto('/')
  await follow(page.getByRole('link', { name: 'b.txt', exact: true }))
  t.equal(await page.locator('body').innerText(), 'x'.repeat(30), 'shown in the browser')
  await page.goto('/')
  const file = await downloadBy(page.getByRole('link', { name: 'Download c.txt' }))
  t.same([file.name, file.bytes.length], ['c.txt', 2000])
  const archive = await downloadBy(page.getByRole('link', { name: 'Download docs' }))
  t.same([archive.name, archive.bytes.subarray(0, 2).toString()], ['docs.zip', 'PK'])
  const all = await downloadBy(page.getByRole('link', { name: 'Download as zip' }))
  t.equal(all.name, 'files.zip')
  await page.goto('/docs/old%20reports/2025/')
  const named = await downloadBy(page.getByRole('link', { name: /^Download Report/ }))
  t.same([named.name, named.bytes.length], ['Report = “final” & more.txt', 6])
  await page.goto('/')
  await follow(page.getByRole('link', { name: 'JSON' }))
  t.equal(JSON.parse(await page.locator('body').innerText()).path, '/')
}

async function searches(t: Test, page: Page): Promise<void> {
  await page.goto('/')
  await page.getByLabel('Search below this folder').fill('REPORT')
  await follow(page.getByRole('button', { name: 'Search' }))
  t.equal(await heading(page), 'Names with “REPORT” in Home')
  t.same(await namesIn(page), ['old reports', 'Report = “final” & more.txt', 'report.txt'])
  await follow(page.getByRole('columnheader', { name: 'Name' }).getByRole('link'))
  await page.locator('th[aria-sort=descending]').waitFor()
  t.same(
    await namesIn(page),
    ['old reports', 'report.txt', 'Report = “final” & more.txt'],
    'sorted, and still a search',
  )
  await follow(page.getByRole('link', { name: 'docs/old reports/2025', exact: true }))
  t.equal(await heading(page), '2025')
  await page.getByLabel('Search below this folder').fill('"><i>nothing')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing found.').waitFor()
  t.equal(await heading(page), 'Names with “"><i>nothing” in 2025')
  t.equal(await page.getByLabel('Search below this folder').inputValue(), '"><i>nothing')
}

async function refuses(t: Test, page: Page): Promise<void> {
  const rows = [
    ['/none%3Cb%3E', 404, 'Not found'],
    ['/out/passwd', 403, 'Not allowed'],
    ['/%00', 400, 'That did not work'],
    ['/download=docs', 409, 'Not done'],
    ['/.twinserve/none', 404, 'Not found'],
  ] as const
  for (const [path, status, title] of rows) {
    const response = await page.goto(path)
    t.equal(response?.status(), status, `${path} is refused`)
    t.equal(await heading(page), title)
    await follow(page.getByRole('link', { name: 'Go to the top folder' }))
    t.equal(await heading(page), 'Home')
  }
  const long = await page.goto(`/${'x'.repeat(40_000)}`)
  t.same([long?.status(), await long?.text()], [414, 'target_too_long: The address is too long.\n'])
}

async function offersNoChange(t: Test, page: Page): Promise<void> {
  for (const path of ['/', '/docs/', '/?q=txt']) {
    await page.goto(path)
    t.equal(
      await page.locator('form[method=post], summary, input[type=file]').count(),
      0,
      `${path} has nothing to change with`,
    )
    t.equal(await page.locator('form[role=search]').count(), 1)
  }
  for (const path of ['/upload', '/b.txt?delete', '/b.txt?move', '/createdir=x', '/delete=b.txt', '/move=b.txt=x']) {
    t.equal((await page.goto(path))?.status(), 403, path)
    t.equal(await heading(page), 'Not allowed')
    t.match(await page.locator('main').innerText(), /This server is read-only\./)
  }
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const readOnly = await startEngine(t, engine, { readOnly: true })
  for (const each of [service, readOnly]) fill(each)
  const before = service.tree()
  await visit(t, 'browse', { browser, service }, browses)
  await visit(t, 'sort', { browser, service }, sorts)
  await visit(t, 'open and download', { browser, service }, opens)
  await visit(t, 'search', { browser, service }, searches)
  await visit(t, 'refusals', { browser, service }, refuses)
  await visit(t, 'read-only', { browser, service: readOnly }, offersNoChange)
  t.same(service.tree(), before, 'reading changes nothing')
  t.same(readOnly.tree(), before)
})
