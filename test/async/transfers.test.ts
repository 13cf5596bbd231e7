/** The event-loop engine's pump, and what slow readers may take of the process and of the kernel. */
import fs from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fileCalls } from '../../src/async/calls.ts'
import { serve } from '../../src/async/serve.ts'
import { socketCalls } from '../../src/async/transfers.ts'
import type { Socket } from '../../src/core/calls.ts'
import { limitsOf } from '../../src/core/limits.ts'
import { quiet } from '../fixtures/quiet.ts'
import { message, RawClient } from '../fixtures/raw-client.ts'
import { temporary } from '../fixtures/temporary.ts'

const KiB = 1024
const limits = limitsOf({})
const environment = { now: () => 0 } as Parameters<typeof socketCalls>[0]

type Sending = (piece: Uint8Array) => void | Promise<void>

/** The pump, for a file of so many bytes that are all different from their neighbours. */
async function pumpOf(t: Test, size: number) {
  const path = join(await temporary(t), 'file')
  const content = Buffer.alloc(size)
  for (let at = 0; at < size; at += 1) content[at] = (at * 31 + (at >> 8) * 17) & 255
  fs.writeFileSync(path, content)
  const file = fs.openSync(path, 'r')
  t.teardown(() => fs.closeSync(file))
  const calls = socketCalls(environment, limits)
  const pump = (send: Sending, offset = 0, length = size) =>
    Promise.resolve(calls.sendfile({ id: 0, send } as unknown as Socket, file, offset, length, 1000, 1e9))
  return { content, pump, calls, file }
}

t.test('all that was asked for is sent, in order, whenever it is taken', async (t) => {
  const { content, pump } = await pumpOf(t, 3 * KiB * KiB + 7)
  const ways: Record<string, Sending> = {
    'at once': () => undefined,
    later: () => new Promise((resolve) => setImmediate(resolve)),
  }
  for (const [way, sent] of Object.entries(ways)) {
    const parts = [1, 64 * KiB, 64 * KiB + 1, 256 * KiB, 256 * KiB + 5, content.length]
    for (const length of parts) {
      const pieces: Buffer[] = []
      const taken = await pump(
        (piece) => {
          // The buffer is used again as soon as it has been taken.
          pieces.push(Buffer.from(piece))
          return sent(piece)
        },
        content.length - length,
        length,
      )
      t.equal(taken, length)
      t.ok(Buffer.concat(pieces).equals(content.subarray(content.length - length)), `${length} bytes, ${way}`)
      t.ok(pieces.every((piece) => piece.length <= limits.sendPiece))
    }
  }
})

t.test('a file that has become shorter ends the transfer', async (t) => {
  const { pump, content } = await pumpOf(t, 100 * KiB)
  t.equal(await pump(() => undefined, 0, 200 * KiB), content.length)
})

t.test('nothing is read ahead for a reader that takes nothing', async (t) => {
  const { pump } = await pumpOf(t, 4 * KiB * KiB)
  const reads = t.capture(fileCalls as { read: typeof fileCalls.read }, 'read', fileCalls.read)
  let asked: () => void = () => {}
  let taken: () => void = () => {}
  const next = () =>
    new Promise<void>((resolve) => {
      asked = resolve
    })
  const first = next()
  const done = pump(() => {
    asked()
    return new Promise((resolve) => {
      taken = resolve
    })
  })
  await first
  t.equal(reads().length, 1, 'one read, while the first piece waits')
  for (const wanted of [1, 1, 1]) {
    const again = next()
    taken()
    await again
    t.equal(reads().length, wanted, 'and one for each buffer that was taken')
  }
  asked = () => setImmediate(() => taken())
  taken()
  await done
})

t.test('a reader gets a large buffer when it has taken more than the kernel takes for it', async (t) => {
  const { pump } = await pumpOf(t, 4 * KiB * KiB)
  const reads = t.capture(fileCalls as { read: typeof fileCalls.read }, 'read', fileCalls.read)
  const sizes = () => reads().map(({ args }) => (args[1] as Uint8Array).length / KiB)
  await pump(() => undefined)
  t.strictSame(sizes().slice(0, 5), [64, 64, 64, 64, 512])
  await pump(() => undefined)
  t.strictSame(sizes().slice(0, 2), [512, 512], 'the next has it from the beginning')
})

t.test('a reader that fails gives back its buffers', async (t) => {
  const { pump, content } = await pumpOf(t, 2 * KiB * KiB)
  for (const failing of [1, 2, 6]) {
    let count = 0
    const failure = pump(() => {
      count += 1
      return count === failing ? Promise.reject(new Error('gone')) : undefined
    })
    await t.rejects(failure, { message: 'gone' })
  }
  const pieces: Buffer[] = []
  await pump((piece) => void pieces.push(Buffer.from(piece)))
  t.ok(Buffer.concat(pieces).equals(content))
})

/** Bytes that the kernel has of a connection and its peer has not: `tx_queue` of proc_net_tcp(5). */
function queued(server: number, client: number): number {
  const port = (number: number) => `0100007F:${number.toString(16).toUpperCase().padStart(4, '0')}`
  const line = fs
    .readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .find((each) => each.includes(`: ${port(server)} ${port(client)} `))
  return Number.parseInt(line?.trim().split(/\s+/)[4]?.split(':')[0] ?? '0', 16)
}

if (process.platform === 'linux') {
  t.test('the kernel takes little for a reader that does not read', async (t) => {
    const root = await temporary(t)
    fs.writeFileSync(join(root, 'small'), 'x')
    fs.writeFileSync(join(root, 'large'), Buffer.alloc(8 * KiB * KiB))
    const server = await serve({ ...quiet, root, listen: { host: '127.0.0.1', port: 0 } })
    t.teardown(() => server.stop())
    const address = server.address as { host: string; port: number }
    const slow = net.connect(address).pause()
    slow.write(message('GET', '/large'))
    const healthy = await RawClient.connect(address)
    let most = 0
    for (let i = 0; i < 50; i += 1) {
      await healthy.send(message('GET', '/small'))
      t.equal((await healthy.answer()).status, 200)
      most = Math.max(most, queued(address.port, slow.localPort as number))
    }
    t.ok(most > 0, 'it has taken something')
    t.ok(most < 256 * KiB, `${most} bytes`)
    healthy.destroy()
    slow.destroy()
  })
}
