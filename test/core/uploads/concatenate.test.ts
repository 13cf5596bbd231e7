import t from 'tap'
import { concatenate, lengthOfAll } from '../../../src/core/uploads/concatenate.ts'
import { createUpload } from '../../../src/core/uploads/create.ts'
import type { UploadRecord } from '../../../src/core/uploads/record.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, type TestSite } from '../../fixtures/site.ts'
import { add, begun, content, record, siteOf, stand, stateIn } from '../../fixtures/uploads.ts'

const final = (ids: readonly string[], details: Partial<UploadRecord> = {}) =>
  record({ concat: `final;${ids.map((id) => `/.twinserve/uploads/${id}`).join(' ')}`, ...details })

/** Partial uploads with these bytes. @returns their names */
function partials(memory: MemoryFiles, site: TestSite, ...pieces: readonly string[]): string[] {
  return pieces.map((piece) => {
    const id = run(createUpload(site, record({ length: piece.length, concat: 'partial', metadata: '' })), memory)
    if (piece !== '') run(add(site, 0, piece, { id }), memory)
    return id
  })
}

const half = content.slice(0, 12)
const rest = content.slice(12)

t.test('partial uploads become one file, and are removed', async (t) => {
  const memory = new MemoryFiles()
  const site = siteOf(memory, 'me')
  const ids = partials(memory, site, half, '', rest)
  t.match(run(stand(site, ids[0]), memory), { offset: 12, done: false })
  t.strictSame(stateIn(memory, ids[0]), { 'free.12.0': '', 'data.0.0': half }, 'a partial one has no name')
  t.equal(run(lengthOfAll(site, site.accounts.everybody, ids), memory), content.length)
  const id = run(concatenate(site, site.accounts.everybody, final(ids), ids), memory)
  t.strictSame(memory.snapshot(), { new: content })
  t.match(run(stand(site, id), memory), { offset: content.length, done: true })
  for (const each of ids) t.throws(() => run(stand(site, each), memory), { code: 'not_found' })
  t.strictSame(memory.temporaries, {})
  t.equal(memory.openCount, 0)
})

t.test('one may be used twice', async (t) => {
  const memory = new MemoryFiles()
  const site = siteOf(memory, 'me')
  const [id] = partials(memory, site, 'ab') as [string]
  run(concatenate(site, site.accounts.everybody, final([id, id], { length: 4 }), [id, id]), memory)
  t.strictSame(memory.snapshot(), { new: 'abab' })
})

t.test('what cannot be put together', async (t) => {
  const memory = begun()
  const site = siteOf(memory, 'me')
  const [whole, open] = partials(memory, site, half, rest) as [string, string]
  memory.shift(`.twinserve/uploads/${open}/free.${rest.length}.0`, `.twinserve/uploads/${open}/free.7.0`)
  for (const [ids, code] of [
    [[whole, open], 'bad_parameter'],
    [[whole, 'first1'], 'bad_parameter'],
    [[whole, 'other'], 'not_found'],
  ] as const) {
    t.throws(() => run(lengthOfAll(site, site.accounts.everybody, ids), memory), { code })
    t.throws(() => run(concatenate(site, site.accounts.everybody, final(ids), ids), memory), { code })
    t.strictSame([memory.snapshot(), memory.temporaries], [{}, {}])
    t.equal(memory.openCount, 0)
  }
  t.match(run(stand(site, whole), memory), { offset: 12 }, 'nothing is lost')
})

t.test('a name that is taken: the parts are kept, the whole is not', async (t) => {
  const memory = new MemoryFiles().tree({ new: 'theirs' })
  const site = siteOf(memory, 'me')
  const ids = partials(memory, site, half, rest)
  t.throws(() => run(concatenate(site, site.accounts.everybody, final(ids), ids), memory), { code: 'exists' })
  t.strictSame([memory.snapshot(), memory.temporaries], [{ new: 'theirs' }, {}])
  t.strictSame([...memory.node('.twinserve/uploads').entries.keys()].sort(), [...ids].sort())
  memory.take('new')
  run(concatenate(site, site.accounts.everybody, final(ids), ids), memory)
  t.strictSame(memory.snapshot(), { new: content })
})

t.test('a partial one whose holder ended with all its bytes', async (t) => {
  const memory = new MemoryFiles()
  memory.owners.set('old', 'ended')
  const site = siteOf(memory, 'me')
  const ids = partials(memory, site, half, rest) as [string, string]
  const at = `.twinserve/uploads/${ids[0]}`
  memory.shift(`${at}/free.12.0`, `${at}/held.0.0.grow.old.x`)
  t.match(run(stand(site, ids[0]), memory), { offset: 12, done: false })
  t.strictSame(stateIn(memory, ids[0]), { 'free.12.0': '', 'data.0.0': half })
  memory.shift(`${at}/free.12.0`, `${at}/held.0.0.grow.old.x`)
  run(concatenate(site, site.accounts.everybody, final(ids), ids), memory)
  t.strictSame(memory.snapshot(), { new: content })
})
