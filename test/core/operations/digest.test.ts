import { createHash } from 'node:crypto'
import t from 'tap'
import type { Representation } from '../../../src/core/http/representation.ts'
import { digestOf } from '../../../src/core/operations/digest.ts'
import { describe } from '../../../src/core/operations/download.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { file, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn, type TestSite } from '../../fixtures/site.ts'

const sha256 = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`
const content = 'content'
const second = 1_000_000_000n

/** A site on which all files were changed an hour ago. */
function settled(memory: MemoryFiles, details?: SiteDetails): TestSite {
  const site = siteOn(memory, details)
  site.clock.date += 60 * 60 * 1000
  return site
}

/** The digest of a file that is opened for it. @param meanwhile what happens once it is open */
function digest(site: Site, memory: MemoryFiles, name: string, meanwhile: () => void = () => {}): string | undefined {
  function* program(): Program<string | undefined> {
    const fd = yield* call('open', site.root, name, 'read')
    try {
      const of: Representation = describe(name, yield* call('fstat', fd), fd)
      meanwhile()
      return yield* digestOf(site, of, 'sha-256')
    } finally {
      yield* call('close', fd)
    }
  }
  return run(program(), memory)
}

const reads = (memory: MemoryFiles) => memory.logOf('read').length

t.test('an open file is read once, in pieces, and remembered by what it is', async (t) => {
  const memory = new MemoryFiles().tree({ a: content, b: 'other' })
  memory.mostRead = 3
  const site = settled(memory)
  t.equal(digest(site, memory, 'a'), sha256(content))
  t.equal(reads(memory), 3)
  t.equal(digest(site, memory, 'a'), sha256(content))
  memory.hardLink('a', 'c')
  t.equal(digest(site, memory, 'c'), sha256(content), 'by another name')
  t.equal(reads(memory), 3, 'not read again')
  memory.take('c')
  memory.shift('b', 'c')
  t.equal(digest(site, memory, 'c'), sha256('other'), 'the name has another file')
  t.equal(memory.openCount, 0)
})

t.test('two files of one size and time are two', async (t) => {
  const memory = new MemoryFiles().tree({ a: 'one', b: 'two' })
  const site = settled(memory)
  t.strictSame([digest(site, memory, 'a'), digest(site, memory, 'b')], [sha256('one'), sha256('two')])
  memory.take('a')
  memory.shift('b', 'a')
  t.equal(digest(site, memory, 'a'), sha256('two'), 'also when one takes the place of the other')
})

t.test('another state of a file is another file', async (t) => {
  const memory = new MemoryFiles().tree({ a: content })
  const site = settled(memory)
  digest(site, memory, 'a')
  memory.clock += 1n
  memory.rewrite('a', 'CONTENT')
  t.equal(digest(site, memory, 'a'), sha256('CONTENT'))
  const changed = new MemoryFiles().tree({ a: content })
  const other = settled(changed)
  const meanwhile = () => {
    changed.clock += 1n
    changed.rewrite('a', 'CONTENT and more')
  }
  t.equal(digest(other, changed, 'a', meanwhile), sha256('CONTENT'), 'as much as is going to be sent')
  t.equal(digest(other, changed, 'a'), sha256('CONTENT and more'), 'which was not remembered of the new state')
})

t.test('what was changed just now is not remembered: the next change may leave its time as it is', async (t) => {
  const now = 1_700_000_000n * second
  const rows = [
    [0n, 2],
    [3n * second, 2],
    [3n * second + 1n, 1],
    [-second, 2],
  ] as const
  for (const [age, times] of rows) {
    const memory = new MemoryFiles().tree({ a: file(content, { mtimeNs: now - age }) })
    memory.clock = now
    const site = siteOn(memory)
    t.equal(digest(site, memory, 'a'), sha256(content))
    t.equal(digest(site, memory, 'a'), sha256(content))
    t.equal(reads(memory), times, `${age} ns old`)
  }
})

t.test('a file that is too large, or becomes shorter, has none', async (t) => {
  const memory = new MemoryFiles().tree({ a: content })
  t.equal(digest(settled(memory, { limits: { digestBytes: 6 } }), memory, 'a'), undefined)
  t.equal(reads(memory), 0)
  const site = settled(memory, { limits: { digestBytes: 7 } })
  t.equal(
    digest(site, memory, 'a', () => memory.rewrite('a', 'con')),
    undefined,
  )
  memory.rewrite('a', content)
  t.equal(digest(site, memory, 'a'), sha256(content), 'and that there was none is not remembered')
})

t.test('bytes in memory need no call, and are hashed as they are', async (t) => {
  const memory = new MemoryFiles().tree({ a: content })
  const site = settled(memory, { limits: { digestBytes: 0 } })
  const of = describe('a', memory.node('a').status, Buffer.from('CONTENT'))
  t.equal(run(digestOf(site, of, 'sha-256'), memory), sha256('CONTENT'))
  t.strictSame(memory.log, [])
})

t.test('an empty file', async (t) => {
  const memory = new MemoryFiles().tree({ a: '' })
  t.equal(digest(settled(memory), memory, 'a'), sha256(''))
})

t.test('a file that cannot be read', async (t) => {
  const memory = new MemoryFiles().tree({ a: content }).failOn('read', 1, 'EIO')
  t.throws(() => digest(settled(memory), memory, 'a'), { code: 'EIO' })
  t.equal(memory.openCount, 0)
})
