/** TLS where several loops serve, and where the terminating thread ends by mistake. */
import { once } from 'node:events'
import fs from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { serve as later } from '../../src/async/serve.ts'
import type { Credentials, RunningServer, ServeOptions } from '../../src/core/options.ts'
import { serve as now } from '../../src/sync/serve.ts'
import { childrenRunning } from '../fixtures/children.ts'
import { certified, credentials, fingerprintOf } from '../fixtures/credentials.ts'
import { quiet } from '../fixtures/quiet.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { temporary } from '../fixtures/temporary.ts'
import { watchThreads } from '../fixtures/threads.ts'

const ticketKeys = Buffer.alloc(48, 'keys of all workers')

interface Started {
  readonly server: RunningServer
  /** Where the log is. */
  readonly log: string
}

async function started(t: Test, serve: typeof now, more: Partial<ServeOptions>): Promise<Started> {
  const root = await temporary(t)
  const log = join(await temporary(t), 'log')
  const logFile = fs.openSync(log, 'a')
  fs.writeFileSync(join(root, 'a'), 'content')
  const server = await serve({ ...quiet, root, logFile, tls: { ...credentials, ticketKeys }, ...more })
  t.teardown(async () => {
    await server.stop()
    fs.closeSync(logFile)
  })
  return { server, log }
}

async function ask({ address }: RunningServer): Promise<string> {
  const client = await RawClient.connect({ ...address, secure: true })
  await client.send(message('GET', '/a'))
  const { text } = await client.answer()
  client.destroy()
  return text
}

interface Shaken {
  readonly reused: boolean
  readonly session: Buffer
  readonly fingerprint: string
}

/** A connection by TLS 1.2, whose handshake ends with the ticket. @param session to be resumed */
async function shake({ address }: RunningServer, session?: Buffer): Promise<Shaken> {
  const where = address as { host: string; port: number }
  const resumed = session === undefined ? {} : { session }
  const socket = tls.connect({ ...where, maxVersion: 'TLSv1.2', rejectUnauthorized: false, ...resumed })
  await once(socket, 'secureConnect')
  const shaken = {
    reused: socket.isSessionReused(),
    session: socket.getSession() as Buffer,
    fingerprint: socket.getPeerX509Certificate()?.fingerprint256 ?? '',
  }
  socket.destroy()
  return shaken
}

const shownBy = async (server: RunningServer) => (await shake(server)).fingerprint

/** Resolves when so many connections one after the other have got this certificate. */
async function shows(server: RunningServer, { cert }: Credentials, times: number): Promise<void> {
  const wanted = fingerprintOf({ cert, key: '' })
  for (let count = 0; count < times; ) count = (await shownBy(server)) === wanted ? count + 1 : 0
}

for (const [name, serve, several] of [
  ['sync, 2 threads', now, { threads: 2 }],
  ['async, 2 workers', later, { workers: 2 }],
] as const) {
  t.test(name, async (t) => {
    const { server } = await started(t, serve, several)
    t.match(server.url, /^https:/)
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(server)))
    t.same(new Set(answers), new Set(['content']))

    await t.test('whoever comes back is known to all of them', async (t) => {
      const { reused, session } = await shake(server)
      t.notOk(reused)
      for (let count = 0; count < 20; count += 1) t.ok((await shake(server, session)).reused)
    })

    await t.test('another certificate reaches all of them', async (t) => {
      const next = certified()
      server.renew({ ...next, ticketKeys: Buffer.alloc(48, 'others') })
      await shows(server, next, 30)
      t.pass()
    })
    await server.stop()
  })
}

t.test('a worker that is started again has the certificate that is in use', async (t) => {
  const { server, log } = await started(t, later, { workers: 2 })
  const next = certified()
  server.renew(next)
  await shows(server, next, 20)
  for (const pid of childrenRunning('worker')) process.kill(pid, 'SIGKILL')
  // Connections wait in the backlog until there is somebody.
  t.equal(await ask(server), 'content')
  for (let count = 0; count < 10; count += 1) t.equal(await shownBy(server), fingerprintOf(next))
  t.match(fs.readFileSync(log, 'utf8'), /a worker has ended by mistake/)
})

t.test('the terminating thread is started again, and the serving threads go on', async (t) => {
  const seen = watchThreads(t)
  const { server, log } = await started(t, now, {})
  const next = certified()
  server.renew(next)
  await shows(server, next, 1)
  const client = await RawClient.connect({ ...server.address, secure: true })
  await client.send(message('GET', '/a'))
  t.equal((await client.answer()).text, 'content')
  // The serving thread was started first.
  const terminator = seen.at(-1)
  t.equal(seen.length, 2)
  void terminator?.terminate()
  await client.ended
  client.destroy()
  t.equal(await ask(server), 'content', 'who comes meanwhile waits')
  t.equal(await shownBy(server), fingerprintOf(next), 'and gets the certificate that is in use')
  t.equal(seen.length, 3)
  t.match(
    fs.readFileSync(log, 'utf8'),
    /twinserve: a terminating thread has ended by mistake.*Another starts in 100 ms\.\n/,
  )
  await server.stop()
})
