import t from 'tap'
import { findKey, needKey } from '../../../src/core/access/key.ts'
import { accountsOf } from '../../fixtures/accounts.ts'
import { directory, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

const siteWith = (memory: MemoryFiles) => ({ ...siteOn(memory), accounts: accountsOf(['ann:pw']) })

t.test('made once, for its owner alone, and found again', async (t) => {
  const memory = new MemoryFiles()
  const site = siteWith(memory)
  t.equal(run(findKey(site), memory), undefined)
  t.strictSame(memory.log.length > 0 && memory.has('.twinserve'), false, 'looking makes nothing')
  const names = { ...site, environment: { ...site.environment, unique: () => 'u'.repeat(32) } }
  const key = run(needKey(names), memory)
  t.equal(key, 'u'.repeat(64))
  t.equal(memory.node('.twinserve/key').permissions, 0o600)
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
  const another = siteWith(memory)
  t.equal(run(findKey(another), memory), key)
  const calls = memory.log.length
  t.equal(run(needKey(another), memory), key)
  t.equal(memory.log.length, calls, 'it is kept in memory')
})

t.test('nobody else can open it before it is whole', async (t) => {
  const memory = new MemoryFiles()
  memory.before('write', 1, ({ log }) => {
    const changes = log.filter((each) => /^(fchmod|open|mkdir) /.test(each))
    t.match(changes.slice(-3), [/^fchmod .*a+ @448$/, /^open .*a+\/key create$/, /^fchmod .*key @384$/])
  })
  run(
    needKey({ ...siteWith(memory), environment: { ...siteOn(memory).environment, unique: () => 'a'.repeat(32) } }),
    memory,
  )
})

t.test('of two who make one the second takes the first one’s', async (t) => {
  const memory = new MemoryFiles()
  memory.before('link', 1, () => memory.put('.twinserve/key', `${'k'.repeat(64)}\n`))
  t.equal(run(needKey(siteWith(memory)), memory), 'k'.repeat(64))
  t.strictSame(memory.temporaries, {})
})

t.test('where none can be kept, one that is good for this run', async (t) => {
  const closed = new MemoryFiles().tree({ '.twinserve': directory({}, { mode: 5 }) })
  t.equal(run(needKey(siteWith(closed)), closed), 'fallback')
  t.equal(closed.openCount, 0)
  const full = new MemoryFiles().failOn('write', 1, 'ENOSPC')
  t.equal(run(needKey(siteWith(full)), full), 'fallback')
  t.strictSame(full.temporaries, {})
  const nonsense = new MemoryFiles().tree({ '.twinserve': { key: 'short' } })
  t.equal(run(needKey(siteWith(nonsense)), nonsense), 'fallback')
  const large = new MemoryFiles().tree({ '.twinserve': { key: 'x'.repeat(100_000) } })
  t.equal(run(findKey(siteWith(large)), large), undefined)
  t.equal(large.openCount, 0)
  for (const name of ['load', 'mkdir'] as const) {
    const broken = new MemoryFiles().before(name, 1, () => {
      throw new TypeError('a mistake')
    })
    broken.tree({ '.twinserve': {} })
    t.throws(() => run(needKey(siteWith(broken)), broken), TypeError)
  }
})
