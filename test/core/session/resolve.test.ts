/** Paths as people write them in a session. */
import fc from 'fast-check'
import t from 'tap'
import { Refusal } from '../../../src/core/errors.ts'
import { pathFromText, rootPath } from '../../../src/core/paths.ts'
import { resolvePath } from '../../../src/core/session/resolve.ts'

const here = pathFromText('/a/b')

t.test('from the current directory, or from the top', async (t) => {
  const table: readonly (readonly [text: string, path: string, slash: boolean])[] = [
    ['c', '/a/b/c', false],
    ['c/d', '/a/b/c/d', false],
    ['c/', '/a/b/c', true],
    ['/c', '/c', false],
    ['/c/', '/c', true],
    ['/', '/', true],
    ['.', '/a/b', true],
    ['./', '/a/b', true],
    ['./c', '/a/b/c', false],
    ['c/.', '/a/b/c', true],
    ['/.', '/', true],
    ['..', '/a', true],
    ['../', '/a', true],
    ['../c', '/a/c', false],
    ['../..', '/', true],
    ['../../', '/', true],
    ['c/..', '/a/b', true],
    ['c/../d', '/a/b/d', false],
    ['/x/../y', '/y', false],
    ['/x/..', '/', true],
    ['...', '/a/b/...', false],
    ['..c', '/a/b/..c', false],
    ['~', '/a/b/~', false],
    ['a%2Fb', '/a/b/a%2Fb', false],
    ['ä b', '/a/b/ä b', false],
  ]
  for (const [text, path, slash] of table) {
    const found = resolvePath(here, text)
    t.strictSame([found.text, found.slash], [path, slash], text)
  }
})

t.test('what leads nowhere', async (t) => {
  const table: readonly (readonly [text: string, code: string, sentence: RegExp])[] = [
    ['', 'bad_name', /an empty part/],
    ['a//b', 'bad_name', /an empty part/],
    ['a//', 'bad_name', /an empty part/],
    ['//', 'bad_name', /an empty part/],
    ['//a', 'bad_name', /an empty part/],
    ['../../..', 'bad_name', /leads above the shared directory/],
    ['/..', 'bad_name', /leads above the shared directory/],
    ['/../a', 'bad_name', /leads above the shared directory/],
    ['../../../a/b', 'bad_name', /leads above the shared directory/],
    ['a\\b', 'bad_name', /backslash/],
    ['a\0b', 'bad_name', /NUL/],
    ['\ud800', 'bad_name', /Unicode/],
    ['/.twinserve/temporary', 'reserved', /belongs to the server/],
    ['../../.TwinServe', 'reserved', /belongs to the server/],
    ['/x/../.twinserve', 'reserved', /belongs to the server/],
  ]
  for (const [text, code, sentence] of table) {
    t.throws(() => resolvePath(here, text), { code, message: sentence }, JSON.stringify(text))
  }
})

t.test('whatever is written, a path is made of names, or refused', async (t) => {
  const parts = fc.array(fc.constantFrom('..', '.', '', 'a', 'b', '.twinserve', '\\'), { maxLength: 8 })
  const property = fc.property(parts, fc.boolean(), (list, absolute) => {
    const text = (absolute ? '/' : '') + list.join('/')
    try {
      const { segments } = resolvePath(here, text)
      return segments.every((name) => name === 'a' || name === 'b' || name === '.twinserve')
    } catch (error) {
      return error instanceof Refusal
    }
  })
  t.equal(fc.check(property).counterexample, null)
})

t.test('at the top', async (t) => {
  t.equal(resolvePath(rootPath, '.'), rootPath)
  t.equal(resolvePath(rootPath, 'a').text, '/a')
  t.throws(() => resolvePath(rootPath, '..'), { code: 'bad_name' })
})
