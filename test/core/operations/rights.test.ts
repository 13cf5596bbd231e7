/** What those see and do who may not see and do everything: wherever links lead, and whatever the operation. */
import { unzipSync } from 'fflate'
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { type Walk, walking } from '../../../src/core/files/walk.ts'
import type { Output } from '../../../src/core/http/output.ts'
import { admitArchive, writeArchive } from '../../../src/core/operations/archive.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { createDirectory } from '../../../src/core/operations/create.ts'
import { list, search } from '../../../src/core/operations/list.ts'
import { destinationFor, move } from '../../../src/core/operations/move.ts'
import { page } from '../../../src/core/operations/page.ts'
import { remove } from '../../../src/core/operations/remove.ts'
import { checkDirectory, stat } from '../../../src/core/operations/stat.ts'
import { pathFromText, rootPath, type SafePath } from '../../../src/core/paths.ts'
import type { Access } from '../../../src/core/policy.ts'
import type { Program } from '../../../src/core/program.ts'
import { member } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

const at = (text: string): SafePath => (text === '/' ? rootPath : pathFromText(text))

const tree: Tree = {
  pub: {
    a: 'a',
    in: link('more'),
    more: { b: 'b' },
    leak: link('../priv/key'),
    dir: link('../priv'),
    way: link('../on'),
  },
  on: { the: { way: { found: 'f' } }, aside: 'x', dir: {} },
  mine: { m: 'm', kept: { k: 'k' }, sub: { s: 's' }, topub: link('../pub'), tokept: link('kept'), tosub: link('sub') },
  priv: { key: 'SECRET', deep: { key2: 'SECRET' } },
  top: 'SECRET',
}
const ann = member('/pub:ro', '/mine:rw', '/mine/kept:ro', '/on/the/way:ro')

function play(program: (site: ReturnType<typeof siteOn>) => Program<unknown>, memory = new MemoryFiles().tree(tree)) {
  const site = siteOn(memory)
  try {
    return run(program(site), memory)
  } finally {
    t.equal(memory.openCount, 0)
    t.strictSame(memory.mistakes, [])
  }
}

const onWalk = <T>(site: ReturnType<typeof siteOn>, access: Access, text: string, use: (walk: Walk) => Program<T>) =>
  walking(site, access.demand('read', at(text)), function* (walk) {
    yield* walk.down(at(text).segments)
    return yield* use(walk)
  })

t.test('a listing has what may be read, and the way to it', async (t) => {
  const names = (text: string) =>
    (
      play((site) => onWalk(site, ann, text, (walk) => list(site, ann, at(text), walk))) as {
        name: string
        reachable: boolean
      }[]
    )
      .map(({ name, reachable }) => (reachable ? name : `(${name})`))
      .sort()
  t.strictSame(names('/'), ['mine', 'on', 'pub'])
  t.strictSame(names('/on'), ['the'])
  t.strictSame(names('/pub'), ['(dir)', '(leak)', 'a', 'in', 'more', 'way'], 'links are there, and lead nowhere')
  t.strictSame(names('/pub/way/'), ['the'], 'by way of a link it is no more')
})

t.test('page by page it is the same', async (t) => {
  const told = (text: string) => {
    const { entries, total } = play((site) => page(site, ann, at(text), undefined, 100)) as {
      entries: { name: string }[]
      total: number
    }
    return [...entries.map(({ name }) => name), total]
  }
  t.strictSame(told('/'), ['mine', 'on', 'pub', 3])
  t.strictSame(told('/on'), ['the', 1])
  const file = new MemoryFiles().tree({ on: { the: 'a file, where a directory was meant' } })
  const { entries } = play((site) => page(site, ann, at('/on'), undefined, 100), file) as { entries: unknown[] }
  t.strictSame(entries, [])
})

t.test('a search and an archive', async (t) => {
  const found = (word: string) =>
    (
      play((site) => onWalk(site, ann, '/', (walk) => search(site, ann, rootPath, walk, word))) as {
        entries: { name: string }[]
      }
    ).entries
      .map(({ name }) => name)
      .sort()
  t.strictSame(found('k'), ['k', 'kept', 'leak', 'tokept'])
  t.strictSame(found('key'), [])
  const pieces: Buffer[] = []
  // biome-ignore lint/correctness/useYield: as `Output` has it
  const bytes = function* (piece: Uint8Array): Program<void> {
    pieces.push(Buffer.from(piece))
  }
  play((site) =>
    onWalk(site, ann, '/', function* (walk) {
      yield* admitArchive(site, walk)
      yield* writeArchive(site, walk, { bytes } as unknown as Output)
    }),
  )
  const files = Object.keys(unzipSync(Buffer.concat(pieces))).filter((name) => !name.endsWith('/'))
  t.strictSame(files.sort(), ['mine/kept/k', 'mine/m', 'mine/sub/s', 'on/the/way/found', 'pub/a', 'pub/more/b'])
})

t.test('looking at one name', async (t) => {
  const seen = (text: string) => (play((site) => stat(site, ann, at(text))) as { entry: { kind: string } }).entry.kind
  t.equal(seen('/on'), 'directory')
  t.equal(seen('/pub/a'), 'file')
  t.throws(() => seen('/top'), { code: 'not_found' })
  const file = new MemoryFiles().tree({ on: 'a file' })
  t.throws(() => play((site) => stat(site, ann, at('/on')), file), { code: 'not_found' })
  t.throws(() => play((site) => checkDirectory(site, ann, at('/priv'))), { code: 'not_found' })
  t.doesNotThrow(() => play((site) => checkDirectory(site, ann, at('/on/the'))))
})

