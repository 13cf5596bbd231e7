/** The report of the bench in a browser, opened as a file: widths, colours, paper, without script. */
import fs from 'node:fs'
import path from 'node:path'
import { type BrowserContextOptions, devices } from 'playwright-core'
import t, { type Test } from 'tap'
import { writeReport } from '../../bench/report/write.ts'
import { madeUpResults } from '../fixtures/bench-results.ts'
import { downloadBy, launch, type Page } from '../fixtures/browser.ts'

const directory = t.testdir({})
const results = madeUpResults(directory)
writeReport(results, directory)
const address = `file://${path.join(directory, 'report.html')}`
const browser = await launch(t)

async function open(name: string, wishes: BrowserContextOptions, body: (t: Test, page: Page) => Promise<void>) {
  await t.test(name, async (t) => {
    const context = await browser.newContext({ ...wishes, acceptDownloads: true })
    t.teardown(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('blob:')) complaints.push(request.url())
    })
    await page.goto(address)
    await body(t, page)
    t.same(complaints, [], 'nothing to complain of, and nothing loaded')
  })
}

const count = results.scenarios.length
const overflow = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')

/** How many figures there are, and how many different colours there are in each that is drawn. */
const colours = `[...document.querySelectorAll('figure[data-chart]')].map((figure) => {
  const canvas = figure.querySelector('canvas')
  if (canvas === null) return 0
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const seen = new Set()
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2])
  return seen.size
})`

/** Until the first chart's canvas is not the marked one. The page's own policy lets nothing be evaluated in a loop. */
const again = `new Promise((resolve) => {
  const look = () => document.querySelector('figure[data-chart] canvas')?.old ? requestAnimationFrame(look) : resolve()
  look()
})`

/** Scroll to each chart, as a reader would, and wait until it is drawn. */
async function seen(page: Page): Promise<number[]> {
  for (const figure of await page.locator('figure[data-chart]').all()) {
    await figure.scrollIntoViewIfNeeded()
    await figure.locator('canvas').waitFor()
  }
  // uPlot draws in a microtask; a frame later it has been done.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
  return await page.evaluate<number[]>(colours)
}

const desktop = { viewport: { width: 1280, height: 900 } }
/** A sheet of A4 between its margins of 14 mm. */
const sheet = { viewport: { width: Math.floor(((210 - 2 * 14) / 25.4) * 96), height: 1000 } }
const phone = { ...devices['iPhone 13'], viewport: { width: 390, height: 844 }, defaultBrowserType: undefined }

for (const [name, size] of [
  ['desktop', desktop],
  ['phone', phone],
] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    await open(`${name}, ${colorScheme}`, { ...size, colorScheme } as BrowserContextOptions, async (t, page) => {
      t.ok((await overflow(page)) <= 0, 'fits')
      const drawn = await seen(page)
      t.ok(drawn.length > 2 * count, `${drawn.length} charts`)
      t.ok(
        drawn.every((colours) => colours > 5),
        `none is blank: ${drawn}`,
      )
      t.ok((await overflow(page)) <= 0, 'fits with its charts')
      t.equal(await page.locator('#verdicts li').count(), count)
      t.match(await page.locator('#verdicts').innerText(), /Blocking is faster by \d+ % \[\d+, \d+\] in p50/)
      t.match(await page.locator('h1 ~ .hint').innerText(), 'Made-up <b>processor</b>', 'strings are text')
    })
  }
}

await open('colours follow the reader', { ...desktop, colorScheme: 'light' }, async (t, page) => {
  const figure = page.locator('figure[data-chart]').first()
  await figure.scrollIntoViewIfNeeded()
  await figure.locator('canvas').waitFor()
  // The canvas is another one after each redrawing.
  const mark = async () =>
    await figure.locator('canvas').evaluate((canvas) => {
      ;(canvas as unknown as { old: true }).old = true
    })
  const renewed = () => page.evaluate(again)
  const light = await figure.locator('canvas').screenshot()
  await mark()
  await page.emulateMedia({ colorScheme: 'dark' })
  await renewed()
  const dark = await figure.locator('canvas').screenshot()
  t.notOk(light.equals(dark), 'drawn again')
  await mark()
  await page.emulateMedia({ media: 'print' })
  await renewed()
  t.equal(
    await page.evaluate('getComputedStyle(document.body).backgroundColor'),
    'rgb(255, 255, 255)',
    'paper is white',
  )
  t.ok(
    (await page.evaluate<number[]>(colours)).every((colours) => colours > 5),
    'every chart is drawn for paper, seen or not',
  )
  t.equal(await page.locator('details:not([open])').count(), 0, 'paper cannot be opened')
  t.notOk(await page.locator('nav').isVisible())
  await mark()
  await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
  await renewed()
  t.equal(await page.locator('details[open]').count(), 0)
})

await open('paper is wide enough', sheet, async (t, page) => {
  await page.emulateMedia({ media: 'print' })
  await page.locator('figure[data-chart] canvas').first().waitFor()
  t.ok((await overflow(page)) <= 0, `${await overflow(page)} pixels too wide`)
})

await open('what was foretold stands beside what was measured', desktop, async (t, page) => {
  const told = page.getByRole('region', { name: 'Cliffs of broken' })
  t.match(await told.innerText(), /blocking\s+p50\s+250 ms \[200 ms, 300 ms\]\s+260 ms\s+1 against 1/)
  t.match(await told.innerText(), /event loop\s+growth of the backlog\s+50\/s\s+–\s+4 at a time/)
})

await open('lines can be switched by keyboard, and data saved', desktop, async (t, page) => {
  const figure = page.locator('figure[data-chart]').first()
  await figure.scrollIntoViewIfNeeded()
  await figure.locator('canvas').waitFor()
  const button = figure.getByRole('button', { name: 'event loop', exact: true })
  const before = await figure.locator('canvas').screenshot()
  await button.focus()
  await page.keyboard.press('Enter')
  t.equal(await button.getAttribute('aria-pressed'), 'false')
  t.notOk(before.equals(await figure.locator('canvas').screenshot()), 'a line is gone')
  const saved = await downloadBy(page.getByRole('button', { name: 'Save results.json' }))
  t.equal(saved.name, 'results.json')
  const text = JSON.stringify(results, (_, value) => (value === Infinity ? 'never' : value))
  t.same(JSON.parse(String(saved.bytes)), JSON.parse(text), 'all of it')
  const curves = await downloadBy(page.getByRole('button', { name: 'Save the curves' }))
  t.match(JSON.parse(String(curves.bytes))[0], { title: 'p50 against load', series: [{ name: 'blocking' }] })
})

await open('without script', { ...desktop, javaScriptEnabled: false }, async (t, page) => {
  t.equal(await page.locator('#verdicts li').count(), count)
  t.equal(await page.locator('#scenarios article table').first().isVisible(), true)
  t.equal(await page.locator('.chart').first().isVisible(), false, 'no empty charts')
  t.equal(await page.locator('.save').first().isVisible(), false, 'no buttons that do nothing')
})

t.test('every part that a link leads to is there', async (t) => {
  const text = fs.readFileSync(path.join(directory, 'report.html'), 'utf8')
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  t.equal(new Set(ids).size, ids.length, 'each once')
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) t.ok(ids.includes(target), String(target))
})
