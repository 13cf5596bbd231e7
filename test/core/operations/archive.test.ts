import { unzipSync } from 'fflate'
import t from 'tap'
import { Walk, walking } from '../../../src/core/files/walk.ts'
import type { Output } from '../../../src/core/http/output.ts'
import { admitArchive, writeArchive } from '../../../src/core/operations/archive.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import type { Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { toRead } from '../../fixtures/access.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { directory, fifo, file, link, MemoryFiles, socket } from '../../fixtures/memory.ts'
import { run, type SiteDetails, siteOn } from '../../fixtures/site.ts'

/** Keeps what is sent: a copy, because the buffers are used again. */
function collector(): { readonly pieces: Buffer[]; readonly out: Output } {
  const pieces: Buffer[] = []
  const out = {
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *bytes(piece: Uint8Array): Program<void> {
      pieces.push(Buffer.from(piece))
    },
  }
  return { pieces, out: out as unknown as Output }
}

/** A walk that has not begun. */
const atTop = (site: Site) => new Walk(site, toRead('/'))

function archive(memory: MemoryFiles, text = '/', details: SiteDetails = {}): Buffer {
  const site = siteOn(memory, details)
  const { pieces, out } = collector()
  run(
    walking(site, toRead(text), function* (walk) {
      yield* walk.down(text === '/' ? rootPath.segments : pathFromText(text).segments)
      yield* admitArchive(site, walk)
      yield* writeArchive(site, walk, out)
    }),
    memory,
  )
  return Buffer.concat(pieces)
}

function admit(memory: MemoryFiles, details: SiteDetails = {}): void {
  const site = siteOn(memory, details)
  run(admitArchive(site, atTop(site)), memory)
}

const unpacked = (zip: Buffer) =>
  Object.fromEntries(Object.entries(unzipSync(zip)).map(([name, content]) => [name, Buffer.from(content).toString()]))

const tree = () => ({ 'b.txt': 'content of b', a: { 'c ü.txt': 'c', deep: { d: '' } }, empty: {} })
const whole = { 'a/': '', 'a/c ü.txt': 'c', 'a/deep/': '', 'a/deep/d': '', 'b.txt': 'content of b', 'empty/': '' }

t.test('an archive is the tree', async (t) => {
  const memory = new MemoryFiles().tree(tree())
  const zip = archive(memory)
  t.strictSame(unpacked(zip), whole)
  t.strictSame(Object.keys(unzipSync(zip)), Object.keys(whole), 'in the order of names')
  t.equal(memory.openCount, 0)
  t.strictSame(unpacked(archive(memory, '/a')), { 'c ü.txt': 'c', 'deep/': '', 'deep/d': '' })
  t.strictSame(unpacked(archive(new MemoryFiles())), {})
})

t.test('a large file, read in short pieces', async (t) => {
  const content = Array.from({ length: 60_000 }, (_, i) => `${i} `).join('')
  const memory = new MemoryFiles().tree({ large: content, small: 'x' })
  memory.mostRead = 50_000
  const files = unpacked(archive(memory))
  t.ok(files.large === content)
  t.equal(files.small, 'x')
})

t.test('what is left out', async (t) => {
  const memory = new MemoryFiles().outside({ secret: 'not yours' }).tree({
    ...tree(),
    '.twinserve': { temporary: { part: 'x' } },
    '.Twinserve-x': 'x',
    link: link('b.txt'),
    out: link('../secret'),
    pipe: fifo(),
    plug: socket(),
    'caf\udce9': 'not UTF-8',
    '..\\..\\evil': 'would lead out of where it is unpacked',
    'C:\\dir': { x: 'x' },
    private: file('x', { mode: 0 }),
    closed: directory({ x: 'x' }, { mode: 0 }),
    top: link('.'),
  })
  const expected = { ...whole, 'closed/': '' }
  t.strictSame(unpacked(archive(memory)), expected)
  t.strictSame(unpacked(archive(memory, '/top')), expected, 'nor is the server, by way of a link')
  t.strictSame(unpacked(archive(new MemoryFiles().tree({ a: { '.twinserve': 'x', '.twinserve-not': 'x' } }))), {
    'a/': '',
    'a/.twinserve-not': 'x',
  })
})

t.test('times, as far as the format goes', async (t) => {
  const ns = (text: string) => BigInt(Date.parse(text)) * 1_000_000n
  const memory = new MemoryFiles().tree({
    a: file('', { mtimeNs: ns('1969-01-01T00:00:00Z') }),
    b: file('', { mtimeNs: ns('2024-05-17T12:34:57Z') }),
    c: file('', { mtimeNs: ns('2200-01-01T00:00:00Z') }),
  })
  const zip = archive(memory)
  const years: number[] = []
  for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 1)) {
    years.push(1980 + (zip.readUInt32LE(at + 12) >>> 25))
  }
  t.strictSame(years, [1980, 2024, 2099])
})

