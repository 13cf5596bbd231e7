/** Logging in, by the address, an option, the environment, or at the terminal; and where a password does not go. */
import fs from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { loginOf } from '../../src/cli/client/credentials.ts'
import { endpointOf } from '../../src/client/endpoint.ts'
import { connect } from '../../src/client/index.ts'
import { basic, entriesFrom } from '../fixtures/accounts.ts'
import { forEachEngine, startEngine } from '../fixtures/engines.ts'
import { temporary } from '../fixtures/temporary.ts'
import { Terminal } from '../fixtures/terminal.ts'

const auth = { entries: entriesFrom('ann:p@ss:wörd@/mine', '@/pub'), fallbackKey: 'fallback' }

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine, { readOnly: false, auth })
  fs.mkdirSync(service.path('mine'))
  fs.mkdirSync(service.path('pub'))
  fs.writeFileSync(service.path('mine', 'a.txt'), 'private')
  const { url } = service.server
  const options = { stateDirectory: false as const, retry: { attempts: 1 } }

  await t.test('by the address, or by options: calls and transfers', async (t) => {
    const address = new URL(url)
    address.username = 'ann'
    address.password = 'p@ss:wörd'
    for (const login of [{ url: address }, { url, user: 'ann', password: 'p@ss:wörd' }]) {
      const client = await connect({ ...options, ...login })
      t.equal(client.url.href, url, 'the address is told without them')
      t.ok((await client.list('/mine')).entries.some(({ name }) => name === 'a.txt'))
      const to = await temporary(t)
      await client.download('/mine/a.txt', `${to}/a.txt`)
      t.equal(fs.readFileSync(`${to}/a.txt`, 'utf8'), 'private')
      await client.upload(Buffer.from('new'), '/mine/new', { overwrite: true })
      await client.upload(Buffer.alloc(100_000), '/mine/large', { overwrite: true, resumeFrom: 1 })
      await client.close()
    }
    t.equal(address.username, 'ann', 'what is the caller’s stays as it was')
  })

  await t.test('refused', async (t) => {
    await t.rejects(connect({ ...options, url, user: 'ann', password: 'wrong' }), { code: 'bad_credentials' })
    const nobody = await connect({ ...options, url })
    await t.rejects(nobody.list('/mine'), { code: 'unauthorized' })
    await nobody.close()
  })
})

t.test('what an address says', async (t) => {
  const { authorization, url } = endpointOf('http://ann:a%3Ab@host:1/')
  t.equal(authorization, basic('ann', 'a:b'))
  t.equal(url.href, 'http://host:1/')
  t.equal(endpointOf('http://ann:%zz@host/').authorization, basic('ann', '%zz'))
  t.equal(endpointOf('http://ann@host/').authorization, basic('ann', ''))
  t.equal(endpointOf('http://host/', { user: 'bob', password: 'x' }).authorization, basic('bob', 'x'))
  t.equal(endpointOf('http://ann:1@host/', { user: 'bob', password: 'x' }).authorization, basic('ann', '1'))
  t.equal(endpointOf('http://host/').authorization, undefined)
  t.throws(() => endpointOf('http://host/', { user: 'a:b' }), { code: 'bad_parameter' })
  for (const bad of ['http://ann:secret@host/path', 'ftp://ann:secret@host/', 'x://ann:secret@']) {
    try {
      endpointOf(bad)
      t.fail(bad)
    } catch (error) {
      t.notMatch((error as Error).message, 'secret', bad)
    }
  }
})

t.test('what the environment says, and what is asked for', async (t) => {
  const none = { input: Readable.from([]), errors: new PassThrough() }
  const login = (url: string | undefined, user: string | undefined, environment: NodeJS.ProcessEnv) =>
    loginOf({ url, user }, environment, none)
  const ann = { TWINSERVE_USER: 'ann', TWINSERVE_PASSWORD: 'pw' }
  t.strictSame(await login(undefined, undefined, {}), {})
  t.strictSame(await login(undefined, undefined, ann), { user: 'ann', password: 'pw' })
  t.strictSame(await login('http://nas/', undefined, ann), { user: 'ann', password: 'pw' })
  t.strictSame(await login(undefined, 'bob', { TWINSERVE_PASSWORD: 'pw' }), { user: 'bob', password: 'pw' })
  const there = { ...ann, TWINSERVE_URL: 'http://nas/' }
  t.strictSame(await login('http://nas/', undefined, there), { user: 'ann', password: 'pw' })
  t.strictSame(await login('http://elsewhere/', undefined, there), {}, 'a password goes to no other server')
  const message = 'There is no password for bob. Set TWINSERVE_PASSWORD, or run the command at a terminal.'
  await t.rejects(login(undefined, 'bob', {}), { name: 'UsageError', message })
  await t.rejects(login(undefined, 'bob', ann), { message }, 'nor is it somebody else’s')
  await t.rejects(login('http://elsewhere/', 'bob', there), { message })
  const terminal = new Terminal()
  const asked = loginOf({ url: undefined, user: 'bob' }, {}, { input: terminal.input, errors: terminal.output })
  await terminal.until(/Password for bob: $/)
  terminal.enter('typed')
  t.strictSame(await asked, { user: 'bob', password: 'typed' })
})
