/**
 * What is particular to an engine that does not block: whoever waits, waits alone.
 */
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { serve } from '../../src/async/serve.ts'
import { quiet } from '../fixtures/quiet.ts'
import { temporary } from '../fixtures/temporary.ts'
import { connect, get } from '../fixtures/wire.ts'

t.test('half a request holds nobody', async (t) => {
  const root = await temporary(t)
  fs.writeFileSync(path.join(root, 'small'), 'content')
  const server = await serve({ ...quiet, root, limits: { headerTime: 3000 } })
  t.teardown(() => server.stop())
  const order: string[] = []
  const half = await connect(server.address)
  half.write('GET /small HTTP/1.1\r\n')
  const other = await connect(server.address)
  other.write(get('/small'))
  await Promise.all([
    half.until((w) => w.ended).then(() => order.push('half')),
    other.until((w) => w.answers === 1).then(() => order.push('other')),
  ])
  t.strictSame(order, ['other', 'half'])
  t.match(half.received, /^(HTTP\/1\.1 408 |$)/)
  half.close()
  other.close()
})
