import t from 'tap'
import { writeAll } from '../../../src/core/files/bytes.ts'
import { call, type Program } from '../../../src/core/program.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'

function* make(memory: MemoryFiles, ...pieces: readonly (string | Error)[]): Program<void> {
  const fd = yield* call('open', memory.root, 'made', 'create')
  try {
    yield* writeAll(fd, sourceOf(...pieces))
  } finally {
    yield* call('close', fd)
  }
}

t.test('pieces come one behind the other', async (t) => {
  const memory = new MemoryFiles()
  run(make(memory, 'one ', 'two ', 'three'), memory)
  t.strictSame(memory.snapshot(), { made: 'one two three' })
  t.strictSame(memory.logOf('write'), ['write /made 4 @0', 'write /made 4 @4', 'write /made 5 @8'])
})

t.test('where to begin, and where it ended', async (t) => {
  const memory = new MemoryFiles()
  const fd = run(call('open', memory.root, 'made', 'create'), memory)
  t.equal(run(writeAll(fd, sourceOf('one'), undefined, 0), memory), 3)
  t.equal(run(writeAll(fd, sourceOf('four', 'x'), undefined, 3), memory), 8)
  t.strictSame(memory.snapshot(), { made: 'onefourx' })
})

t.test('what a short write leaves is written after it', async (t) => {
  const memory = new MemoryFiles()
  memory.mostWritten = 2
  run(make(memory, 'abc', 'de'), memory)
  t.strictSame(memory.snapshot(), { made: 'abcde' })
  t.strictSame(memory.logOf('write'), ['write /made 3 @0', 'write /made 1 @2', 'write /made 2 @3'])
})

t.test('nothing at all makes an empty file', async (t) => {
  const memory = new MemoryFiles()
  run(make(memory), memory)
  t.strictSame(memory.snapshot(), { made: '' })
  t.strictSame(memory.logOf('write'), [])
})

t.test('failures are told as they are', async (t) => {
  const full = new MemoryFiles().failOn('write', 2, 'ENOSPC')
  t.throws(() => run(make(full, 'a', 'b'), full), { code: 'ENOSPC' })
  const broken = new MemoryFiles()
  t.throws(() => run(make(broken, 'a', new Error('the source broke')), broken), { message: 'the source broke' })
  t.equal(full.openCount + broken.openCount, 0)
})
