import t from 'tap'
import { createDirectory } from '../../../src/core/operations/create.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { everything, reading } from '../../fixtures/access.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'
import { failEachCall } from '../../fixtures/sweeps.ts'

const files = () => new MemoryFiles().tree({ dir: { full: 'x' }, file: 'x', link: link('none'), todir: link('dir') })
const at = pathFromText

t.test('a directory is made, and its name flushed', async (t) => {
  const memory = files()
  run(createDirectory(siteOn(memory), everything, at('/dir/new/')), memory)
  t.strictSame(memory.snapshot(), { ...files().snapshot(), dir: { full: 'x', new: {} } })
  t.strictSame(memory.logOf('mkdir', 'fsync'), ['mkdir /dir/new', 'fsync /dir'])
  run(createDirectory(siteOn(memory), everything, at('/todir/other')), memory)
  t.ok(memory.has('dir/other'), 'by way of a link')
  t.equal(memory.openCount, 0)
})

t.test('refusals', async (t) => {
  for (const [path, code] of [
    ['/dir', 'exists'],
    ['/file', 'exists'],
    ['/link', 'exists'],
    ['/none/new', 'no_parent'],
    ['/file/new', 'no_parent'],
  ] as const) {
    const memory = files()
    t.throws(() => run(createDirectory(siteOn(memory), everything, at(path)), memory), { code }, path)
    t.strictSame(memory.snapshot(), files().snapshot())
    t.equal(memory.openCount, 0)
  }
  const memory = files()
  t.throws(() => run(createDirectory(siteOn(memory), everything, rootPath), memory), { code: 'exists' })
  t.throws(() => run(createDirectory(siteOn(memory), reading, at('/new')), memory), { code: 'read_only' })
  t.strictSame(memory.log, [], 'without looking')
})

t.test('whatever fails', async (t) => {
  const after = { ...files().snapshot(), dir: { full: 'x', new: {} } }
  failEachCall(t, { files, program: (site) => createDirectory(site, site.accounts.everybody, at('/dir/new')), after })
})