t.test('what changes while it is archived', async (t) => {
  type Row = readonly [what: string, act: (memory: MemoryFiles) => void, expected: Tree]
  const { 'a/deep/': _deep, 'a/deep/d': _d, 'a/c ü.txt': _c, ...withoutA } = whole
  const rows: readonly Row[] = [
    ['a file grows', (m) => m.rewrite('b.txt', 'content of b, and more of it'), whole],
    ['a file shrinks', (m) => m.rewrite('b.txt', 'con'), { ...whole, 'b.txt': 'con' }],
    [
      'a file vanishes',
      (m) => m.take('a/c ü.txt'),
      { 'a/': '', 'a/deep/': '', 'a/deep/d': '', 'b.txt': 'content of b', 'empty/': '' },
    ],
    [
      'a file becomes a link',
      (m) => m.put('a/c ü.txt', link('../b.txt')),
      { 'a/': '', 'a/deep/': '', 'a/deep/d': '', 'b.txt': 'content of b', 'empty/': '' },
    ],
    ['a directory vanishes', (m) => m.take('a'), withoutA],
  ]
  for (const [what, act, expected] of rows) {
    const memory = new MemoryFiles().tree(tree())
    const site = siteOn(memory)
    run(admitArchive(site, atTop(site)), memory)
    const { pieces, out } = collector()
    // The file's size and the directory's name are known by then, and neither is open yet.
    memory.before(what.startsWith('a directory') ? 'openDirectory' : 'open', 1, act)
    run(writeArchive(site, atTop(site), out), memory)
    t.strictSame(unpacked(Buffer.concat(pieces)), expected, what)
    t.equal(memory.openCount, 0)
  }
})

t.test('a failure breaks it off: it never ends as if it were whole', async (t) => {
  const count = (() => {
    const memory = new MemoryFiles().tree(tree())
    archive(memory)
    return memory.log.length
  })()
  const problems: string[] = []
  let broken = 0
  for (let k = 1; k <= count; k += 1) {
    for (const errno of ['EIO', 'EMFILE']) {
      const memory = new MemoryFiles().tree(tree()).failOn('*', k, errno)
      try {
        const files = unpacked(archive(memory))
        if (JSON.stringify(files) !== JSON.stringify(whole) && !memory.log[k - 1]?.startsWith('lstatEach')) {
          problems.push(`${memory.log[k - 1]}: ${Object.keys(files)}`)
        }
      } catch (error) {
        broken += 1
        if ((error as { code?: string }).code !== errno) problems.push(`${memory.log[k - 1]}: ${error}`)
      }
      if (memory.openCount !== 0) problems.push(`${memory.log[k - 1]}: something is open`)
    }
  }
  t.strictSame(problems, [])
  t.ok(broken > count / 2)
})

t.test('what the format cannot hold is refused before anything is sent', async (t) => {
  const overhead = 30 + 16 + 46 + 2
  const most = 2 ** 32 - 1
  const sized = (...sizes: number[]) =>
    new MemoryFiles().tree(
      Object.fromEntries(sizes.map((size, at) => [String.fromCharCode(97 + at), file('', { size })])),
    )
  admit(sized(most - overhead))
  admit(sized(2 ** 31, 2 ** 31 - 1 - 2 * overhead))
  const tooLarge = { code: 'too_large', message: /4 GiB/ }
  t.throws(() => admit(sized(most - overhead + 1)), tooLarge)
  t.throws(() => admit(sized(2 ** 31, 2 ** 31 - 2 * overhead)), tooLarge)
  const inner = new MemoryFiles().tree({ dir: { f: file('', { size: most }) } })
  t.throws(() => admit(inner), tooLarge)
  t.equal(inner.openCount, 0)

  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${at}`, at % 2 ? '' : {}]))
  const full = new MemoryFiles().tree(many(65_535))
  admit(full)
  full.put('one more', '')
  t.throws(() => admit(full), { code: 'too_large', message: /65535 entries/ })
})

t.test('a tree that grows beyond the format meanwhile breaks it off', async (t) => {
  const memory = new MemoryFiles().tree({ a: 'a', b: file('b', { size: 2 ** 32 }), dir: {} })
  const { pieces, out } = collector()
  t.throws(() => run(writeArchive(siteOn(memory), atTop(siteOn(memory)), out), memory), { code: 'too_large' })
  t.throws(() => unzipSync(Buffer.concat(pieces)), 'what was sent is no archive')
  t.equal(memory.openCount, 0)
})

t.test('a path that the format has no room for breaks it off', async (t) => {
  let deep: Tree = { file: 'x' }
  for (let depth = 0; depth < 260; depth += 1) deep = { ['x'.repeat(255)]: deep }
  const memory = new MemoryFiles().tree(deep)
  const site = siteOn(memory, { limits: { treeDepth: 1000 } })
  t.throws(() => run(writeArchive(site, atTop(site), collector().out), memory), { message: 'filename too long' })
  t.equal(memory.openCount, 0)
})

t.test('limits', async (t) => {
  admit(new MemoryFiles().tree(tree()), { limits: { treeEntries: 6, treeDepth: 3 } })
  for (const limits of [{ treeEntries: 5 }, { treeDepth: 2 }]) {
    const memory = new MemoryFiles().tree(tree())
    t.throws(() => admit(memory, { limits }), { code: 'too_large' })
    t.equal(memory.openCount, 0)
  }
})