t.test('a file where there was a directory on the way', async (t) => {
  for (const into of [undefined, Buffer.alloc(100)]) {
    const find = (site: ReturnType<typeof siteOn>) =>
      walking(site, ann.demand('read', at('/on')), (walk) =>
        into === undefined ? walk.find(at('/on')) : walk.find(at('/on'), into),
      )
    t.throws(() => play(find, new MemoryFiles().tree({ on: 'a file' })), { code: 'not_found' })
  }
})

t.test('links lead nowhere that may not be read, and do not tell what is there', async (t) => {
  const read = (text: string, memory?: MemoryFiles) =>
    play((site) => walking(site, ann.demand('read', at(text)), (walk) => walk.kindOf(at(text))), memory)
  t.equal(read('/pub/in/b'), 'file')
  t.equal(read('/pub/way/the/way/found'), 'file', 'where that may be read')
  for (const text of [
    '/pub/leak',
    '/pub/dir',
    '/pub/dir/',
    '/pub/dir/key',
    '/pub/dir/none',
    '/pub/way/aside',
    '/pub/way/dir',
  ])
    t.throws(() => read(text), { code: 'link_refused' }, text)
  const gone = new MemoryFiles().tree({ pub: { leak: link('../priv/key') } })
  t.throws(() => read('/pub/leak', gone), { code: 'link_refused' }, 'whether there is something or not')
  t.notOk(
    gone.log.some((line) => line.includes('/priv')),
    'which is not even looked at',
  )
})

t.test('nor may anything be changed by way of them that may not be where it is', async (t) => {
  const source = () => sourceOf('new')
  const change = (program: (site: ReturnType<typeof siteOn>) => Program<unknown>, code?: string) => {
    const memory = new MemoryFiles().tree(tree)
    const before = memory.snapshot()
    if (code === undefined) t.doesNotThrow(() => play(program, memory))
    else {
      t.throws(() => play(program, memory), { code })
      t.strictSame(memory.snapshot(), before)
    }
  }
  const put = (text: string) => (site: ReturnType<typeof siteOn>) =>
    store(site, ann, { path: at(text), source: source(), replace: false })
  change(put('/mine/tosub/new'))
  change(put('/mine/topub/new'), 'link_refused')
  change(put('/mine/tokept/new'), 'link_refused')
  change(put('/mine/kept/new'), 'forbidden')
  change((site) => createDirectory(site, ann, at('/mine/topub/new')), 'link_refused')
  const gone =
    (text: string, recursive = false) =>
    (site: ReturnType<typeof siteOn>) =>
      remove(site, ann, { path: at(text), kind: 'any', recursive })
  change(gone('/mine/topub/a'), 'link_refused')
  change(gone('/mine/topub'))
  change(gone('/mine/m'))
  change(gone('/mine', true), 'forbidden')
  change(gone('/mine/sub', true))
  change((site) => move(site, ann, { from: at('/mine'), to: at('/mine2'), replace: false }), 'forbidden')
  change((site) => move(site, ann, { from: at('/mine/m'), to: at('/mine/topub/m'), replace: false }), 'link_refused')
  change((site) => move(site, ann, { from: at('/pub/a'), to: at('/mine/a'), replace: false }), 'forbidden')
  change((site) => move(site, ann, { from: at('/mine/sub'), to: at('/mine/sub2'), replace: false }))
})

t.test('a copy has what may be read', async (t) => {
  const copied = (from: string, to: string, access = ann) => {
    const memory = new MemoryFiles().tree(tree)
    play((site) => copy(site, access, { from: at(from), to: at(to), replace: false }), memory)
    return memory.node(to).spec
  }
  t.strictSame(copied('/pub/more', '/mine/new'), { b: 'b' })
  t.strictSame(copied('/on', '/mine/new'), { the: { way: { found: 'f' } } })
  const holes = member('/mine:rw', '/on:ro', '/on/the/way:none')
  t.strictSame(copied('/on', '/mine/new', holes), { the: {}, aside: 'x', dir: {} })
  t.throws(() => copied('/priv', '/mine/new'), { code: 'not_found' })
  t.throws(() => copied('/mine', '/pub/new'), { code: 'forbidden' })
  const file = new MemoryFiles().tree({ on: 'a file', mine: {} })
  t.throws(() => play((site) => copy(site, ann, { from: at('/on'), to: at('/mine/on'), replace: false }), file), {
    code: 'not_found',
  })
})

t.test('replacing is a right of its own', async (t) => {
  const some = member('/:rw')
  const refuse = (program: (site: ReturnType<typeof siteOn>) => Program<unknown>) =>
    t.throws(() => play(program), { code: 'forbidden' })
  const kept = member('/mine:rw', '/mine/kept:ro')
  const to = { from: at('/mine/m'), to: at('/mine/kept/k'), replace: true }
  refuse((site) => move(site, kept, to))
  refuse((site) => copy(site, kept, to))
  t.doesNotThrow(() => play((site) => copy(site, some, to)))
})

t.test('a directory that one may not read is none to go into', async (t) => {
  const destination = (access: Access) =>
    (play((site) => destinationFor(site, access, at('/mine/m'), at('/priv'))) as SafePath).text
  t.equal(destination(ann), '/priv')
  t.equal(destination(member('/:ro')), '/priv/m')
})
