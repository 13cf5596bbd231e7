import t from 'tap'
import { giveLarge, takeLarge } from '../../../src/core/buffers.ts'
import { ahead, Writer, writeAll } from '../../../src/core/files/bytes.ts'
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

t.test('pieces come one behind the other, and are gathered', async (t) => {
  const memory = new MemoryFiles()
  run(make(memory, 'one ', 'two ', 'three'), memory)
  t.strictSame(memory.snapshot(), { made: 'one two three' })
  t.strictSame(memory.logOf('write'), ['write /made 13 @0'])
})

t.test('so much is written at a time, and large pieces as they are', async (t) => {
  const sizes = [100_000, 200_000, 300_000, 1, 600_000, 131_072, 131_071, 5]
  const pieces = sizes.map((size, at) => `${at}`.repeat(size))
  const memory = new MemoryFiles()
  run(make(memory, ...pieces), memory)
  t.ok(memory.node('made').content.equals(Buffer.from(pieces.join(''))))
  t.strictSame(memory.logOf('write'), [
    'write /made 300000 @0',
    'write /made 300000 @300000',
    'write /made 1 @600000',
    'write /made 600000 @600001',
    'write /made 131072 @1200001',
    'write /made 131076 @1331073',
  ])
})

t.test('when too many gather much, less is written at a time', async (t) => {
  const taken = Array.from({ length: 32 }, takeLarge) as Buffer[]
  const sizes = [1, 10_000, 10_000, 20_000, 3, 16_380]
  const pieces = sizes.map((size, at) => `${at}`.repeat(size))
  const memory = new MemoryFiles()
  run(make(memory, ...pieces), memory)
  for (const buffer of taken) giveLarge(buffer)
  t.strictSame(memory.snapshot(), { made: pieces.join('') })
  t.strictSame(memory.logOf('write'), [
    'write /made 10001 @0',
    'write /made 10000 @10001',
    'write /made 20000 @20001',
    'write /made 16383 @40001',
  ])
})

t.test('many small pieces leave the large buffers to others, until there is much', async (t) => {
  const memory = new MemoryFiles()
  const fd = run(call('open', memory.root, 'made', 'create'), memory)
  const writers = Array.from({ length: 40 }, (_, at) => new Writer(fd, at * 20_000))
  for (const writer of writers) for (const _ of Array(40)) run(writer.add(Buffer.alloc(400)), memory)
  t.strictSame(memory.logOf('write'), [])
  const large = Array.from({ length: 31 }, takeLarge)
  t.notOk(large.includes(undefined))
  for (const writer of writers.slice(0, 2)) run(writer.add(Buffer.alloc(400)), memory)
  t.strictSame(memory.logOf('write'), ['write /made 16000 @20000'], 'for one of two there was one left')
  for (const buffer of large) giveLarge(buffer as Buffer)
  for (const writer of writers) {
    run(writer.flush(), memory)
    writer.end()
  }
  t.equal(memory.node('made').content.length, 39 * 20_000 + 16_000)
})

t.test('a source whose first bytes are waited for', async (t) => {
  const memory = new MemoryFiles()
  const all = (...pieces: readonly (string | Error)[]): string[] => {
    const source = run(ahead(sourceOf(...pieces)), memory)
    const found: string[] = []
    for (let bytes = run(source.next(), memory); bytes.length > 0; bytes = run(source.next(), memory)) {
      found.push(Buffer.from(bytes).toString('latin1'))
    }
    return found
  }
  t.strictSame(all(), [])
  t.strictSame(all('a', 'b', 'c'), ['abc'], 'few are all waited for')
  const [half, large] = ['x'.repeat(8192), 'y'.repeat(16_385)]
  t.strictSame(all(half, half, 'a', 'b'), [half + half, 'a', 'b'])
  t.strictSame(all('a', large, 'b'), ['a', large, 'b'])
  t.strictSame(all(large, 'b'), [large, 'b'])
  t.throws(() => run(ahead(sourceOf('a', new Error('the source broke'))), memory), { message: 'the source broke' })
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
  t.strictSame(memory.logOf('write'), ['write /made 5 @0', 'write /made 3 @2', 'write /made 1 @4'])
})

t.test('nothing at all makes an empty file', async (t) => {
  const memory = new MemoryFiles()
  run(make(memory), memory)
  t.strictSame(memory.snapshot(), { made: '' })
  t.strictSame(memory.logOf('write'), [])
})

t.test('failures are told as they are', async (t) => {
  const full = new MemoryFiles().failOn('write', 1, 'ENOSPC')
  t.throws(() => run(make(full, 'a', 'b'), full), { code: 'ENOSPC' })
  const broken = new MemoryFiles()
  t.throws(() => run(make(broken, 'a', new Error('the source broke')), broken), { message: 'the source broke' })
  t.strictSame(broken.snapshot(), { made: 'a' }, 'and what came before is kept')
  const both = new MemoryFiles().failOn('write', 1, 'EIO')
  t.throws(() => run(make(both, 'a', new Error('the source broke')), both), { message: 'the source broke' })
  t.equal(full.openCount + broken.openCount + both.openCount, 0)
})
