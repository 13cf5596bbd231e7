/** How much may be stored: one file, and all together. */
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { usage } from '../../../src/core/files/usage.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { move } from '../../../src/core/operations/move.ts'
import { remove } from '../../../src/core/operations/remove.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import type { Program } from '../../../src/core/program.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { directory, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn, type TestSite } from '../../fixtures/site.ts'
import { stopWhen } from '../../fixtures/steps.ts'

const at = pathFromText
const files = () => new MemoryFiles().tree({ a: '12345', dir: { b: '12345', c: { d: '12345' } } })

/** Time passes, in milliseconds. */
function wait(site: TestSite, time: number): void {
  site.clock.now += time
  site.clock.date += time
}

/** A site whose files take 15 bytes. */
function world(details: SiteDetails) {
  const memory = files()
  const site = siteOn(memory, details)
  const put = (name: string, text: string, length?: number) =>
    run(
      store(site, site.accounts.everybody, {
        path: at(name),
        source: sourceOf(...(text.match(/.{1,4}/g) ?? [])),
        replace: true,
        length,
      }),
      memory,
    )
  return { memory, site, put, act: (program: (site: TestSite) => Program<unknown>) => run(program(site), memory) }
}

t.test('what files take together', async (t) => {
  const memory = new MemoryFiles().tree({
    a: '12345',
    link: link('a'),
    dir: { b: '123', '.twinserve': { temporary: { x: '12' } } },
    closed: directory({ x: '12345' }, { mode: 0 }),
    '.twinserve': { temporary: { part: '12345678' }, uploads: { id: { 'data.0.0': '1234' } } },
  })
  t.equal(run(usage(siteOn(memory)), memory), 5 + 3 + 2 + 4)
  t.equal(run(usage(siteOn(memory, { limits: { treeDepth: 1 } })), memory), 5 + 3, 'no deeper than a path can be')
  t.equal(memory.openCount, 0)
})

t.test('the largest file', async (t) => {
  const { memory, put } = world({ maxUpload: 6 })
  const before = memory.snapshot()
  const refused = { code: 'too_large', message: 'The request is too large: a file may have at most 6 bytes.' }
  t.throws(() => put('n', 'body', 7), refused, 'by the length that was announced')
  t.notOk(memory.has('.twinserve'), 'before anything is made for it')
  t.throws(() => put('n', '1234567'), refused, 'by what comes')
  t.strictSame(memory.snapshot(), before)
  t.strictSame(memory.temporaries, {})
  put('n', '123456')
  t.equal(memory.snapshot().n, '123456')
})

t.test('all files together', async (t) => {
  const { memory, site, put, act } = world({ quota: 20 })
  const refused = (left: number) => ({
    code: 'quota_exceeded',
    message: `The space that this server may fill is used up: ${left} of 20 bytes are left, too few for /n. Delete something first.`,
  })
  t.throws(() => put('n', 'body', 6), refused(5), 'by the length that was announced')
  t.throws(() => put('n', '123456'), refused(5), 'by what comes, though four bytes were in already')
  t.strictSame(memory.temporaries, {})
  t.equal(site.quota?.left, 5)
  put('n', '12345', 5)
  t.equal(site.quota?.left, 0)
  put('n', '', 0)
  t.equal(site.quota?.left, 5, 'what is replaced makes room')
  put('n', '123')
  t.throws(() => act((s) => copy(s, s.accounts.everybody, { from: at('a'), to: at('copy'), replace: false })), {
    code: 'quota_exceeded',
  })
  t.throws(() => act((s) => copy(s, s.accounts.everybody, { from: at('dir'), to: at('copy'), replace: false })), {
    code: 'quota_exceeded',
  })
  t.strictSame(memory.temporaries, {})
  act((s) => remove(s, s.accounts.everybody, { path: at('a'), kind: 'any', recursive: false }))
  t.equal(site.quota?.left, 7)
  act((s) => copy(s, s.accounts.everybody, { from: at('n'), to: at('copy'), replace: false }))
  t.equal(site.quota?.left, 4)
  act((s) => copy(s, s.accounts.everybody, { from: at('n'), to: at('copy'), replace: true }))
  t.equal(site.quota?.left, 4)
  act((s) => move(s, s.accounts.everybody, { from: at('n'), to: at('copy'), replace: true }))
  t.equal(site.quota?.left, 7)
  put('big', '1234567')
  act((s) => remove(s, s.accounts.everybody, { path: at('dir'), kind: 'any', recursive: true }))
  put('big', '1234567890')
  t.equal(site.quota?.left, 20 - 10 - 3, 'after a tree is gone, all is counted anew')
})

