import t from 'tap'
import {
  admitRemoval,
  Budget,
  copyEntry,
  copyTree,
  entriesOf,
  inDirectory,
  removeTree,
} from '../../../src/core/files/tree.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { directory, fifo, file, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

const tree = () => ({ a: 'content of a', dir: { b: 'b', deep: { c: 'c' } }, link: link('../somewhere'), empty: {} })
const files = () => new MemoryFiles().tree({ from: tree() })

function from(memory: MemoryFiles, name = 'from') {
  return { directory: memory.root, name }
}

function* names(memory: MemoryFiles, name: string): Program<string[]> {
  return yield* inDirectory(from(memory, name), function* (inner) {
    const entries = yield* entriesOf(inner)
    return entries.map((entry) => `${entry.name} ${entry.status?.kind}`).sort()
  })
}

t.test('everything in a directory, batch by batch', async (t) => {
  const memory = files()
  memory.put('from/pipe', fifo())
  memory.batch = 2
  const all = ['a file', 'dir directory', 'empty directory', 'link link', 'pipe other']
  t.strictSame(run(names(memory, 'from'), memory), all)
  t.equal(memory.logOf('lstatEach').length, 3)
  t.equal(memory.openCount, 0)
})

t.test('what has no status', async (t) => {
  const gone = files().before('lstatEach', 1, (m) => m.take('from/a'))
  t.notOk(
    run(names(gone, 'from'), gone).some((name) => name.startsWith('a ')),
    'what vanishes is left out',
  )
  const odd = files()
  odd.put('from/caf\udce9', 'not UTF-8')
  t.ok(run(names(odd, 'from'), odd).includes('caf\ufffd undefined'), 'what cannot be named is not')
  const failing = files().failOn('lstatEach', 1, 'EIO')
  const known = ['a file', 'dir directory', 'empty directory', 'link link']
  t.strictSame(run(names(failing, 'from'), failing), known, 'what fails once is asked again')
  const unknown = ['a undefined', 'dir undefined', 'empty undefined', 'link undefined']
  const unsearchable = new MemoryFiles().tree({ from: directory(tree(), { mode: 4 }) })
  t.strictSame(run(names(unsearchable, 'from'), unsearchable), unknown, 'what cannot be looked at is not left out')
})

t.test('nothing stays open when reading fails', async (t) => {
  for (const name of ['openDirectory', 'opendir', 'readdir'] as const) {
    const memory = files().failOn(name, 1, 'EIO')
    t.throws(() => run(names(memory, 'from'), memory), { code: 'EIO' })
    t.equal(memory.openCount, 0)
  }
})

t.test('a budget', async (t) => {
  const budget = new Budget(siteOn(new MemoryFiles(), { limits: { treeEntries: 2, treeDepth: 3 } }))
  budget.spend(3)
  t.throws(() => budget.spend(4), { code: 'too_large', message: /more than 3 directories deep/ })
  t.throws(() => budget.spend(1), { code: 'too_large', message: /more than 2 entries/ })
})

type Act = (site: Site, memory: MemoryFiles) => Program<void>

const acts: readonly (readonly [name: string, act: Act])[] = [
  ['copyTree', (site, memory) => copyTree(site, from(memory), from(memory, 'to'), '/from')],
  ['removeTree', (site, memory) => removeTree(site, from(memory))],
  ['admitRemoval', (site, memory) => admitRemoval(site, from(memory), '/from')],
]

t.test('limits: just enough, and one too few', async (t) => {
  // a, dir, dir/b, dir/deep, dir/deep/c, link, empty; and c lies three directories deep.
  for (const [name, act] of acts) {
    const enough = files()
    run(act(siteOn(enough, { limits: { treeEntries: 7, treeDepth: 3 } }), enough), enough)
    for (const limits of [{ treeEntries: 6 }, { treeDepth: 2 }]) {
      const memory = files()
      t.throws(() => run(act(siteOn(memory, { limits }), memory), memory), { code: 'too_large' }, name)
      t.equal(memory.openCount, 0)
    }
  }
})

t.test('copyTree', async (t) => {
  const memory = files()
  run(copyTree(siteOn(memory), from(memory), from(memory, 'to'), '/from'), memory)
  t.strictSame(memory.snapshot(), { from: tree(), to: tree() })
  t.equal(memory.openCount, 0)
  const flushed = memory.logOf('fsync').map((line) => line.slice('fsync '.length))
  t.strictSame([...flushed].sort(), [
    '/to',
    '/to/a',
    '/to/dir',
    '/to/dir/b',
    '/to/dir/deep',
    '/to/dir/deep/c',
    '/to/empty',
  ])
  for (const [inner, outer] of [
    ['/to/a', '/to'],
    ['/to/dir/b', '/to/dir'],
    ['/to/dir/deep', '/to/dir'],
    ['/to/dir', '/to'],
  ]) {
    t.ok(flushed.indexOf(inner as string) < flushed.indexOf(outer as string), `${inner} before ${outer}`)
  }
})

