/** What is looked at and then changed is looked at and changed under the lock, and no more than that. */
import t from 'tap'
import type { Calls } from '../../../src/core/calls.ts'
import type { FileCache } from '../../../src/core/files/cache.ts'
import { exclusively } from '../../../src/core/files/exclusive.ts'
import type { Changed } from '../../../src/core/files/shared-memory.ts'
import { store } from '../../../src/core/files/store.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { createDirectory } from '../../../src/core/operations/create.ts'
import { move } from '../../../src/core/operations/move.ts'
import { remove } from '../../../src/core/operations/remove.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { run as drive } from '../../../src/sync/run.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { siteOn } from '../../fixtures/site.ts'
import { stopWhen } from '../../fixtures/steps.ts'

const at = (text: string) => pathFromText(text)

/** The calls that a program makes while it has the lock. */
function underLock(make: (site: Site) => Program<unknown>): string[][] {
  const memory = new MemoryFiles().tree({ a: 'a', b: 'b', dir: { inner: 'x' } })
  const steps: string[][] = []
  let from = 0
  const calls = {
    ...memory.calls,
    lock() {
      memory.calls.lock()
      from = memory.log.length
    },
    unlock() {
      memory.calls.unlock()
      steps.push(memory.log.slice(from).map((entry) => entry.split(' ')[0] as string))
    },
  }
  drive(make(siteOn(memory)), calls as unknown as Calls)
  if (memory.locked || memory.mistakes.length > 0) throw new Error(`locked: ${memory.locked} ${memory.mistakes}`)
  return steps
}

const rows: readonly (readonly [what: string, make: (site: Site) => Program<unknown>, expected: string[][]])[] = [
  [
    'a new file',
    (site) => store(site, site.accounts.everybody, { path: at('n'), source: sourceOf('x'), replace: false }),
    [['lstat', 'link', 'unlink']],
  ],
  [
    'a file replaced',
    (site) => store(site, site.accounts.everybody, { path: at('a'), source: sourceOf('another size'), replace: true }),
    [['lstat', 'rename']],
  ],
  [
    'a copy',
    (site) => copy(site, site.accounts.everybody, { from: at('a'), to: at('n'), replace: false }),
    [['lstat', 'link', 'unlink']],
  ],
  [
    'a copy over another',
    (site) => copy(site, site.accounts.everybody, { from: at('a'), to: at('b'), replace: true }),
    [['lstat', 'rename']],
  ],
  [
    'a copied tree',
    (site) => copy(site, site.accounts.everybody, { from: at('dir'), to: at('n'), replace: false }),
    [['lstat', 'rename']],
  ],
  [
    'a move',
    (site) => move(site, site.accounts.everybody, { from: at('a'), to: at('n'), replace: false }),
    // The new name is on disk before the old one goes, and both are one step.
    [['lstat', 'lstat', 'link', 'fsync', 'unlink']],
  ],
  [
    'a move over another',
    (site) => move(site, site.accounts.everybody, { from: at('a'), to: at('b'), replace: true }),
    [['lstat', 'lstat', 'rename']],
  ],
  [
    'a file deleted',
    (site) => remove(site, site.accounts.everybody, { path: at('a'), kind: 'any', recursive: false }),
    [['lstat', 'unlink']],
  ],
  [
    'a tree deleted: not the walk through it',
    (site) => remove(site, site.accounts.everybody, { path: at('dir'), kind: 'any', recursive: true }),
    [['lstat'], ['lstat', 'rename', 'fsync']],
  ],
  ['a directory made', (site) => createDirectory(site, site.accounts.everybody, at('n')), [['mkdir']]],
]

for (const [what, make, expected] of rows) {
  t.test(what, async (t) => {
    t.strictSame(underLock(make), expected)
  })
}

t.test('nobody is answered from a cache meanwhile, be it of another server', async (t) => {
  for (const fails of [false, true]) {
    const memory = new MemoryFiles().tree({ a: 'a' })
    const [site, other] = [siteOn(memory, { cacheBytes: 10_000 }), siteOn(memory, { cacheBytes: 10_000 })]
    const caches = [site.cache, other.cache] as FileCache[]
    const file = { etag: '', modified: '', modifiedAt: 0, size: 0, type: '', extra: '', content: Buffer.alloc(0) }
    for (const path of ['/a', '/b']) {
      for (const cache of caches) cache.keep(path, file, 0, cache.versionOf(path))
    }
    const fresh = (path: string) => caches.map((cache) => cache.fresh(path, 0) !== undefined)
    const seen: unknown[] = []
    memory.before('lstat', 1, () => seen.push(fresh('/a')))
    memory.before('unlink', 1, () => seen.push(fresh('/a')))
    if (fails) memory.failOn('unlink', 1, 'EIO')
    const step = exclusively(site, function* (changing) {
      yield* call('lstat', memory.root, 'a')
      changing(['/a'])
      yield* call('unlink', memory.root, 'a')
    })
    if (fails) t.throws(() => drive(step, memory.calls as Calls), { code: 'EIO' })
    else drive(step, memory.calls as Calls)
    t.strictSame(seen[0], [true, true], 'to look changes nothing')
    t.strictSame(seen[1], [false, false])
    t.strictSame(fresh('/a'), [false, false], 'and what was changed is forgotten')
    t.strictSame(fresh('/b'), [true, true], 'but nothing else')
    t.equal(memory.locked, false)
  }
})

t.test('what ended in the middle is put right by whoever comes next', async (t) => {
  const memory = new MemoryFiles().tree({ a: 'a' })
  const site = siteOn(memory, { cacheBytes: 10_000 })
  const step = (changed: Changed) =>
    exclusively(site, function* (changing) {
      changing(changed)
      yield* call('lstat', memory.root, 'a')
      yield* call('unlink', memory.root, 'a')
    })
  for (const changed of [['/a'], 'everything'] as const) {
    stopWhen(step(changed), memory, (line) => `${line}`.startsWith('lstat'))
    t.equal(site.shared.versionOf('/a'), undefined)
    t.equal(site.shared.versionOf('/b') === undefined, changed === 'everything')
    drive(exclusively(siteOn(memory), nothing), memory.calls as Calls)
    t.ok(site.shared.versionOf('/a'))
    t.ok(site.shared.versionOf('/b'))
  }
})

function* nothing(): Program<void> {}

t.test('a step that fails gives the lock back', async (t) => {
  const memory = new MemoryFiles().tree({})
  const step = exclusively(siteOn(memory), () => call('readlink', memory.root, 'none'))
  t.throws(() => drive(step, memory.calls as Calls), { code: 'ENOENT' })
  t.equal(memory.locked, false)
})