t.test('others change files too', async (t) => {
  const { memory, site, put } = world({ quota: 20, limits: { quotaFresh: 60_000, quotaRecount: 1000 } })
  put('n', '1234', 4)
  memory.take('dir')
  t.throws(() => put('m', '12', 2), { code: 'quota_exceeded' }, 'a count that was made just now is believed')
  wait(site, 1001)
  put('m', '12', 2)
  t.equal(site.quota?.left, 20 - 5 - 4 - 2, 'an older one is made anew before anybody is refused')
  memory.put('others', '123456789')
  wait(site, 59_000)
  put('m', '123', 3)
  t.equal(site.quota?.left, 20 - 5 - 4 - 3)
  wait(site, 60_001)
  t.throws(() => put('o', '1', 1), { code: 'quota_exceeded' }, 'and anyway after a minute')
})

t.test('a count of a large tree is made less often', async (t) => {
  const { memory, site, put } = world({ quota: 20, limits: { quotaFresh: 10, quotaRecount: 10 } })
  memory.before('opendir', 1, () => {
    wait(site, 100)
  })
  put('n', '', 0)
  memory.put('others', '123456789')
  wait(site, 5000)
  put('n', '1', 1)
  t.equal(site.quota?.left, 4)
  wait(site, 1)
  t.throws(() => put('n', '1', 1), { code: 'quota_exceeded' })
})

t.test('while one counts, others go by the count before', async (t) => {
  const { memory, site, put } = world({ quota: 20 })
  put('n', '', 0)
  wait(site, 60_001)
  let inner = 0
  memory.before('opendir', 1, () => {
    put('m', '12', 2)
    inner += 1
  })
  put('n', '1', 1)
  t.equal(inner, 1)
  t.equal(site.quota?.left, 0, 'what they store meanwhile may be counted twice')
  wait(site, 1001)
  put('o', '1', 1)
  t.equal(site.quota?.left, 1, 'until somebody would be refused')
})

t.test('several servers', async (t) => {
  const { memory, site, put } = world({ quota: 20 })
  const other = beside(memory)
  const claim = (bytes: number) => run(other.quota?.claim(other, bytes) as Program<boolean>, memory)
  put('n', '123', 3)
  t.ok(claim(0))
  t.equal(other.quota?.left, 2, 'one knows what the other has stored')
  t.ok(claim(2))
  t.throws(() => put('m', '1', 1), { code: 'quota_exceeded' }, 'and what it is about to')
  run(other.quota?.settle(other, 2, 0) as Program<void>, memory)
  put('m', '12', 2)
  t.equal(site.quota?.left, 0)
  t.equal(counts(memory), 1, 'and only one has counted')
})

/** How often all was counted, as far as the log tells. */
function counts(memory: MemoryFiles): number {
  return memory.logOf('opendir').filter((line) => line === 'opendir /').length
}

/** The same disk, as another server sees it. */
function beside(memory: MemoryFiles): TestSite {
  const site = siteOn(memory, { quota: 20 })
  return { ...site, environment: { ...site.environment, owner: 'other' } }
}

