import t from 'tap'
import { admitTarget, createUpload } from '../../../src/core/uploads/create.ts'
import { targetOf } from '../../../src/core/uploads/record.ts'
import { everything } from '../../fixtures/access.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { run } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'
import { metadata } from '../../fixtures/tus.ts'
import { record, siteOf, stand } from '../../fixtures/uploads.ts'

t.test('the order of things: made out of sight, flushed, and then seen', async (t) => {
  const memory = new MemoryFiles().tree({ '.twinserve': { uploads: {}, temporary: {} } })
  const site = siteOf(memory, 'me')
  t.equal(run(createUpload(site, record()), memory), 'me1')
  const made = '/.twinserve/temporary/me.me2'
  const size = JSON.stringify(record()).length
  t.strictSame(memory.logOf('mkdir', 'open', 'write', 'fsync', 'rename'), [
    `mkdir ${made}`,
    `open ${made}/info create`,
    `write ${made}/info ${size} @0`,
    `fsync ${made}/info`,
    `open ${made}/data.0.0 create`,
    `open ${made}/free.0.0 create`,
    `fsync ${made}`,
    `rename ${made} /.twinserve/uploads/me1`,
    'fsync /.twinserve/uploads',
  ])
  t.match(run(stand(site, 'me1'), memory), { offset: 0, done: false })
  t.equal(memory.openCount, 0)
})

t.test('what could not have its name is refused before', async (t) => {
  const memory = new MemoryFiles().tree({ old: 'old', dir: {}, link: link('old') })
  const rows: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['new', undefined, undefined],
    ['dir/new', undefined, undefined],
    ['old', 'exists', undefined],
    ['link', 'exists', undefined],
    ['dir', 'is_directory', 'is_directory'],
    ['dir/', 'is_directory', 'is_directory'],
    ['new/', 'is_directory', 'is_directory'],
    ['/', 'is_directory', 'is_directory'],
    ['none/new', 'no_parent', 'no_parent'],
    ['old/new', 'no_parent', 'no_parent'],
  ]
  for (const [path, code, overwriting] of rows) {
    for (const [more, expected] of [
      [{}, code],
      [{ overwrite: '' }, overwriting],
    ] as const) {
      const target = targetOf(record({ metadata: metadata({ path, ...more }) }))
      const program = () => run(admitTarget(siteOf(memory, 'me'), everything, target), memory)
      if (expected === undefined) t.doesNotThrow(program, path)
      else t.throws(program, { code: expected }, path)
    }
  }
  t.equal(targetOf(record({ metadata: metadata({ path: 'old', overwrite: '' }), fresh: true })).replace, false)
  t.equal(memory.openCount, 0)
})

t.test('whatever fails: nothing is left over', async (t) => {
  failEachCall(t, { files: () => new MemoryFiles(), program: (site) => createUpload(site, record()), after: {} })
})
