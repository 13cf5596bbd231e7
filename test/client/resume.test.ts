/** Going on after a break: of the connection, of the server, of this process. */
import fs from 'node:fs'
import type { Client, Progress } from '../../src/client/index.ts'
import { clientOf, failureOf, here } from '../fixtures/clients.ts'
import { forEachEngine, startEngine, startOn } from '../fixtures/engines.ts'
import { proxy } from '../fixtures/proxy.ts'

const size = 12 << 20
const content = Buffer.alloc(size, Buffer.from(Array.from({ length: 65_537 }, (_, i) => (i * 31) % 251)))

forEachEngine(async (t, engine) => {
  await t.test('an upload whose connection is cut, twice', async (t) => {
    const service = await startEngine(t, engine)
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    const retried: number[] = []
    const client = await clientOf(t, between.url, { onRetry: ({ attempt }) => retried.push(attempt) })
    fs.writeFileSync(local('f'), content)
    between.cutAfter(5 << 20, 'up')
    let again = false
    const onProgress = ({ done }: Progress) => {
      if (again || done < 8 << 20 || between.cuts === 0) return
      again = true
      between.cutAfter(1 << 20, 'up')
    }
    const stored = await client.upload(local('f'), 'f', { onProgress })
    t.ok(fs.readFileSync(service.path('f')).equals(content))
    t.equal(stored.size, size)
    t.ok(between.cuts >= 1 && retried.length >= between.cuts)
  })

  await t.test('an upload whose last answer is lost', async (t) => {
    const service = await startEngine(t, engine)
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    fs.writeFileSync(local('f'), content)
    const client = await clientOf(t, between.url)
    await client.upload(local('f'), 'f', { onProgress: ({ done }) => done === size && between.cutAfter(1, 'down') })
    t.ok(between.cuts >= 1)
    t.ok(fs.readFileSync(service.path('f')).equals(content))
    await client.upload(Buffer.from('warm'), 'warm')
    between.cutAfter(1, 'down')
    t.match(await client.upload(Buffer.from('small'), 'small'), { replaced: undefined, size: 5 })
    t.equal(fs.readFileSync(service.path('small'), 'utf8'), 'small')
  })

  await t.test('a download whose connection is cut', async (t) => {
    const service = await startEngine(t, engine)
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    fs.writeFileSync(service.path('f'), content)
    const client = await clientOf(t, between.url)
    for (const options of [{}, { resumeFrom: size + 1 }, { verify: true }]) {
      between.cutAfter(5 << 20, 'down')
      const cuts = between.cuts
      t.equal((await client.download('f', local('f'), options)).size, size)
      t.equal(between.cuts, cuts + 1)
      t.ok(fs.readFileSync(local('f')).equals(content))
      fs.unlinkSync(local('f'))
    }
    t.same(fs.readdirSync(local()), [])
  })

  await t.test('a server that is restarted in the middle', async (t) => {
    const service = await startEngine(t, engine, { limits: { drainTime: 1 } })
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    fs.writeFileSync(local('f'), content)
    const client = await clientOf(t, between.url)
    const restart = () => {
      let done: Promise<void> | undefined
      return ({ done: bytes }: Progress) => {
        if (bytes < 4 << 20 || done !== undefined) return
        done = (async () => {
          between.cut()
          await service.server.stop()
          const next = await startOn(t, engine, service.root)
          between.target = next.server.address
        })()
      }
    }
    const patient = await clientOf(t, between.url, { retry: { attempts: 100, firstDelay: 50, maxDelay: 200 } })
    await patient.upload(local('f'), 'f', { onProgress: restart() })
    t.ok(fs.readFileSync(service.path('f')).equals(content))
    await client.download('f', local('back'))
    t.ok(fs.readFileSync(local('back')).equals(content))
  })

  await t.test('another process goes on where the first was stopped', async (t) => {
    const service = await startEngine(t, engine)
    const local = await here(t)
    const options = { stateDirectory: local('state') }
    const stopAt = (bytes: number) => {
      const stop = new AbortController()
      return { signal: stop.signal, onProgress: ({ done }: Progress) => done >= bytes && stop.abort() }
    }
    const another = (): Promise<Client> => clientOf(t, service.server.url, options)
    fs.writeFileSync(local('f'), content)
    t.equal((await failureOf((await another()).upload(local('f'), 'f', stopAt(8 << 20)))).code, 'cancelled')
    t.equal(fs.readdirSync(local('state')).length, 1)
    const stored = await (await another()).upload(local('f'), 'f')
    t.ok(stored.resumed > 0 && stored.resumed < size, `${stored.resumed} bytes were there`)
    t.ok(fs.readFileSync(service.path('f')).equals(content))
    t.equal((await failureOf((await another()).download('f', local('g'), stopAt(8 << 20)))).code, 'cancelled')
    t.same(fs.readdirSync(local()).sort(), ['f', 'g.part', 'state'])
    const fetched = await (await another()).download('f', local('g'))
    t.ok(fetched.resumed > 0 && fetched.resumed < size, `${fetched.resumed} bytes were here`)
    t.ok(fs.readFileSync(local('g')).equals(content))
    t.same(fs.readdirSync(local('state')), [], 'nothing is noted any more')
    t.same(fs.readdirSync(local()).sort(), ['f', 'g', 'state'])
  })

  await t.test('a file that has changed since is fetched anew', async (t) => {
    const service = await startEngine(t, engine)
    const local = await here(t)
    const options = { stateDirectory: local('state') }
    fs.writeFileSync(service.path('f'), content)
    const stop = new AbortController()
    const client = await clientOf(t, service.server.url, options)
    const halfway = { signal: stop.signal, onProgress: ({ done }: Progress) => done >= 8 << 20 && stop.abort() }
    await failureOf(client.download('f', local('f'), halfway))
    const other = Buffer.alloc(size, 'other')
    fs.writeFileSync(service.path('f'), other)
    t.match(await client.download('f', local('f')), { resumed: 0 })
    t.ok(fs.readFileSync(local('f')).equals(other))
  })

  await t.test('a file that is changed while it is fetched', async (t) => {
    const service = await startEngine(t, engine)
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    fs.writeFileSync(service.path('f'), content)
    const other = Buffer.alloc(size, 'other')
    const client = await clientOf(t, between.url)
    let changed = false
    const onProgress = ({ done }: Progress) => {
      if (changed || done < 2 << 20) return
      changed = true
      fs.writeFileSync(service.path('new'), other)
      fs.renameSync(service.path('new'), service.path('f'))
      between.cut()
    }
    await client.download('f', local('f'), { onProgress })
    t.ok(fs.readFileSync(local('f')).equals(other), 'one version or the other, never both')
  })

  await t.test('a file of somebody else with the name of the part is left alone', async (t) => {
    const service = await startEngine(t, engine)
    const local = await here(t)
    fs.writeFileSync(service.path('f'), content)
    fs.writeFileSync(local('f.part'), 'mine')
    const client = await clientOf(t, service.server.url, { stateDirectory: local('state') })
    t.match(await failureOf(client.download('f', local('f'))), {
      code: 'exists',
      message: /f\.part exists already here/,
    })
    t.equal(fs.readFileSync(local('f.part'), 'utf8'), 'mine')
  })

  await t.test('a part that somebody has put another file in the place of', async (t) => {
    const service = await startEngine(t, engine)
    const local = await here(t)
    fs.writeFileSync(service.path('f'), content)
    const client = await clientOf(t, service.server.url, { stateDirectory: local('state') })
    const stop = new AbortController()
    const notes: number[] = []
    const onProgress = ({ done }: Progress) => {
      if (done === 0) return
      notes.push(fs.readdirSync(local('state')).length)
      stop.abort()
    }
    await failureOf(client.download('f', local('f'), { signal: stop.signal, onProgress }))
    t.equal(notes[0], 1, 'it is noted before the first byte: a process that is killed has no time for it')
    fs.renameSync(local('f.part'), local('away'))
    fs.writeFileSync(local('f.part'), 'mine')
    t.match(await failureOf(client.download('f', local('f'))), { code: 'exists' })
    t.equal(fs.readFileSync(local('f.part'), 'utf8'), 'mine')
  })

  await t.test('tried so often and no more', async (t) => {
    const service = await startEngine(t, engine)
    const between = await proxy(t, service.server.address)
    const local = await here(t)
    fs.writeFileSync(local('f'), content)
    const attempts: number[] = []
    const client = await clientOf(t, between.url, { onRetry: ({ attempt }) => attempts.push(attempt) })
    await client.upload(Buffer.from('warm'), 'warm')
    await service.server.stop()
    between.cut()
    t.match(await failureOf(client.upload(local('f'), 'f')), { code: 'connection_lost' })
    t.same(attempts, [2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})