t.test('copyTree copies a large file piece by piece, short reads and writes included', async (t) => {
  const content = Array.from({ length: 40_000 }, (_, i) => `${i} `).join('')
  const memory = new MemoryFiles().tree({ from: { large: content } })
  memory.mostRead = 50_000
  memory.mostWritten = 30_000
  run(copyTree(siteOn(memory), from(memory), from(memory, 'to'), '/from'), memory)
  t.ok((memory.snapshot().to as { large: string }).large === content)
})

t.test('copyTree refuses what it cannot copy, rather than leave it out', async (t) => {
  for (const [name, thing] of [
    ['pipe', fifo()],
    ['caf\udce9', 'not UTF-8'],
  ] as const) {
    const memory = files()
    memory.put(`from/dir/${name}`, thing)
    const shown = name.replace('\udce9', '\ufffd')
    t.throws(() => run(copyTree(siteOn(memory), from(memory), from(memory, 'to'), '/from'), memory), {
      code: 'not_a_file',
      message: `/from/dir/${shown} is not a regular file or a directory, and is not served.`,
    })
    t.equal(memory.openCount, 0)
  }
})

t.test('copyEntry: a file that becomes a link is not followed', async (t) => {
  const memory = new MemoryFiles().outside({ secret: 'not yours' }).tree({ from: 'x' })
  const status = memory.node('from').status
  memory.put('from', link('../secret'))
  t.throws(() => run(copyEntry(siteOn(memory), from(memory), from(memory, 'to'), status, '/from'), memory), {
    code: 'ELOOP',
  })
  t.strictSame(memory.snapshot(), { from: link('../secret') })
})

t.test('copyEntry closes both files, whatever fails', async (t) => {
  for (const [name, nth] of [
    ['open', 1],
    ['open', 2],
    ['read', 1],
    ['read', 2],
    ['write', 1],
    ['fsync', 1],
  ] as const) {
    const memory = new MemoryFiles().tree({ from: 'x' }).failOn(name, nth, 'EIO')
    const status = memory.node('from').status
    t.throws(() => run(copyEntry(siteOn(memory), from(memory), from(memory, 'to'), status, '/from'), memory), {
      code: 'EIO',
    })
    t.equal(memory.openCount, 0, `${name} ${nth}`)
    t.strictSame(memory.mistakes, [])
  }
})

t.test('removeTree', async (t) => {
  const memory = new MemoryFiles().outside({ somewhere: { file: 'stays' } }).tree({ from: tree(), stays: 'x' })
  memory.put('from/pipe', fifo())
  memory.put('from/out', link('../../somewhere'))
  run(removeTree(siteOn(memory), from(memory)), memory)
  t.strictSame(memory.snapshot(), { stays: 'x' })
  t.strictSame(memory.surroundings(), { somewhere: { file: 'stays' } }, 'links are removed, not followed')
  t.equal(memory.openCount, 0)
})

t.test('admitRemoval touches nothing, and refuses what could be removed only in part', async (t) => {
  const cases: readonly (readonly [
    what: string,
    put: (memory: MemoryFiles) => void,
    error: { code: string; message?: string },
  ])[] = [
    [
      'a name that cannot be used',
      (m) => m.put('from/dir/caf\udce9', 'x'),
      {
        code: 'not_allowed',
        message: 'The file system does not allow it: /from/dir/caf\ufffd cannot be reached by its name.',
      },
    ],
    [
      'a directory that cannot be read',
      (m) => m.put('from/dir/closed', directory({ x: 'x' }, { mode: 0 })),
      { code: 'EACCES' },
    ],
    [
      'a directory that cannot be searched',
      (m) => m.put('from/dir/closed', directory({ x: 'x' }, { mode: 4 })),
      { code: 'not_allowed' },
    ],
  ]
  for (const [what, put, error] of cases) {
    const memory = files()
    put(memory)
    const before = memory.snapshot()
    t.throws(() => run(admitRemoval(siteOn(memory), from(memory), '/from'), memory), error, what)
    t.strictSame(memory.snapshot(), before)
    t.equal(memory.openCount, 0)
  }
  const memory = files()
  memory.put('from/private', file('x', { mode: 0 }))
  run(admitRemoval(siteOn(memory), from(memory), '/from'), memory)
  t.ok(memory.has('from/private'), 'a file that cannot be read can still be removed')
})

t.test('inDirectory closes what it has opened, whatever becomes of its use', async (t) => {
  const memory = files()
  const fails = function* (): Program<void> {
    yield* call('readlink', memory.root, 'none')
  }
  t.throws(() => run(inDirectory(from(memory), fails), memory), { code: 'ENOENT' })
  t.equal(memory.openCount, 0)
})
