/** `DELETE`, `MKCOL`, `MOVE`, `COPY` (RFC 9110, section 9.3.5; RFC 4918, section 9) and `OPTIONS`. */
import fs from 'node:fs'
import { overSeveralLoops, startEngine } from '../../fixtures/engines.ts'

const past = 'Sun, 06 Nov 1994 08:49:37 GMT'

overSeveralLoops(async (t, engine) => {
  const service = await startEngine(t, engine)
  const { root } = service
  const exists = (name: string) => fs.existsSync(service.path(name))
  const read = (name: string) => fs.readFileSync(service.path(name), 'utf8')
  const make = (...names: readonly string[]) => {
    for (const name of names) {
      const path = service.path(name)
      fs.mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true })
      if (name.endsWith('/')) fs.mkdirSync(path, { recursive: true })
      else fs.writeFileSync(path, `content of ${name}`)
    }
  }

  await t.test('DELETE of a file', async (t) => {
    make('file')
    const answer = await service.ask('DELETE', '/file')
    t.same([answer.status, answer.body.length], [204, 0])
    t.notOk(exists('file'))
    t.equal((await service.ask('DELETE', '/file')).status, 404)
    t.equal((await service.ask('DELETE', '/none/file')).status, 404)
  })

  await t.test('DELETE of a directory: an empty one, and a full one only with ?recursive', async (t) => {
    make('empty/', 'full/inner/file', 'full/other')
    t.equal((await service.ask('DELETE', '/empty')).status, 204)
    t.equal((await service.ask('DELETE', '/full/')).status, 409)
    t.ok(exists('full/inner/file'))
    t.equal((await service.ask('DELETE', '/full/?recursive')).status, 204)
    t.notOk(exists('full'))
  })

  await t.test('DELETE of what it cannot delete', async (t) => {
    make('file')
    t.equal((await service.ask('DELETE', '/')).status, 403)
    t.equal((await service.ask('DELETE', '/?recursive')).status, 403)
    t.equal((await service.ask('DELETE', '/file/')).status, 409)
    t.ok(exists('file'))
  })

  await t.test('DELETE on a condition', async (t) => {
    make('file')
    const etag = (await service.ask('HEAD', '/file')).field('etag') as string
    t.equal((await service.ask('DELETE', '/file', { 'If-Match': '"other"' })).status, 412)
    t.equal((await service.ask('DELETE', '/file', { 'If-Unmodified-Since': past })).status, 412)
    t.equal((await service.ask('DELETE', '/file', { 'If-None-Match': etag })).status, 412)
    t.ok(exists('file'))
    t.equal((await service.ask('DELETE', '/file', { 'If-Match': etag })).status, 204)
  })

  await t.test('recursive deletion removes links, not what they lead to', async (t) => {
    make('kept/file', 'gone/')
    fs.symlinkSync('../kept', `${root}/gone/link`)
    fs.symlinkSync('/', `${root}/gone/out`)
    t.equal((await service.ask('DELETE', '/gone/?recursive')).status, 204)
    t.ok(exists('kept/file'))
  })

  await t.test('MKCOL', async (t) => {
    make('file')
    const answer = await service.ask('MKCOL', '/made%20here')
    t.same([answer.status, answer.field('location')], [201, '/made%20here/'])
    t.ok(fs.statSync(service.path('made here')).isDirectory())
    t.equal((await service.ask('MKCOL', '/made%20here/inner/')).status, 201)
    t.equal((await service.ask('MKCOL', '/made%20here')).status, 409)
    t.equal((await service.ask('MKCOL', '/file')).status, 409)
    t.equal((await service.ask('MKCOL', '/')).status, 409)
    t.equal((await service.ask('MKCOL', '/none/inner')).status, 409)
    t.equal((await service.ask('MKCOL', '/body', { 'Content-Type': 'text/xml' }, '<x/>')).status, 415)
    t.notOk(exists('body'))
  })

  for (const method of ['MOVE', 'COPY']) {
    const moving = method === 'MOVE'
    await t.test(method, async (t) => {
      make('a', 'b', 'target/', 'tree/inner/file')
      const transfer = (from: string, to: string, fields = {}) =>
        service.ask(method, from, { Destination: to, ...fields })
      const answer = await transfer('/a', '/target/new%20name')
      t.same([answer.status, answer.field('location')], [201, '/target/new%20name'])
      t.equal(read('target/new name'), 'content of a')
      t.equal(exists('a'), !moving)
      make('a')
      t.equal((await transfer('/a', '/b')).status, 409, 'never over what exists without being told to')
      t.equal((await transfer('/a', '/b', { Overwrite: 'F' })).status, 409)
      t.equal(read('b'), 'content of b')
      t.equal((await transfer('/a', 'http://localhost/b', { Overwrite: 'T' })).status, 204)
      t.equal(read('b'), 'content of a')
      t.equal((await transfer('/tree/', '/tree2/')).status, 201)
      t.equal(read('tree2/inner/file'), 'content of tree/inner/file')
      t.equal(exists('tree'), !moving)
      make('tree/inner/file')
      t.equal((await transfer('/tree', '/tree/inner/below')).status, 409, 'into itself')
      t.equal((await transfer('/tree', '/tree')).status, 409)
      t.ok(exists('tree/inner/file'))
      await service.ask('DELETE', '/target/?recursive')
      await service.ask('DELETE', '/tree2?recursive')
    })

    await t.test(`${method} that cannot be done`, async (t) => {
      make('a', 'tree/inner/file')
      const before = service.tree()
      const rows: readonly (readonly [from: string, fields: Record<string, string>, status: number])[] = [
        ['/a', {}, 400],
        ['/a', { Destination: 'relative' }, 400],
        ['/a', { Destination: 'http://elsewhere/b' }, 400],
        ['/a', { Destination: 'ftp://localhost/b' }, 400],
        ['/a', { Destination: '/../b' }, 400],
        ['/a', { Destination: '/%2e%2e/b' }, 400],
        ['/a', { Destination: '/x%2Fy' }, 400],
        ['/a', { Destination: '/.twinserve/b' }, 403],
        ['/a', { Destination: '/none/b' }, 409],
        ['/a', { Destination: '/' }, 403],
        ['/', { Destination: '/b' }, 403],
        ['/none', { Destination: '/c' }, 404],
        ['/a/', { Destination: '/c' }, 409],
        ['/a', { Destination: '/tree', Overwrite: 'T' }, 409],
        ['/tree', { Destination: '/a', Overwrite: 'T' }, 409],
        ['/a', { Destination: '/c', 'If-Match': '"other"' }, 412],
      ]
      for (const [from, fields, status] of rows) {
        t.equal((await service.ask(method, from, fields)).status, status, `${from} ${JSON.stringify(fields)}`)
      }
      t.same(service.tree(), before)
    })
  }

  await t.test('COPY copies a link as a link', async (t) => {
    make('links/file')
    fs.symlinkSync('file', `${root}/links/link`)
    t.equal((await service.ask('COPY', '/links', { Destination: '/copied' })).status, 201)
    t.equal(fs.readlinkSync(`${root}/copied/link`), 'file')
  })

  await t.test('OPTIONS tells the methods', async (t) => {
    for (const target of ['/', '/b', '*', '/none']) {
      const answer = await service.ask('OPTIONS', target)
      t.equal(answer.status, 204, target)
      const methods = answer.field('allow')?.split(', ') ?? []
      for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'MKCOL', 'MOVE', 'COPY', 'OPTIONS']) {
        t.ok(methods.includes(method), `${target}: ${method}`)
      }
    }
  })

  await t.test('a method that is not understood', async (t) => {
    for (const method of ['PATCH', 'TRACE', 'LINK', 'SUBSCRIBE']) {
      const answer = await service.ask(method, '/b')
      t.equal(answer.status, 405, method)
      t.match(answer.field('allow'), /GET, HEAD, PUT/)
    }
  })

  await t.test('no temporary is left', async (t) => t.same(service.temporaries(), []))
})