t.test('what a server had claimed that has ended', async (t) => {
  const hour = 60 * 60 * 1000
  const rows = [
    ['running', 1001, false],
    ['running', hour + 1, false],
    ['ended', 1001, true],
    ['unknown', 1001, false],
    ['unknown', hour + 1, true],
  ] as const
  for (const [state, later, gone] of rows) {
    const { memory, site, put } = world({ quota: 20 })
    const other = beside(memory)
    t.ok(run(other.quota?.claim(other, 4) as Program<boolean>, memory))
    memory.owners.set('other', state)
    wait(site, later)
    if (gone) put('n', '12345', 5)
    else t.throws(() => put('n', '12345', 5), { code: 'quota_exceeded' })
    t.equal(site.quota?.left, gone ? 0 : 1, `${state}, ${later}`)
  }
})

t.test('whoever counts may end, or take too long', async (t) => {
  const rows = [
    ['running', 1, 0],
    ['ended', 1, 1],
    ['unknown', 1, 0],
    ['running', 10 * 60_000 + 1, 1],
    ['running', -1, 1],
  ] as const
  for (const [state, later, expected] of rows) {
    const { memory, site, put } = world({ quota: 20 })
    put('n', '1', 1)
    const other = beside(memory)
    wait(site, 60_002)
    wait(other, 60_002)
    stopWhen(other.quota?.claim(other, 0) as Program<boolean>, memory, (line) => `${line}`.startsWith('opendir'))
    memory.owners.set('other', state)
    wait(site, later)
    memory.log.length = 0
    put('m', '1', 1)
    t.equal(counts(memory), expected, `${state}, ${later}`)
  }
})

t.test('a clock that was set back', async (t) => {
  const { memory, site, put } = world({ quota: 20 })
  put('n', '1', 1)
  wait(site, -1)
  put('m', '1', 1)
  t.equal(counts(memory), 2, 'a count of the future is none')
})

t.test('a ledger that cannot be read is begun anew', async (t) => {
  for (const text of ['', '{}', 'torn', `${'0'.repeat(12)} {}\n`, '9'.repeat(100_000)]) {
    const { memory, site, put } = world({ quota: 20 })
    put('n', '1', 1)
    memory.rewrite('.twinserve/quota', text)
    put('m', '1', 1)
    t.equal(site.quota?.left, 3, text.slice(0, 20))
    t.ok(memory.node('.twinserve/quota').content.length <= 1024)
    memory.take('.twinserve')
    put('o', '1', 1)
    t.equal(site.quota?.left, 2)
    t.equal(memory.openCount, 0)
  }
})

t.test('whatever fails: nothing is counted twice, or forgotten', async (t) => {
  for (const name of ['load', 'open', 'write'] as const) {
    for (let nth = 1; nth <= 6; nth += 1) {
      const { memory, site, put } = world({ quota: 20 })
      put('n', '1', 1)
      memory.failOn(name, nth, 'EIO')
      try {
        put('n', '12', 2)
      } catch {}
      memory.failOn(name, 1, 'EIO')
      run(site.quota?.forget(site) as Program<void>, memory)
      const stored = String(memory.snapshot().n).length
      // What was to fail and has not yet, fails now.
      const again = () => {
        try {
          put('m', '1', 1)
        } catch {
          again()
        }
      }
      again()
      t.equal(site.quota?.left, 20 - 15 - stored - 1, `${name} ${nth}`)
      t.equal(memory.openCount, 0)
      t.notOk(memory.locked)
    }
  }
})

t.test('what cannot be counted is told, and counted the next time', async (t) => {
  const { memory, put } = world({ quota: 20 })
  memory.failOn('opendir', 1, 'EIO')
  t.throws(() => put('n', '1', 1), { code: 'EIO' })
  t.equal(put('n', '1', 1).outcome, 'created')
  t.equal(memory.openCount, 0)
})

t.test('a file that was given a size only', async (t) => {
  const memory = new MemoryFiles().tree({ sparse: file('', { size: 2 ** 40 }) })
  t.equal(run(usage(siteOn(memory)), memory), 2 ** 40)
})
