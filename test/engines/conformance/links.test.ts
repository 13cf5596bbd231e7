/** Symbolic links: followed inside, refused outside, whatever they stand for. And what is no file at all. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { forEachEngine, snapshot, startEngine } from '../../fixtures/engines.ts'

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { cacheBytes: 1 << 20 })
  const { root } = service
  const outside = path.dirname(root)
  fs.mkdirSync(`${root}/a/b`, { recursive: true })
  fs.writeFileSync(`${root}/a/b/file`, 'inside')
  fs.writeFileSync(`${outside}/secret`, 'secret')
  fs.mkdirSync(`${outside}/elsewhere`)
  fs.writeFileSync(`${outside}/elsewhere/secret`, 'secret')
  const before = snapshot(outside, (name) => !name.startsWith('share'))

  const inside: Record<string, string> = {
    direct: 'a/b/file',
    folder: 'a/b',
    chain: 'folder/../b/file',
    dots: './a/./b//file',
    'a/up': '../a/b/file',
    'a/b/top': '../..',
    twice: 'a/b/top/a/b/top/direct',
  }
  const leading: Record<string, string> = {
    absolute: '/etc/hostname',
    'absolute-inside': `${root}/a/b/file`,
    above: '../secret',
    'above-and-back': '../share/a/b/file',
    'a/above': '../../secret',
    through: 'a/b/top/../secret',
    directory: '../elsewhere',
    itself: 'itself',
    ping: 'pong',
    pong: 'ping',
    server: '.twinserve/temporary',
  }
  for (const [name, target] of Object.entries({ ...inside, ...leading })) fs.symlinkSync(target, `${root}/${name}`)
  fs.symlinkSync('nowhere', `${root}/broken`)

  await t.test('inside they are followed', async (t) => {
    for (const target of ['/direct', '/folder/file', '/chain', '/dots', '/a/up', '/a/b/top/direct', '/twice']) {
      t.equal((await service.ask('GET', target)).text, 'inside', target)
    }
    t.equal((await service.ask('GET', '/folder')).field('location'), '/folder/')
    t.match((await service.ask('GET', '/folder/?json')).text, /"file"/)
  })

  await t.test('out of the shared directory they are not, as the last part or before it', async (t) => {
    for (const name of Object.keys(leading)) {
      for (const target of [`/${name}`, `/${name}/`, `/${name}/secret`, `/${name}?zip`, `/${name}?download`]) {
        const answer = await service.ask('GET', target)
        t.ok([403, 404].includes(answer.status), `${target}: ${answer.status}`)
        t.notMatch(answer.text, /^secret/)
      }
    }
    t.equal((await service.ask('GET', '/broken')).status, 404)
    t.equal((await service.ask('GET', '/above')).status, 403)
  })

  await t.test('nothing is stored, moved or removed through them', async (t) => {
    const to = (target: string) => ({ Destination: target })
    t.equal((await service.ask('PUT', '/directory/new', {}, 'x')).status, 403)
    t.equal((await service.ask('MKCOL', '/directory/new')).status, 403)
    t.equal((await service.ask('DELETE', '/directory/secret')).status, 403)
    t.equal((await service.ask('MOVE', '/directory/secret', to('/got'))).status, 403)
    t.equal((await service.ask('COPY', '/directory/secret', to('/got'))).status, 403)
    t.equal((await service.ask('MOVE', '/a/b/file', to('/directory/moved'))).status, 403)
    t.equal((await service.ask('COPY', '/a/b/file', to('/directory/copied'))).status, 403)
    t.equal((await service.ask('GET', '/createdir=directory/new')).status, 403)
    t.equal((await service.ask('GET', '/?q=secret&json')).json<{ entries: [] }>().entries.length, 0)
    t.same(
      snapshot(outside, (name) => !name.startsWith('share')),
      before,
    )
  })

  await t.test('a name that is a link is itself replaced, moved and removed', async (t) => {
    t.equal((await service.ask('PUT', '/above', {}, 'x')).status, 409)
    t.equal((await service.ask('PUT', '/above?overwrite', {}, 'a file now')).status, 204)
    t.equal(fs.readFileSync(`${root}/above`, 'utf8'), 'a file now')
    t.equal((await service.ask('MOVE', '/directory', { Destination: '/renamed' })).status, 201)
    t.equal(fs.readlinkSync(`${root}/renamed`), '../elsewhere')
    t.equal((await service.ask('DELETE', '/renamed?recursive')).status, 204)
    t.equal((await service.ask('DELETE', '/broken')).status, 204)
    t.same(
      snapshot(outside, (name) => !name.startsWith('share')),
      before,
    )
  })

  await t.test('a FIFO, a socket and a device keep nobody waiting, and are not served', async (t) => {
    execFileSync('mkfifo', [`${root}/fifo`])
    const socket = net.createServer().listen(`${root}/socket`)
    await new Promise((resolve) => socket.on('listening', resolve))
    t.teardown(() => socket.close())
    for (const name of ['fifo', 'socket']) {
      t.equal((await service.ask('GET', `/${name}`)).status, 403, name)
      t.equal((await service.ask('HEAD', `/${name}`)).status, 403, name)
      t.equal((await service.ask('COPY', `/${name}`, { Destination: '/copied' })).status, 403, name)
      t.equal((await service.ask('PUT', `/${name}`, {}, 'x')).status, 409, name)
      t.match((await service.ask('GET', '/?json')).text, `{"name":"${name}","kind":"other"`)
    }
    t.same(
      Object.keys(service.tree()).filter((name) => name.startsWith('copied')),
      [],
    )
    t.equal((await service.ask('DELETE', '/fifo')).status, 204)
  })

  await t.test('a file that the server may not read', async (t) => {
    // Root may read everything.
    fs.writeFileSync(`${root}/closed`, 'x')
    fs.chmodSync(`${root}/closed`, 0)
    const { status } = await service.ask('GET', '/closed')
    t.equal(status, process.getuid?.() === 0 ? 200 : 403)
  })
})
