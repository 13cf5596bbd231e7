/** `POST`: uploads as a browser sends them (RFC 7578), and the forms of the pages. */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'

interface Part {
  readonly field: string
  readonly filename?: string
  readonly content: string
}

const boundary = '----formBoundary7MA4YWxkTrZu0gW'
const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Sec-Fetch-Site': 'same-origin' }
const urlencoded = { 'Content-Type': 'application/x-www-form-urlencoded' }

function bodyOf(...parts: readonly Part[]): string {
  const texts = parts.map(({ field, filename, content }) => {
    const name = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`
    return `--${boundary}\r\nContent-Disposition: form-data; name="${field}"${name}\r\n\r\n${content}\r\n`
  })
  return `${texts.join('')}--${boundary}--\r\n`
}

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const read = (name: string) => fs.readFileSync(service.path(name), 'utf8')
  const upload = (target: string, parts: readonly Part[], fields = {}) =>
    service.ask('POST', target, { ...multipart, ...fields }, bodyOf(...parts))
  fs.mkdirSync(service.path('folder'))

  await t.test('several files, of any content', async (t) => {
    const odd = `--${boundary.slice(0, -1)}\r\n\r\n--\r\n--\0${'x'.repeat(200_000)}\r`
    const answer = await upload('/folder/', [
      { field: 'file', filename: 'one.txt', content: 'one' },
      { field: 'file', filename: 'two ü.txt', content: odd },
      { field: 'file', filename: 'three', content: '' },
    ])
    t.equal(answer.status, 201)
    t.same([read('folder/one.txt'), read('folder/two ü.txt'), read('folder/three')], ['one', odd, ''])
  })

  await t.test('a browser is sent on to the listing', async (t) => {
    const answer = await upload('/folder/', [{ field: 'file', filename: 'page', content: 'x' }], browser)
    t.equal(answer.status, 303)
    t.equal(answer.field('location'), '/folder/?notice=uploaded')
    const page = await service.ask('GET', answer.field('location') ?? '', browser)
    t.match(page.text, /<p class=notice role=status>/)
    t.notMatch(
      (await service.ask('GET', '/folder/?notice=%3Cb%3E', browser)).text,
      /role=status/,
      'only the words of the server',
    )
  })

  await t.test('JSON for whoever asks for it', async (t) => {
    const parts = [{ field: 'file', filename: 'json', content: 'x' }]
    t.match((await upload('/folder/', parts, { Accept: 'application/json' })).json(), { stored: ['/folder/json'] })
  })

  await t.test('a name that exists is refused, and the others are stored', async (t) => {
    fs.writeFileSync(service.path('there'), 'old')
    const answer = await upload('/', [
      { field: 'file', filename: 'before', content: 'x' },
      { field: 'file', filename: 'there', content: 'new' },
      { field: 'file', filename: 'behind', content: 'x' },
    ])
    t.equal(answer.status, 409)
    t.match(answer.text, /there/)
    t.match(answer.text, /before/, 'it says what was stored all the same')
    t.same([read('before'), read('there'), read('behind')], ['x', 'old', 'x'])
  })

  await t.test('the field overwrite, before the file, lets it be replaced', async (t) => {
    fs.writeFileSync(service.path('again'), 'old')
    const file = { field: 'file', filename: 'again', content: 'new' }
    t.equal((await upload('/', [file, { field: 'overwrite', content: 'on' }])).status, 409)
    t.equal((await upload('/', [{ field: 'overwrite', content: 'on' }, file])).status, 201)
    t.equal(read('again'), 'new')
    t.equal((await upload('/?overwrite', [{ ...file, content: 'newer' }])).status, 201)
    t.equal(read('again'), 'newer')
  })

  await t.test('a file field that was left empty is nothing', async (t) => {
    const before = service.tree()
    const answer = await upload('/', [{ field: 'file', filename: '', content: '' }])
    t.equal(answer.status, 201)
    t.same(service.tree(), before)
  })

  await t.test('/upload stores where the field directory says', async (t) => {
    const file = { field: 'file', filename: 'sent', content: 'x' }
    t.equal((await upload('/upload', [{ field: 'directory', content: '/folder' }, file])).status, 201)
    t.equal(read('folder/sent'), 'x')
    t.equal((await upload('/upload', [file])).status, 201, 'without one, at the top')
    t.equal(read('sent'), 'x')
    t.equal((await upload('/upload', [{ field: 'directory', content: '/none' }, file])).status, 409)
    t.equal((await upload('/upload', [{ field: 'directory', content: '/../..' }, file])).status, 400)
    const sentOn = await upload(
      '/upload',
      [
        { field: 'directory', content: 'folder/' },
        { ...file, filename: 's2' },
      ],
      browser,
    )
    t.equal(sentOn.field('location'), '/folder/?notice=uploaded')
  })

  await t.test('names that cannot be stored', async (t) => {
    const before = service.tree()
    const rows = [
      ['..', 400],
      ['.', 400],
      ['a/b', 400],
      ['../x', 400],
      ['/etc/x', 400],
      ['.twinserve', 403],
      ['x\0y', 400],
      ['C:\\\\x', 400],
    ] as const
    for (const [filename, status] of rows) {
      t.equal((await upload('/', [{ field: 'file', filename, content: 'x' }])).status, status, filename)
    }
    t.same(service.tree(), before)
    t.equal((await upload('/none/', [{ field: 'file', filename: 'x', content: 'x' }])).status, 409)
    t.equal((await upload('/sent', [{ field: 'file', filename: 'x', content: 'x' }])).status, 409, 'into a file')
  })

  await t.test('bodies that cannot be read', async (t) => {
    const before = service.tree()
    const rows: readonly (readonly [name: string, type: string, body: string, status: number])[] = [
      ['no boundary', 'multipart/form-data', bodyOf(), 400],
      ['cut off', multipart['Content-Type'], bodyOf({ field: 'f', filename: 'x', content: 'x' }).slice(0, -20), 400],
      ['no header section', multipart['Content-Type'], `--${boundary}\r\n--${boundary}--`, 400],
      ['no name', multipart['Content-Type'], `--${boundary}\r\nContent-Type: a/b\r\n\r\nx\r\n--${boundary}--`, 400],
      ['another type', 'application/json', '{}', 415],
      ['no type', '', 'x', 415],
    ]
    for (const [name, type, body, status] of rows) {
      t.equal((await service.ask('POST', '/', { 'Content-Type': type }, body)).status, status, name)
    }
    t.equal((await service.ask('POST', '/upload', urlencoded, 'a=b')).status, 415)
    t.same(service.tree(), before)
  })

  const act = (target: string, form: Record<string, string>, fields = {}) =>
    service.ask('POST', target, { ...urlencoded, ...fields }, new URLSearchParams(form).toString())

  await t.test('mkdir', async (t) => {
    t.equal((await act('/folder/', { action: 'mkdir', name: 'made 1' })).status, 201)
    t.ok(fs.statSync(service.path('folder/made 1')).isDirectory())
    t.equal((await act('/folder/', { action: 'mkdir', name: 'made 1' })).status, 409)
    const answer = await act('/folder/', { action: 'mkdir', name: 'made2' }, browser)
    t.same([answer.status, answer.field('location')], [303, '/folder/?notice=created'])
    for (const name of ['..', 'a/b', '', 'a\\b', '.']) {
      t.equal((await act('/folder/', { action: 'mkdir', name })).status, 400, name)
    }
  })

  await t.test('move and copy', async (t) => {
    fs.writeFileSync(service.path('m'), 'm')
    fs.writeFileSync(service.path('taken'), 'taken')
    t.equal((await act('/m', { action: 'copy', destination: '/m = copy' })).status, 200)
    t.equal(read('m = copy'), 'm')
    t.equal((await act('/m', { action: 'move', destination: 'folder' })).status, 200, 'into a directory')
    t.equal(read('folder/m'), 'm')
    t.notOk(fs.existsSync(service.path('m')))
    t.equal((await act('/folder/m', { action: 'move', destination: '/taken' })).status, 409)
    t.equal(read('taken'), 'taken')
    const answer = await act('/folder/m', { action: 'move', destination: '/taken', overwrite: 'on' }, browser)
    t.same([answer.status, answer.field('location')], [303, '/?notice=moved'])
    t.equal(read('taken'), 'm')
    t.equal((await act('/none', { action: 'move', destination: '/x' })).status, 404)
    t.equal((await act('/taken', { action: 'move', destination: '/../x' })).status, 400)
    t.equal((await act('/taken', { action: 'move' })).status, 400)
  })

  await t.test('delete', async (t) => {
    fs.mkdirSync(service.path('full'))
    fs.writeFileSync(service.path('full/x'), 'x')
    t.equal((await act('/full/', { action: 'delete' })).status, 409)
    const answer = await act('/full/', { action: 'delete', recursive: 'on' }, browser)
    t.same([answer.status, answer.field('location')], [303, '/?notice=deleted'])
    t.notOk(fs.existsSync(service.path('full')))
    t.equal((await act('/', { action: 'delete', recursive: 'on' })).status, 403)
  })

  await t.test('what no form asks for', async (t) => {
    t.equal((await act('/', { action: 'format' })).status, 400)
    t.equal((await act('/', {})).status, 400)
    t.equal((await act('/', { action: 'mkdir', name: 'x', filler: 'x'.repeat(70_000) })).status, 413)
  })

  await t.test('the pages that ask first change nothing', async (t) => {
    const before = service.tree()
    for (const query of ['move', 'copy', 'delete']) {
      const page = await service.ask('GET', `/taken?${query}`, browser)
      t.equal(page.status, 200)
      t.match(page.text, new RegExp(`<form[^>]* action="/taken">.*name=action value=${query}`, 's'))
    }
    t.match((await service.ask('GET', '/upload', browser)).text, /action="\/upload"/)
    t.same(service.tree(), before)
  })

  await t.test('no temporary is left', async (t) => t.same(service.temporaries(), []))
})
