/**
 * A server that ends at any call, with or without the power: whoever was told of a success finds it, nobody finds half
 * of anything, and the next start leaves nothing of it.
 */
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { createDirectory } from '../../../src/core/operations/create.ts'
import { move } from '../../../src/core/operations/move.ts'
import { remove } from '../../../src/core/operations/remove.ts'
import { upload } from '../../../src/core/operations/upload.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import type { Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import { endAtEachCall, numbers } from '../../fixtures/endings.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { end, over, part } from '../../fixtures/multipart.ts'

interface Row {
  readonly name: string
  readonly program: (site: Site, replace: boolean) => Program<unknown>
  /** What may be found, as it was first and done last: what is different from `tree`, `undefined` where it is not there. */
  readonly states: readonly Readonly<Record<string, Tree[string] | undefined>>[]
}

const tree: Tree = { old: 'old', other: 'other', dir: { a: 'a', deep: { b: 'b' }, up: link('..') }, to: {} }
const at = pathFromText
const body = () => sourceOf('new ', 'content')
/** Into two directories: two names in one are flushed by whichever comes last. */
const form = () =>
  Buffer.from(
    part('name="f"; filename="old"', 'first') +
      part('name="directory"', '/to') +
      part('name="f"; filename="new"', 'two') +
      end,
  )
const made = 'new content'

const rows: readonly Row[] = [
  {
    name: 'store',
    program: (site, replace) => store(site, site.accounts.everybody, { path: at('/to/new'), source: body(), replace }),
    states: [{}, { to: { new: made } }],
  },
  {
    name: 'store what is small',
    program: (site, replace) =>
      store(site, site.accounts.everybody, {
        path: at('/to/new'),
        source: sourceOf(made),
        length: made.length,
        arrived: true,
        replace,
      }),
    states: [{}, { to: { new: made } }],
  },
  {
    name: 'store over',
    program: (site) => store(site, site.accounts.everybody, { path: at('/old'), source: body(), replace: true }),
    states: [{}, { old: made }],
  },
  {
    name: 'upload of two',
    program: (site) => upload(site, site.accounts.everybody, over([form()]), undefined, true),
    states: [{}, { old: 'first' }, { old: 'first', to: { new: 'two' } }],
  },
  {
    name: 'copy',
    program: (site, replace) => copy(site, site.accounts.everybody, { from: at('/old'), to: at('/to/new'), replace }),
    states: [{}, { to: { new: 'old' } }],
  },
  {
    name: 'copy over',
    program: (site) => copy(site, site.accounts.everybody, { from: at('/old'), to: at('/other'), replace: true }),
    states: [{}, { other: 'old' }],
  },
  {
    name: 'copy a tree',
    program: (site, replace) => copy(site, site.accounts.everybody, { from: at('/dir'), to: at('/to/new'), replace }),
    states: [{}, { to: { new: tree.dir } as Tree }],
  },
  {
    name: 'move',
    program: (site, replace) => move(site, site.accounts.everybody, { from: at('/old'), to: at('/to/new'), replace }),
    states: [{}, { to: { new: 'old' } }, { old: undefined, to: { new: 'old' } }],
  },
  {
    name: 'move over',
    program: (site) => move(site, site.accounts.everybody, { from: at('/dir/a'), to: at('/other'), replace: true }),
    states: [{}, { other: 'a' }, { dir: { deep: { b: 'b' }, up: link('..') }, other: 'a' }],
  },
  {
    name: 'move a tree',
    program: (site, replace) => move(site, site.accounts.everybody, { from: at('/dir'), to: at('/to/new'), replace }),
    states: [{}, { to: { new: tree.dir } as Tree }, { dir: undefined, to: { new: tree.dir } as Tree }],
  },
  {
    name: 'create',
    program: (site) => createDirectory(site, site.accounts.everybody, at('/to/new')),
    states: [{}, { to: { new: {} } }],
  },
  {
    name: 'remove',
    program: (site) => remove(site, site.accounts.everybody, { path: at('/old'), kind: 'any', recursive: false }),
    states: [{}, { old: undefined }],
  },
  {
    name: 'remove a tree',
    program: (site) => remove(site, site.accounts.everybody, { path: at('/dir'), kind: 'any', recursive: true }),
    states: [{}, { dir: undefined }],
  },
]

function statesOf({ states }: Row): Tree[] {
  return states.map((state) => {
    const all = Object.entries({ ...tree, ...state }).filter(([, spec]) => spec !== undefined)
    return new MemoryFiles().tree(Object.fromEntries(all) as Tree).snapshot()
  })
}

for (const row of rows) {
  t.test(row.name, async (t) => {
    const endable = { before: tree, program: row.program, states: statesOf(row) }
    const ended = endAtEachCall(endable, (disk) => [disk.crash()], { again: true })
    t.strictSame(ended.problems, [], `ended before each of ${ended.calls} calls`)
    t.ok(ended.cuts > ended.calls)
    const random = numbers(1)
    const cut = endAtEachCall(endable, (disk) => disk.cuts(random))
    t.strictSame(cut.problems, [], `the power cut there, ${cut.cuts} times`)
    t.ok(cut.flushes > 0)
    for (let ignored = 1; ignored <= cut.flushes; ignored += 1) {
      const forgetful = endAtEachCall(endable, (disk) => disk.cuts(random), {
        first: Number.POSITIVE_INFINITY,
        ignored,
      })
      t.not(forgetful.problems.length, 0, `without flush ${ignored} of ${cut.flushes} it is found out`)
    }
  })
}
