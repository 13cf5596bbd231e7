/**
 * The seven commands of the address bar, in their exact grammar:
 *
 *     /createdir=NAME   /deletedir=NAME   /delete=PATH   /move=SOURCE=DESTINATION
 *     /listdir   /listdir/PATH   /upload   /download=PATH
 */
import fs from 'node:fs'
import { forEachEngine, startEngine } from '../../fixtures/engines.ts'

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const exists = (name: string) => fs.existsSync(service.path(name))
  const read = (name: string) => fs.readFileSync(service.path(name), 'utf8')
  const write = (name: string, content = name) => fs.writeFileSync(service.path(name), content)
  /** As somebody does who types it into a browser. */
  const type = (target: string) => service.ask('GET', target, { Accept: 'text/html', 'Sec-Fetch-Site': 'none' })
  const status = async (target: string) => (await type(target)).status

  await t.test('/createdir=NAME', async (t) => {
    const answer = await type('/createdir=new%20folder')
    t.equal(answer.status, 201)
    t.match(answer.text, /\/new folder/)
    t.ok(fs.statSync(service.path('new folder')).isDirectory())
    t.equal(await status('/createdir=new%20folder'), 409)
    t.equal(await status('/createdir=new%20folder/inner'), 201, 'a path')
    t.equal(await status('/createdir=none/inner'), 409)
    t.equal(await status('/createdir=a%3Db'), 201)
    t.ok(exists('a=b'), 'a real equals sign')
  })

  await t.test('/deletedir=NAME', async (t) => {
    t.equal(await status('/deletedir=new%20folder'), 409, 'not empty')
    t.equal(await status('/deletedir=new%20folder/inner'), 200)
    t.equal(await status('/deletedir=a%3Db'), 200)
    write('file')
    t.equal(await status('/deletedir=file'), 409)
    t.equal(await status('/deletedir=none'), 404)
    fs.mkdirSync(service.path('new folder/x/y'), { recursive: true })
    t.equal(await status('/deletedir=new%20folder?recursive'), 200)
    t.notOk(exists('new folder'))
    t.ok(exists('file'))
  })

  await t.test('/delete=PATH', async (t) => {
    fs.mkdirSync(service.path('d'))
    write('d/x=y')
    t.equal(await status('/delete=d'), 409, 'a directory')
    t.equal(await status('/delete=d/x=y'), 400, 'an equals sign of the name is written %3D')
    t.ok(exists('d/x=y'))
    t.equal(await status('/delete=d/x%3Dy'), 200)
    t.notOk(exists('d/x=y'))
    t.equal(await status('/delete=/file'), 200, 'with a slash before it')
    t.equal(await status('/delete=file'), 404)
  })

  await t.test('/move=SOURCE=DESTINATION', async (t) => {
    write('one')
    write('two')
    t.equal(await status('/move=one=d'), 200, 'into a directory that exists')
    t.equal(read('d/one'), 'one')
    t.equal(await status('/move=d/one=renamed'), 200, 'to a new name')
    t.equal(read('renamed'), 'one')
    t.equal(await status('/move=renamed=two'), 409)
    t.equal(read('two'), 'two')
    t.equal(await status('/move=renamed=a%3Db%3Dc'), 200)
    t.equal(read('a=b=c'), 'one')
    t.equal(await status('/move=a%3Db%3Dc=two?overwrite'), 200)
    t.equal(read('two'), 'one')
    t.equal(await status('/move=d=e'), 200, 'a directory')
    t.equal(await status('/move=e=e/inside'), 409)
    t.equal(await status('/move=none=x'), 404)
    t.equal(await status('/move=two=none/x'), 409)
  })

  await t.test('/listdir and /listdir/PATH', async (t) => {
    fs.mkdirSync(service.path('shown'))
    write('shown/inside')
    t.match((await type('/listdir')).text, /"\/shown\/"/)
    t.match((await type('/listdir/')).text, /"\/shown\/"/)
    t.match((await type('/listdir/shown')).text, /"\/shown\/inside"/)
    t.match((await service.ask('GET', '/listdir/shown?json')).json(), { path: '/shown', entries: [{ name: 'inside' }] })
    t.equal(await status('/listdir/none'), 404)
    t.equal(await status('/listdir/two'), 404, 'a file')
    t.equal(await status('/listdirx'), 404)
  })

  await t.test('/upload is the form', async (t) => {
    const answer = await type('/upload')
    t.equal(answer.status, 200)
    t.match(answer.text, /<form[^>]*method=post[^>]*multipart\/form-data[^>]*action="\/upload"/)
    t.match(answer.text, /type=file/)
  })

  await t.test('/download=PATH', async (t) => {
    write('d=1', 'equals')
    const answer = await type('/download=d%3D1')
    t.equal(answer.text, 'equals')
    t.match(answer.field('content-disposition'), /^attachment; filename=("d=1"|d=1)/)
    t.equal(await status('/download=shown'), 409)
    t.equal(await status('/download=none'), 404)
    t.equal((await service.ask('GET', '/download=two', { Range: 'bytes=1-' })).text, 'ne')
  })

  await t.test('what is almost a command is refused with the grammar, or is a name', async (t) => {
    const before = service.tree()
    const rows: readonly (readonly [target: string, status: number])[] = [
      ['/createdir=', 400],
      ['/createdir=a=b', 400],
      ['/deletedir=', 400],
      ['/delete=', 400],
      ['/delete=a=b', 400],
      ['/download=', 400],
      ['/download=a=b', 400],
      ['/move=', 400],
      ['/move=two', 400],
      ['/move=two=', 400],
      ['/move==two', 400],
      ['/move=two=a=b', 400],
      ['/createdir=..', 400],
      ['/createdir=../x', 400],
      ['/createdir=%2e%2e%2fx', 400],
      ['/createdir=a%00b', 400],
      ['/createdir=.twinserve', 403],
      ['/move=two=..', 400],
      ['/move=..%2fsecret=x', 400],
      ['/delete=..', 400],
      ['/delete=%5c', 400],
      ['/createdir', 404],
      ['/CREATEDIR=x', 404],
      ['/createdir%3Dx', 404],
      ['/sub/createdir=x', 404],
      ['/shown/delete=two', 404],
      ['/delete%3Dtwo', 404],
      ['/deletedir=/', 403],
      ['/move=/=x', 403],
    ]
    for (const [target, expected] of rows) t.equal(await status(target), expected, target)
    t.same(service.tree(), before)
  })

  await t.test('files that have the names of commands are reached by an encoded letter', async (t) => {
    write('upload', 'a file')
    write('createdir=x', 'another')
    t.equal((await type('/%75pload')).text, 'a file')
    t.equal((await type('/createdir%3Dx')).text, 'another')
    const { text } = await type('/')
    for (const href of ['/%75pload', '/createdir%3Dx'])
      t.ok(text.includes(`href="${href}"`), `the listing links ${href}`)
  })

  const changing = ['/createdir=made', '/deletedir=shown?recursive', '/delete=two', '/move=two=moved']

  await t.test('HEAD never changes anything', async (t) => {
    const before = service.tree()
    for (const target of changing) {
      const answer = await service.ask('HEAD', target)
      t.equal(answer.status, 405, target)
      t.equal(answer.field('allow'), 'GET')
    }
    t.same(service.tree(), before)
  })

  await t.test('no page elsewhere can make a browser do them', async (t) => {
    const before = service.tree()
    const foreign: readonly Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'anything' },
      { Origin: 'http://elsewhere.example' },
      { Origin: 'null' },
      { Origin: 'http://localhost:1' },
      { Origin: 'http://localhost', 'Sec-Fetch-Site': 'cross-site' },
    ]
    for (const fields of foreign) {
      for (const target of changing) {
        t.equal((await service.ask('GET', target, fields)).status, 403, `${target} ${JSON.stringify(fields)}`)
      }
    }
    t.same(service.tree(), before)
    t.equal(
      (await service.ask('GET', '/listdir', { 'Sec-Fetch-Site': 'cross-site' })).status,
      200,
      'reading is no change',
    )
  })

  await t.test('what they answer is not kept', async (t) => {
    t.match((await type('/createdir=once')).field('cache-control'), /no-cache|no-store/)
    t.match((await service.ask('GET', '/createdir=json', { Accept: 'application/json' })).json(), { path: '/json' })
    t.match((await service.ask('GET', '/deletedir=json')).text, /\/json/)
  })
})
