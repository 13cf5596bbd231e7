/** Changing things with a browser that runs no script: by the forms of the pages, and by the address bar. */
import fs from 'node:fs'
import t, { type Test } from 'tap'
import { downloadBy, follow, launch, type Page, visit } from '../fixtures/browser.ts'
import { forEachEngine, type Service, startEngine } from '../fixtures/engines.ts'

const browser = await launch(t)

const heading = (page: Page) => page.locator('h1').innerText()
const notice = (page: Page) => page.locator('.notice[role=status]').innerText()
const read = (service: Service, path: string) => fs.readFileSync(service.path(path), 'utf8')
const exists = (service: Service, path: string) => fs.existsSync(service.path(path))

/** Files to choose, as a person has them: their names and what is in them. */
function chosen(files: Readonly<Record<string, string>>) {
  return Object.entries(files).map(([name, text]) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) }))
}

async function uploadHere(page: Page, files: Readonly<Record<string, string>>, replace: boolean): Promise<void> {
  await page.locator('summary', { hasText: 'Upload' }).click()
  const form = page.locator('form[enctype]')
  if (replace) await form.getByLabel('Replace existing').check()
  await form.getByLabel('Choose files').setInputFiles(chosen(files))
  await follow(form.getByRole('button', { name: 'Upload' }))
}

const awkward = {
  'plain.txt': 'one',
  'äöü – 日本語 🎉.txt': 'two',
  'it\'s a "quoted" name.txt': 'three',
  '<img src=x onerror=alert(1)>&amp;.html': 'four',
  'a=b; c%20d+e?#f.txt': 'five',
  '  spaces  ': 'six',
  empty: '',
}

async function uploads(t: Test, page: Page, service: Service): Promise<void> {
  fs.mkdirSync(service.path('in = here'))
  await page.goto('/in%20%3D%20here/')
  await uploadHere(page, awkward, false)
  t.equal(await notice(page), 'The upload is complete.')
  t.same(fs.readdirSync(service.path('in = here')).sort(), Object.keys(awkward).sort())
  for (const [name, text] of Object.entries(awkward)) t.equal(read(service, `in = here/${name}`), text, name)
  t.same((await page.locator('tbody th bdi').allTextContents()).sort(), Object.keys(awkward).sort())

  await uploadHere(page, { 'plain.txt': 'second', 'new.txt': 'new' }, false)
  t.equal(await heading(page), 'Not done')
  t.match(await page.locator('main').innerText(), /plain\.txt exists already/)
  t.equal(read(service, 'in = here/plain.txt'), 'one', 'not replaced unless asked for')

  await page.goto('/in%20%3D%20here/')
  await uploadHere(page, { 'plain.txt': 'second' }, true)
  t.equal(await notice(page), 'The upload is complete.')
  t.equal(read(service, 'in = here/plain.txt'), 'second')
  await page.reload()
  t.equal(read(service, 'in = here/plain.txt'), 'second', 'loading the page again sends nothing again')
}

async function uploadsByPage(t: Test, page: Page, service: Service): Promise<void> {
  fs.mkdirSync(service.path('by page'))
  await page.goto('/upload')
  t.equal(await heading(page), 'Upload files')
  await page.getByLabel('Into the folder').fill('/by page')
  await page.getByLabel('Choose files').setInputFiles(chosen({ 'a.txt': 'a', 'b “q”.txt': 'b' }))
  await follow(page.getByRole('button', { name: 'Upload' }))
  t.equal(await notice(page), 'The upload is complete.')
  t.equal(new URL(page.url()).pathname, '/by%20page/')
  t.same([read(service, 'by page/a.txt'), read(service, 'by page/b “q”.txt')], ['a', 'b'])
  await page.goto('/upload')
  await page.getByLabel('Into the folder').fill('/none')
  await page.getByLabel('Choose files').setInputFiles(chosen({ 'a.txt': 'a' }))
  await follow(page.getByRole('button', { name: 'Upload' }))
  t.equal(await page.locator('code').innerText(), 'no_parent')
  t.notOk(exists(service, 'none'))
}

