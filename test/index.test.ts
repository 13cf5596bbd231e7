/** What programs import: a server that is told no more than its directory, and a client for it. */
import fs from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { connect, serveAsync, serveSync } from '../src/index.ts'
import { temporary } from './fixtures/temporary.ts'

for (const [name, serve] of Object.entries({ serveSync, serveAsync })) {
  t.test(name, async (t) => {
    const root = await temporary(t)
    fs.writeFileSync(path.join(root, 'a.txt'), 'a')
    const listen = { host: '127.0.0.1', port: 0 }
    for (const [options, change] of [
      [{}, { code: 'read_only' }],
      [{ readOnly: false }, undefined],
    ] as const) {
      const server = await serve({ root, listen, ...options })
      try {
        const client = await connect({ url: server.url, stateDirectory: false })
        t.equal((await client.list()).total, 1)
        const made = await client.mkdir('made').then(
          () => undefined,
          (error: unknown) => error,
        )
        if (change === undefined) t.equal(made, undefined, 'changes were allowed')
        else t.match(made, change, 'changes have to be allowed')
        await client.close()
      } finally {
        await server.stop()
        await server.closed
      }
    }
    t.ok(fs.statSync(path.join(root, 'made')).isDirectory())
    await t.rejects(serve({ root: path.join(root, 'none'), listen }), { code: 'ENOENT' })
  })
}
