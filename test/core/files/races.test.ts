/** Symbolic links that come into being between two calls: the answer may differ, but never comes from outside. */
import t from 'tap'
import { store } from '../../../src/core/files/store.ts'
import { walking } from '../../../src/core/files/walk.ts'
import { copy } from '../../../src/core/operations/copy.ts'
import { createDirectory } from '../../../src/core/operations/create.ts'
import { search } from '../../../src/core/operations/list.ts'
import { move } from '../../../src/core/operations/move.ts'
import { remove } from '../../../src/core/operations/remove.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { call, type Program } from '../../../src/core/program.ts'
import type { Site } from '../../../src/core/site.ts'
import { toRead } from '../../fixtures/access.ts'
import { sourceOf } from '../../fixtures/bytes.ts'
import type { Tree } from '../../fixtures/inodes.ts'
import { link, MemoryFiles } from '../../fixtures/memory.ts'
import { interfereBeforeEachCall } from '../../fixtures/sweeps.ts'

const files = () =>
  new MemoryFiles()
    .outside({ outside: { c: { file: 'not yours', g: { h: 'not yours' } }, file: 'not yours', b: 'not yours' } })
    .tree({ a: { b: { c: { file: 'ours', g: { h: 'ours' } } } }, to: {} })

const at = pathFromText

/** @param room bytes to load a file into */
function* readFile(site: Site, text: string, room = 0): Program<string> {
  return yield* walking(site, toRead(text), function* (walk) {
    const found = yield* walk.find(at(text), Buffer.alloc(room))
    if (found.kind === 'loaded') return Buffer.from(found.content).toString('latin1')
    if (found.kind === 'directory') return 'a directory'
    const into = Buffer.alloc(100)
    const count = yield* call('read', found.fd, into, 0)
    yield* call('close', found.fd)
    return into.toString('latin1', 0, count)
  })
}

const programs: readonly (readonly [name: string, program: (site: Site) => Program<unknown>])[] = [
  ['read', (site) => readFile(site, '/a/b/c/file')],
  ['load', (site) => readFile(site, '/a/b/c/file', 100)],
  ['read a directory', (site) => readFile(site, '/a/b/c')],
  [
    'store',
    (site) => store(site, site.accounts.everybody, { path: at('/a/b/c/new'), source: sourceOf('new'), replace: false }),
  ],
  [
    'store over',
    (site) => store(site, site.accounts.everybody, { path: at('/a/b/c/file'), source: sourceOf('new'), replace: true }),
  ],
  ['create', (site) => createDirectory(site, site.accounts.everybody, at('/a/b/c/new'))],
  [
    'remove',
    (site) => remove(site, site.accounts.everybody, { path: at('/a/b/c/file'), kind: 'any', recursive: false }),
  ],
  [
    'remove a tree',
    (site) => remove(site, site.accounts.everybody, { path: at('/a/b/c'), kind: 'any', recursive: true }),
  ],
  [
    'move a file',
    (site) => move(site, site.accounts.everybody, { from: at('/a/b/c/file'), to: at('/to/file'), replace: false }),
  ],
  ['move in', (site) => move(site, site.accounts.everybody, { from: at('/to'), to: at('/a/b/c/to'), replace: false })],
  ['copy a tree', (site) => copy(site, site.accounts.everybody, { from: at('/a/b'), to: at('/to/b'), replace: false })],
  [
    'copy a file',
    (site) => copy(site, site.accounts.everybody, { from: at('/a/b/c/file'), to: at('/to/file'), replace: false }),
  ],
  [
    'search',
    (site) =>
      walking(site, toRead('/a'), function* (walk) {
        yield* walk.down(['a'])
        return yield* search(site, site.accounts.everybody, at('/a'), walk, 'h')
      }),
  ],
]

/** What of the tree inside could be made of something from outside. */
function stolen(tree: Tree): string[] {
  return JSON.stringify(tree).includes('not yours') ? ['something from outside came in'] : []
}

const swaps: readonly (readonly [name: string, path: string, target: string])[] = [
  ['the first directory', 'a', '../outside'],
  ['a middle directory', 'a/b', '../../outside'],
  ['the last directory', 'a/b/c', '../../../outside/c'],
  ['a middle directory, by an absolute link', 'a/b', '/outside'],
  ['the file', 'a/b/c/file', '../../../../outside/file'],
  ['a directory of the tree', 'a/b/c/g', '../../../../outside/c/g'],
]

for (const [name, program] of programs) {
  t.test(name, async (t) => {
    for (const [what, path, target] of swaps) {
      t.test(`${what} becomes a link that leads out`, async (t) => {
        interfereBeforeEachCall(
          t,
          { files, program },
          (memory) => {
            // It may be gone already: then there is nothing to swap.
            if (!memory.has(path)) return
            memory.shift(path, 'swapped')
            memory.put(path, link(target))
          },
          (memory) => stolen(memory.snapshot()),
        )
      })
    }
    t.test('a directory vanishes', async (t) => {
      interfereBeforeEachCall(t, { files, program }, (memory) => {
        if (memory.has('a/b')) memory.take('a/b')
      })
    })
  })
}

t.test('what is read never comes from outside', async (t) => {
  for (const [what, path, target] of swaps) {
    const answers: unknown[] = []
    interfereBeforeEachCall(
      t,
      {
        files,
        program: function* (site) {
          answers.push(yield* readFile(site, '/a/b/c/file'), yield* readFile(site, '/a/b/c/file', 100))
        },
      },
      (memory) => {
        memory.shift(path, 'swapped')
        memory.put(path, link(target))
      },
    )
    t.strictSame([...new Set(answers)], ['ours'], what)
  }
})