async function creates(t: Test, page: Page, service: Service): Promise<void> {
  await page.goto('/')
  const create = async (name: string) => {
    await page.locator('summary', { hasText: 'New folder' }).click()
    await page.getByLabel('Name of the new folder').fill(name)
    await follow(page.getByRole('button', { name: 'Create' }))
  }
  for (const name of ['made', '“made” <b> & = ? # %41']) {
    await create(name)
    t.equal(await notice(page), 'The folder was created.')
    t.ok(fs.statSync(service.path(name)).isDirectory(), name)
    await follow(page.getByRole('link', { name: `${name}/`, exact: true }))
    t.equal(await heading(page), name)
    await follow(page.getByRole('link', { name: 'Home' }))
  }
  for (const [name, code] of [
    ['made', 'exists'],
    ['a/b', 'bad_name'],
    ['..', 'bad_name'],
    ['.twinserve', 'reserved'],
  ] as const) {
    await page.goto('/')
    await create(name)
    t.equal(await page.locator('code').innerText(), code, `a folder called ${name}`)
  }
}

/** The page behind an entry of the menu of a row. */
async function choose(page: Page, name: string, action: string): Promise<void> {
  const row = page.getByRole('row', { name })
  await row.locator('summary').click()
  await follow(row.getByRole('link', { name: action, exact: true }))
}

async function transfers(t: Test, page: Page, service: Service): Promise<void> {
  fs.mkdirSync(service.path('work/target = 1'), { recursive: true })
  fs.writeFileSync(service.path('work/old "name".txt'), 'old')
  fs.writeFileSync(service.path('work/other.txt'), 'other')
  fs.symlinkSync('target = 1', service.path('work/link'))
  await page.goto('/work/')
  const send = async (button: string, path: string, replace = false) => {
    await page.getByLabel('New path').fill(path)
    if (replace) await page.getByLabel('Replace existing').check()
    await follow(page.getByRole('button', { name: button }))
  }
  await choose(page, 'old "name".txt', 'Rename or move')
  t.equal(await heading(page), 'Rename or move “old "name".txt”')
  t.equal(await page.getByLabel('New path').inputValue(), '/work/old "name".txt', 'begins with what is')
  await send('Move', '/work/new <name>.txt')
  t.same([await notice(page), await heading(page)], ['It was moved.', 'work'])
  t.equal(read(service, 'work/new <name>.txt'), 'old')

  await choose(page, 'new <name>.txt', 'Copy')
  t.equal(await page.getByLabel('New path').inputValue(), '/work/new <name> (copy).txt')
  await follow(page.getByRole('button', { name: 'Copy' }))
  t.equal(await notice(page), 'It was copied.')
  t.equal(read(service, 'work/new <name> (copy).txt'), 'old')

  await choose(page, 'new <name>.txt', 'Rename or move')
  await send('Move', '/work/target = 1')
  t.same([await notice(page), await heading(page)], ['It was moved.', 'target = 1'], 'into a folder')
  t.equal(read(service, 'work/target = 1/new <name>.txt'), 'old')

  await choose(page, 'new <name>.txt', 'Rename or move')
  await send('Move', '/work/other.txt')
  t.equal(await heading(page), 'Not done')
  t.equal(read(service, 'work/other.txt'), 'other')
  await page.goBack()
  await send('Move', '/work/other.txt', true)
  t.equal(await notice(page), 'It was moved.')
  t.equal(read(service, 'work/other.txt'), 'old', 'replaced when asked for')

  await choose(page, 'link/ link', 'Rename or move')
  await send('Move', '/work/renamed link')
  t.equal(fs.readlinkSync(service.path('work/renamed link')), 'target = 1', 'a link is moved as itself')
  await choose(page, 'target = 1', 'Copy')
  await send('Copy', '/work/whole copy')
  t.equal(await notice(page), 'It was copied.')
  t.ok(fs.statSync(service.path('work/whole copy')).isDirectory())
  await choose(page, 'whole copy', 'Rename or move')
  await follow(page.getByRole('link', { name: 'Cancel' }))
  t.equal(await heading(page), 'work')
}

