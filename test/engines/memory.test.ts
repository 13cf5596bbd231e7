/** Memory is bounded by what is in progress, not by what is sent: an upload of 1 GB takes less than 32 MB. */
import { rmSync, statSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { temporary } from '../fixtures/temporary.ts'
import { forgetPeak, memory, type Server, withServer } from '../torture/server.ts'

const megabyte = 1_000_000

/** Store so many megabytes. @returns the status */
async function put({ address }: Server, name: string, megabytes: number): Promise<number> {
  const socket = net.connect(address)
  const answered = new Promise<number>((resolve, reject) => {
    socket.once('data', (head) => resolve(Number(head.toString('latin1', 9, 12))))
    socket.once('error', reject)
  })
  const length = megabytes * megabyte
  socket.write(`PUT /${name} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`)
  const block = Buffer.alloc(megabyte, 'twinserve')
  for (let sent = 0; sent < megabytes; sent += 1) {
    await new Promise<void>((resolve) => socket.write(block, () => resolve()))
  }
  const status = await answered
  socket.destroy()
  return status
}

for (const engine of ['sync', 'async'] as const) {
  t.test(engine, async (t) => {
    const root = await temporary(t)
    // Not flushed: what the disk takes is not what is measured.
    await withServer(engine, { root, fsync: false }, async (server) => {
      // V8 compiles the parser once more after the first requests, for which it needs 30 MB for a moment.
      t.equal(await put(server, 'first', 256), 201)
      let more = Number.POSITIVE_INFINITY
      // When garbage is collected is up to V8: what is held shows every time, what only was not collected yet does not.
      for (let attempt = 1; attempt <= 3 && more >= 32 * megabyte; attempt += 1) {
        forgetPeak(server.pid)
        const before = memory(server.pid, 'VmRSS')
        t.equal(await put(server, `large${attempt}`, 1000), 201)
        const file = join(root, `large${attempt}`)
        t.equal(statSync(file).size, 1000 * megabyte)
        rmSync(file)
        more = memory(server.pid, 'VmHWM') - before
        t.comment(`${more / megabyte} MB`)
      }
      t.ok(more < 32 * megabyte, `at most ${more} bytes more`)
    })
  })
}
