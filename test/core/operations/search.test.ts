import t from 'tap'
import { walking } from '../../../src/core/files/walk.ts'
import { type Finds, search } from '../../../src/core/operations/list.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { toRead } from '../../fixtures/access.ts'
import { directory, link, MemoryFiles } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn } from '../../fixtures/site.ts'

function files(): MemoryFiles {
  return new MemoryFiles().tree({
    '.twinserve': { 'word in it': 'x' },
    'Word.txt': 'x',
    none: 'x',
    docs: { 'my words': { 'WORD again': 'x', deep: { 'last word': 'x' } }, '.twinserve word': 'x' },
    link: link('docs'),
    'word link': link('docs'),
    'a\\b': { 'word behind no address': 'x' },
    closed: directory({ 'word unseen': 'x' }, { mode: 0 }),
  })
}

function finds(memory: MemoryFiles, text: string, word: string, details: SiteDetails = {}): Finds {
  const site = siteOn(memory, details)
  const path = text === '/' ? rootPath : pathFromText(text)
  return run(
    walking(site, toRead(text), function* (walk) {
      yield* walk.down(path.segments)
      return yield* search(site, site.accounts.everybody, path, walk, word)
    }),
    memory,
  )
}

const told = ({ entries }: Finds) =>
  entries.map(({ segments, name }) => `/${[...(segments ?? []), name].join('/')}`).sort()

t.test('by name, in any case, below a directory', async (t) => {
  const memory = files()
  const all = finds(memory, '/', 'wOrD')
  t.strictSame(told(all), [
    '/Word.txt',
    '/docs/.twinserve word',
    '/docs/my words',
    '/docs/my words/WORD again',
    '/docs/my words/deep/last word',
    '/word link',
  ])
  t.equal(all.truncated, false)
  t.match(
    all.entries.find(({ name }) => name === 'word link'),
    { kind: 'link', target: 'directory', reachable: true },
  )
  t.strictSame(told(finds(memory, '/docs', 'again')), ['/docs/my words/WORD again'])
  t.strictSame(finds(memory, '/', 'nowhere'), { entries: [], truncated: false })
  t.strictSame(
    told(finds(memory, '/link/', 'again')),
    ['/link/my words/WORD again'],
    'under the path that was asked for',
  )
  t.equal(memory.openCount, 0)
})

t.test('what is left out', async (t) => {
  const limits = { searchResults: 6 }
  t.equal(finds(files(), '/', 'word', { limits }).truncated, false, 'all that there is')
  const few = finds(files(), '/', 'word', { limits: { searchResults: 5 } })
  t.equal(few.entries.length, 5)
  t.equal(few.truncated, true)
  t.equal(finds(files(), '/', 'word', { limits: { treeEntries: 4 } }).truncated, true)
  const shallow = finds(files(), '/', 'word', { limits: { treeDepth: 2 } })
  t.equal(shallow.truncated, true)
  t.notOk(told(shallow).includes('/docs/my words/WORD again'))
})

t.test('a directory that vanishes, or may not be read, has nothing to show', async (t) => {
  const all = told(finds(files(), '/', 'word'))
  for (const errno of ['ENOENT', 'ENOTDIR', 'EACCES']) {
    const memory = files().failOn('openDirectory', 3, errno)
    const found = told(finds(memory, '/', 'word'))
    t.ok(found.length < all.length && found.includes('/Word.txt') && found.includes('/word link'), errno)
    t.equal(memory.openCount, 0)
  }
  const removed = files().before('opendir', 3, (m) => m.take('docs/my words'))
  t.ok(told(finds(removed, '/', 'word')).includes('/docs/.twinserve word'), 'its neighbours are found')
})

t.test('other failures are told', async (t) => {
  for (const [name, nth] of [
    ['openDirectory', 3],
    ['opendir', 2],
    ['readdir', 3],
  ] as const) {
    const memory = files().failOn(name, nth, 'EMFILE')
    t.throws(() => finds(memory, '/', 'word'), { code: 'EMFILE' })
    t.equal(memory.openCount, 0)
  }
})