async function deletes(t: Test, page: Page, service: Service): Promise<void> {
  fs.mkdirSync(service.path('bin/full/deep'), { recursive: true })
  fs.mkdirSync(service.path('bin/hollow'))
  fs.writeFileSync(service.path('bin/full/deep/x'), 'x')
  fs.writeFileSync(service.path('bin/file & more'), 'x')
  fs.symlinkSync('full', service.path('bin/link'))
  const button = page.getByRole('button', { name: 'Delete' })
  const box = page.getByLabel('Delete everything in it')
  await page.goto('/bin/')

  await choose(page, 'file & more', 'Delete')
  t.match(await page.locator('main').innerText(), /^Delete “file & more”\?\s+This file will be deleted for good/)
  t.equal(await box.count(), 0)
  await follow(page.getByRole('link', { name: 'Cancel' }))
  t.ok(exists(service, 'bin/file & more'))
  await choose(page, 'file & more', 'Delete')
  await follow(button)
  t.equal(await notice(page), 'It was deleted.')
  t.notOk(exists(service, 'bin/file & more'))

  await choose(page, 'hollow', 'Delete')
  t.match(await page.locator('main').innerText(), /This empty folder will be deleted/)
  t.equal(await box.count(), 0, 'nothing to confirm besides')
  await follow(button)
  t.equal(await notice(page), 'It was deleted.')
  t.notOk(exists(service, 'bin/hollow'))

  await choose(page, 'link/ link', 'Delete')
  await follow(button)
  t.equal(await notice(page), 'It was deleted.')
  t.same(fs.readdirSync(service.path('bin')), ['full'], 'the link is gone, what it led to is not')

  await choose(page, 'full', 'Delete')
  t.match(await page.locator('main').innerText(), /This folder and all that is in it will be deleted/)
  await button.click()
  t.equal(
    await box.evaluate((input) => (input as unknown as { validity: { valueMissing: boolean } }).validity.valueMissing),
    true,
  )
  t.match(page.url(), /\?delete$/, 'the browser does not send it without the box')
  t.ok(exists(service, 'bin/full/deep/x'))
  await box.check()
  await follow(button)
  t.equal(await notice(page), 'It was deleted.')
  t.same(fs.readdirSync(service.path('bin')), [])
}

async function types(t: Test, page: Page, service: Service): Promise<void> {
  const type = async (command: string) => {
    const status = (await page.goto(command))?.status()
    return `${status} ${await heading(page)}`
  }
  t.equal(await type('/createdir=typed'), '201 Created')
  t.ok(fs.statSync(service.path('typed')).isDirectory())
  await follow(page.getByRole('link', { name: 'Open it' }))
  t.equal(await heading(page), 'typed')
  t.equal(await type('/createdir=typed'), '409 Not done')
  t.equal(await type('/createdir=typed/ö <b> %3D'), '201 Created')
  t.ok(exists(service, 'typed/ö <b> ='))
  fs.writeFileSync(service.path('typed/one.txt'), '1')
  t.equal(await type('/listdir/typed'), '200 typed')
  t.equal(await type('/move=typed/one.txt=typed/two.txt'), '200 Moved')
  t.equal(read(service, 'typed/two.txt'), '1')
  t.equal(await type('/move=typed/two.txt=typed/ö <b> %3D'), '200 Moved')
  t.equal(read(service, 'typed/ö <b> =/two.txt'), '1', 'into a folder that is there')
  await follow(page.getByRole('link', { name: /^See / }))
  t.equal(await heading(page), 'ö <b> =')
  t.equal(await type('/deletedir=typed'), '409 Not done')
  t.equal(await type('/delete=typed'), '409 Not done', 'which is a directory')
  t.equal(await type('/delete=typed/ö <b> %3D/two.txt'), '200 Deleted')
  t.equal(await type('/deletedir=typed/ö <b> %3D'), '200 Deleted')
  fs.writeFileSync(service.path('typed/rest'), '1')
  t.equal(await type('/deletedir=typed?recursive'), '200 Deleted')
  t.notOk(exists(service, 'typed'))
  t.equal(await type('/delete=none'), '404 Not found')
  t.equal(await type('/move=none'), '400 That did not work')
  fs.writeFileSync(service.path('upload'), 'a file that is called as a command is')
  await page.goto('/')
  const file = await downloadBy(page.getByRole('link', { name: 'upload', exact: true }))
  t.equal(file.bytes.toString(), 'a file that is called as a command is')
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const chapters = {
    'upload by the form of a folder': uploads,
    'upload by the page for it': uploadsByPage,
    'new folder': creates,
    'rename, move, copy': transfers,
    delete: deletes,
    'commands typed into the address bar': types,
  }
  for (const [name, chapter] of Object.entries(chapters)) {
    await visit(t, name, { browser, service }, (t, page) => chapter(t, page, service))
  }
  t.same(service.temporaries(), [], 'nothing is left over')
})
