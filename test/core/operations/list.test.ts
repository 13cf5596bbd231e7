import t from 'tap'
import { walking } from '../../../src/core/files/walk.ts'
import { hasAddress, list } from '../../../src/core/operations/list.ts'
import type { ListingEntry } from '../../../src/core/pages/listing.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { toRead } from '../../fixtures/access.ts'
import { device, directory, fifo, file, link, MemoryFiles, socket } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

function entriesAt(memory: MemoryFiles, text: string): readonly ListingEntry[] {
  const site = siteOn(memory)
  const path = text === '/' ? rootPath : pathFromText(text)
  return run(
    walking(site, toRead(text), function* (walk) {
      yield* walk.down(path.segments)
      return yield* list(site, site.accounts.everybody, path, walk)
    }),
    memory,
  )
}

/** One line for each entry, in the order of names. */
function listed(memory: MemoryFiles, text: string): string[] {
  const lines = entriesAt(memory, text).map(({ name, kind, target, reachable }) =>
    [name, kind, ...(target === undefined ? [] : [`-> ${target}`]), ...(reachable ? [] : ['unreachable'])].join(' '),
  )
  return lines.sort()
}

t.test('what an entry says', async (t) => {
  const memory = new MemoryFiles().tree({ dir: { a: file('content', { mtimeNs: 12_345_678_901n }) } })
  t.strictSame(entriesAt(memory, '/dir'), [
    { name: 'a', kind: 'file', size: 7, mtimeNs: 12_345_678_901n, reachable: true },
  ])
  t.equal(memory.openCount, 0)
  t.strictSame(entriesAt(new MemoryFiles(), '/'), [])
})

t.test('kinds, links and names', async (t) => {
  const memory = new MemoryFiles().outside({ secret: 'x' }).tree({
    '.twinserve': { temporary: {} },
    'top.txt': 'x',
    dir: {
      '.twinserve': { temporary: {} },
      '.twinserve-not': 'below the top only that name is not like any other',
      '.hidden': 'x',
      'a\\b': 'a backslash',
      'caf\udce9': 'not UTF-8',
      'honest \ufffd': 'a character that is really there',
      sub: {},
      pipe: fifo(),
      plug: socket(),
      null: device(),
      private: file('x', { mode: 0 }),
      file: link('../top.txt'),
      subdir: link('sub'),
      self: link('.'),
      top: link('..'),
      chain: link('file'),
      dangling: link('none'),
      out: link('../../secret'),
      absolute: link('/top.txt'),
      loop: link('loop'),
      pipelink: link('pipe'),
      server: link('../.twinserve'),
      privatelink: link('private'),
    },
  })
  t.strictSame(listed(memory, '/dir'), [
    '.hidden file',
    '.twinserve-not file',
    'a\\b file unreachable',
    'absolute link unreachable',
    'caf\ufffd other unreachable',
    'chain link -> file',
    'dangling link unreachable',
    'file link -> file',
    'honest \ufffd file',
    'loop link unreachable',
    'null other unreachable',
    'out link unreachable',
    'pipe other unreachable',
    'pipelink link unreachable',
    'plug other unreachable',
    'private file',
    'privatelink link unreachable',
    'self link -> directory',
    'server link unreachable',
    'sub directory',
    'subdir link -> directory',
    'top link -> directory',
  ])
  t.equal(memory.openCount, 0)
  t.notOk(memory.log.some((line) => line.includes('OUTSIDE')))
})

t.test('what belongs to the server is not shown at the top', async (t) => {
  const memory = new MemoryFiles().tree({
    '.twinserve': {},
    '.Twinserve-2': 'x',
    '.twinserv': 'x',
    dir: { up: link('..') },
  })
  t.strictSame(listed(memory, '/'), ['.twinserv file', 'dir directory'])
  t.strictSame(listed(memory, '/dir/up/'), ['.twinserv file', 'dir directory'], 'nor by way of a link')
})

t.test('what vanishes meanwhile is not shown, what cannot be looked at is', async (t) => {
  const files = () => new MemoryFiles().tree({ dir: { a: 'a', b: 'b' } })
  t.strictSame(
    listed(
      files().before('lstatEach', 1, (m) => m.take('dir/a')),
      '/dir',
    ),
    ['b file'],
  )
  const closed = new MemoryFiles().tree({ dir: directory({ a: 'a' }, { mode: 4 }) })
  t.strictSame(entriesAt(closed, '/dir'), [{ name: 'a', kind: 'other', size: 0, mtimeNs: 0n, reachable: false }])
})

t.test('a directory that cannot be read is an error', async (t) => {
  for (const name of ['opendir', 'readdir'] as const) {
    const memory = new MemoryFiles().tree({ dir: {} }).failOn(name, 1, 'EIO')
    t.throws(() => entriesAt(memory, '/dir'), { code: 'EIO' })
    t.equal(memory.openCount, 0)
  }
})

t.test('names that a path can have', async (t) => {
  for (const name of ['a', '...', ' ', 'é', '\ufffd', '.twinserve', '%2f']) t.ok(hasAddress(name), name)
  for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\0', '\ud800']) t.notOk(hasAddress(name), JSON.stringify(name))
})
