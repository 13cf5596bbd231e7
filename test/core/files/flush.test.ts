import t from 'tap'
import { flush } from '../../../src/core/files/flush.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

t.test('a server that is to keep what it acknowledges waits for the disk', async (t) => {
  const memory = new MemoryFiles()
  run(flush(siteOn(memory), memory.root.fd), memory)
  t.strictSame(memory.log, ['fsync /'])
})

t.test('one that is not does not', async (t) => {
  const memory = new MemoryFiles()
  run(flush(siteOn(memory, { durable: false }), memory.root.fd), memory)
  t.strictSame(memory.log, [])
})
