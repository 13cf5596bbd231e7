/**
 * A process that runs out of descriptors goes on serving the connections that it has, and accepts again later.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporary } from '../fixtures/temporary.ts'
import { connect, get, type Wire } from '../fixtures/wire.ts'

const loader = new URL('../../scripts/typescript.js', import.meta.url).href
const script = fileURLToPath(new URL('../fixtures/serving-process-entry.ts', import.meta.url))

for (const engine of ['sync', 'async']) {
  t.test(engine, async (t) => {
    const root = await temporary(t)
    fs.writeFileSync(path.join(root, 'small'), 'content')
    const command = 'ulimit -n 100; loader="$1"; shift; exec "$0" --import="$loader" "$@"'
    const child = spawn('sh', ['-c', command, process.execPath, loader, script, engine, root], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const exit = once(child, 'exit')
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const address = JSON.parse(String(line))
    const wires: Wire[] = []
    for (let made = 0; made < 150; made += 1) wires.push(await connect(address))
    const first = wires[0] as Wire
    // It holds a descriptor already, but a file needs another: served, or refused for now, but answered.
    first.write(get('/small'))
    await first.until((w) => w.answers === 1)
    for (const wire of wires) wire.close()
    const again = await connect(address)
    again.write(get('/small'))
    await again.until((w) => w.received.endsWith('content'))
    again.close()
    child.stdin.end()
    t.strictSame(await exit, [0, null], 'and ends by itself')
  })
}
