/** A directory told page by page. */
import fc from 'fast-check'
import t from 'tap'
import { entryObject } from '../../../src/core/http/listing.ts'
import { page } from '../../../src/core/operations/page.ts'
import { checkDirectory, stat } from '../../../src/core/operations/stat.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything } from '../../fixtures/access.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'

const filesNamed = (names: readonly string[]) =>
  new MemoryFiles().tree(Object.fromEntries(names.map((name) => [name, ''])))

/** The names of each page. */
function pages(memory: MemoryFiles, limit: number, between: (memory: MemoryFiles) => void = () => {}): string[][] {
  const site = siteOn(memory)
  const told: string[][] = []
  let after: string | undefined
  do {
    const found = run(page(site, site.accounts.everybody, rootPath, after, limit), memory)
    if (memory.openCount > 0) throw new Error('descriptors were left open')
    told.push(found.entries.map((entry) => entry.name))
    after = found.next
    between(memory)
  } while (after !== undefined)
  return told
}

t.test('every name once, in order, whatever the size of a page and of a batch', async (t) => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-cA-Cä-ö]{1,3}$/), { maxLength: 40 })
  const property = fc.property(
    names,
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 50 }),
    (list, limit, batch) => {
      const memory = filesNamed(list)
      memory.batch = batch
      const told = pages(memory, limit)
      return told.slice(0, -1).every((each) => each.length === limit) && told.flat().join() === [...list].sort().join()
    },
  )
  t.equal(fc.check(property, { numRuns: 300 }).counterexample, null)
})

t.test('a page is bounded in bytes too, and has one entry at least', async (t) => {
  const names = ['a', 'b', 'c\u0007'.repeat(40), 'd', 'e']
  const memory = filesNamed(names)
  for (const [pageBytes, first] of [
    [2 * 146, ['a', 'b']],
    [2 * 146 - 1, ['a']],
    [1, ['a']],
    [1_000_000, names],
  ] as const) {
    const site = siteOn(memory, { limits: { pageBytes } })
    const { entries, next } = run(page(site, site.accounts.everybody, rootPath, undefined, 100), memory)
    t.strictSame(
      entries.map((entry) => entry.name),
      first,
    )
    t.equal(next, first === names ? undefined : first.at(-1))
    // What an entry takes is never more than was reckoned with.
    const json = JSON.stringify(entries.map(entryObject))
    t.ok(json.length <= entries.reduce((sum, { name }) => sum + 140 + 6 * name.length, 0))
  }
  const longest = { name: '\u0007', kind: 'link', size: 2 ** 53, mtimeNs: 10n ** 25n, reachable: false } as const
  t.ok(JSON.stringify(entryObject(longest)).length < 146)
  t.ok(JSON.stringify(entryObject({ ...longest, reachable: true, target: 'directory' })).length < 146)
})

t.test('what comes and goes between two pages moves nothing else', async (t) => {
  const memory = filesNamed(['a', 'b', 'c', 'd', 'e', 'f'])
  let turn = 0
  const told = pages(memory, 2, () => {
    turn += 1
    if (turn !== 1) return
    memory.take('b')
    memory.take('d')
    memory.put('aa', 'x')
    memory.put('ea', 'x')
  })
  t.strictSame(told, [
    ['a', 'b'],
    ['c', 'e'],
    ['ea', 'f'],
  ])
})

t.test('the total, what is hidden, and what vanishes while it is told', async (t) => {
  const memory = filesNamed(['a', 'b', 'c'])
  memory.put('.twinserve', {})
  memory.before('lstatEach', 1, () => memory.take('b'))
  const found = run(page(siteOn(memory), everything, rootPath, undefined, 3), memory)
  t.strictSame(
    found.entries.map((entry) => entry.name),
    ['a', 'c'],
  )
  t.strictSame([found.total, found.next], [3, undefined])
})

t.test('only the names that are told are looked at', async (t) => {
  const memory = filesNamed(Array.from({ length: 1000 }, (_, i) => `n${i}`))
  memory.batch = 7
  run(page(siteOn(memory), everything, rootPath, 'n5', 2), memory)
  t.strictSame(memory.logOf('lstatEach'), ['lstatEach / n50,n500'])
})

t.test('names that are not UTF-8', async (t) => {
  const memory = filesNamed(['a\ud800', 'b'])
  t.match(run(page(siteOn(memory), everything, rootPath, undefined, 10), memory).entries, [
    { name: 'a\ufffd', reachable: false },
    { name: 'b', reachable: true },
  ])
})

t.test('a directory that is none, and one that cannot be read', async (t) => {
  const memory = new MemoryFiles().tree({ a: '' })
  t.throws(() => run(page(siteOn(memory), everything, pathFromText('/a'), undefined, 1), memory), {
    code: 'not_directory',
  })
  t.throws(() => run(page(siteOn(memory), everything, pathFromText('/b'), undefined, 1), memory), { code: 'ENOENT' })
  memory.failOn('readdir', 1, 'EIO')
  t.throws(() => run(page(siteOn(memory), everything, rootPath, undefined, 1), memory), { code: 'EIO' })
  t.equal(memory.openCount, 0)
})

t.test('whatever fails, nothing is left open', async (t) => {
  const tree = { a: 'a', docs: { b: 'b' }, to: link('docs') }
  const files = () => new MemoryFiles().tree(tree)
  const after = files().snapshot()
  failEachCall(t, { files, after, program: (site) => page(site, site.accounts.everybody, rootPath, undefined, 2) })
  failEachCall(t, {
    files,
    after,
    program: (site) => page(site, site.accounts.everybody, pathFromText('/to'), undefined, 2),
  })
  failEachCall(t, { files, after, program: (site) => stat(site, site.accounts.everybody, pathFromText('/docs/b')) })
  failEachCall(t, { files, after, program: (site) => stat(site, site.accounts.everybody, pathFromText('/to/')) })
  failEachCall(t, {
    files,
    after,
    program: (site) => checkDirectory(site, site.accounts.everybody, pathFromText('/docs')),
  })
})
