/** Clients that are never silent for long, and never done: what one request may wait for its client, all in all. */
import fs from 'node:fs'
import { type Engine, forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { message, RawClient } from '../../fixtures/raw-client.ts'

const size = 64 * 1024 * 1024

forEachEngine(async (t, engine: Engine) => {
  await t.test('a body that comes byte by byte', async (t) => {
    // The server lingers for as long as we may need to see that it has answered: what we send behind that would be reset.
    const limits = { requestTime: 300, bodyStall: 20_000, lingerTime: 20_000 }
    const service = await startEngine(t, engine, { limits })
    const client = await service.connect()
    await client.send(message('PUT', '/slow', { 'Content-Length': '1000000' }))
    const drip = setInterval(() => void client.send('x'), 10)
    t.equal((await client.answer()).status, 408)
    clearInterval(drip)
    t.equal(await client.ended, 'end')
    t.same(service.temporaries(), [])
    t.notOk(fs.existsSync(service.path('slow')))
    client.destroy()
  })

  await t.test('a reader that takes a little again and again', async (t) => {
    const limits = { requestTime: 300, requestRate: 1024 ** 4, sendStall: 20_000, lingerTime: 100 }
    const service = await startEngine(t, engine, { limits })
    fs.writeFileSync(service.path('large'), '')
    // One sip is up to 32 reads (libuv's `uv__read`): so much that all the sips there is time for are a small part of it.
    fs.truncateSync(service.path('large'), 32 * size)
    const client = await service.connect()
    await client.send(message('GET', '/large'))
    client.pause()
    let sips = true
    const sip = setInterval(() => {
      client.resume()
      setImmediate(() => {
        if (sips) client.pause()
      })
    }, 10)
    // The server has cut it: what is left of the answer lies in the buffers of the system.
    const next = await service.ask('GET', '/none')
    t.equal(next.status, 404)
    if (engine.name === 'async') while (openFiles(service.path('large')) > 0) await new Promise(setImmediate)
    clearInterval(sip)
    // The last sip may not be over.
    sips = false
    client.resume()
    await t.rejects(client.answer(), /ended within/)
    client.destroy()
  })

  await t.test('what is only large goes on', async (t) => {
    const service = await startEngine(t, engine, { limits: { requestTime: 1, requestRate: 1000 } })
    fs.writeFileSync(service.path('large'), '')
    fs.truncateSync(service.path('large'), size)
    t.equal((await service.ask('GET', '/large')).body.length, size)
    t.equal((await service.ask('PUT', '/stored', {}, Buffer.alloc(1_000_000))).status, 201)
  })

  await t.test('many slow clients, and one that is not', async (t) => {
    const blocking = engine.name === 'sync'
    const service = await startEngine(t, engine, { limits: { headerTime: blocking ? 50 : 5000, lingerTime: 100 } })
    fs.writeFileSync(service.path('a'), 'content')
    t.equal((await service.ask('GET', '/a')).status, 200)
    const order: string[] = []
    const slow = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(service.server.address as never)))
    await Promise.all(slow.map((client) => client.send('GET /a HTT')))
    const late = slow.map(async (client) => order.push(`${(await client.answer()).status}`))
    const quick = service.ask('GET', '/a').then((answer) => order.push(`quick ${answer.status}`))
    await Promise.all([...late, quick])
    t.equal(order.filter((each) => each === '408').length, 40, 'each is sent away')
    const at = order.indexOf('quick 200')
    if (blocking) t.ok(at > 0, `behind ${at} of them, and not for ever`)
    else t.equal(at, 0, 'before all of them')
    for (const client of slow) client.destroy()
  })
})

/** How often this process has a file open: the event loop runs in it. */
function openFiles(path: string): number {
  const links = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The one that listed them.
      return ''
    }
  })
  return links.filter((link) => link === path).length
}
