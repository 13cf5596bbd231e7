import t from 'tap'
import { confirm, flush } from '../../../src/core/files/flush.ts'
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

t.test('a name that is given is not told to be as it was', async (t) => {
  const memory = new MemoryFiles().failOn('fsync', 1, 'ENOSPC')
  t.throws(() => run(confirm(siteOn(memory), memory.root.fd, '/name'), memory), {
    code: 'unconfirmed',
    status: 500,
    message: 'What was asked for is done, but the disk has not confirmed it: after a power cut /name may be as it was.',
  })
})
