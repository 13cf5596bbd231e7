/**
 * What is particular to an engine that blocks: one request at a time, and a bound to every wait.
 */
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { serve } from '../../src/sync/serve.ts'
import { quiet } from '../fixtures/quiet.ts'
import { temporary } from '../fixtures/temporary.ts'
import { connect, get } from '../fixtures/wire.ts'

t.test('half a request holds everybody, until its deadline', async (t) => {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  const server = await serve({ ...quiet, root, limits: { headerTime: 1000 } })
  t.teardown(() => server.stop())
  const half = await connect(server.address)
  half.write('GET /small HTTP/1.1\r\n')
  // The server has turned to it once it asks for the rest: connections are accepted before requests are served,
  // so a request sent afterwards on a new connection is always behind it.
  const other = await connect(server.address)
  other.write(get('/small'))
  await other.until((w) => w.answers === 1)
  // What was sent before that is here, and read by the next turn of the event loop at the latest.
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
  t.ok(half.ended, 'the one before it has had its end first')
  t.match(half.received, /^(HTTP\/1\.1 408 |$)/)
  half.close()
  other.close()
})

t.test('a thread that is blocked does not keep the main thread from anything', async (t) => {
  const root = await temporary(t)
  const server = await serve({ ...quiet, root, limits: { headerTime: 60_000, drainTime: 20 } })
  const half = await connect(server.address)
  half.write('GET /small HTTP/1.1\r\n')
  let turns = 0
  const timer = setInterval(() => {
    turns += 1
  }, 1)
  await server.stop()
  clearInterval(timer)
  t.ok(turns > 0)
  half.close()
})
