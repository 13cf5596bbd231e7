/** What a client may call a file. */
import fc from 'fast-check'
import t from 'tap'
import { checkName, isReserved, pathFromTarget, pathFromText, rootPath, SafePath } from '../../src/core/paths.ts'

/** Targets: the path they mean, or the refusal. */
const targets: Readonly<Record<string, readonly string[] | string>> = {
  '/': [],
  '': [],
  '/a': ['a'],
  a: ['a'],
  '/a/b': ['a', 'b'],
  '/a%20b': ['a b'],
  '/a+b': ['a+b'],
  '/%C3%BC': ['ü'],
  '/%f0%9d%84%9e': ['𝄞'],
  '/a%252Fb': ['a%2Fb'],
  '/...': ['...'],
  '/.a': ['.a'],
  '/a..': ['a..'],
  '/%0A': ['\n'],
  '/a:b*?': ['a:b*?'],
  '/docs/.twinserve-x': ['docs', '.twinserve-x'],
  '/twinserve': ['twinserve'],
  '/.twinserv': ['.twinserv'],
  '//': 'bad_name',
  '//a': 'bad_name',
  '/a//b': 'bad_name',
  '/a//': 'bad_name',
  '/.': 'bad_name',
  '/..': 'bad_name',
  '/../a': 'bad_name',
  '/a/../b': 'bad_name',
  '/a/./b': 'bad_name',
  '/a/..': 'bad_name',
  '/a/../': 'bad_name',
  '/%2e%2e/a': 'bad_name',
  '/.%2E/a': 'bad_name',
  '/%2e': 'bad_name',
  '/a%2fb': 'bad_name',
  '/..%2fa': 'bad_name',
  '/%2e%2e%2fa': 'bad_name',
  '/a\\b': 'bad_name',
  '/a%5cb': 'bad_name',
  '/..%5C..%5Ca': 'bad_name',
  '/a%00': 'bad_name',
  '/%00': 'bad_name',
  '/%': 'bad_target',
  '/%4': 'bad_target',
  '/%zz': 'bad_target',
  '/%ff': 'bad_target',
  '/%c3': 'bad_target',
  '/%c0%ae%c0%ae/a': 'bad_target',
  '/%e0%80%af': 'bad_target',
  '/%ed%a0%80': 'bad_target',
  '/%f5%80%80%80': 'bad_target',
  '/.twinserve': 'reserved',
  '/.twinserve/temporary': 'reserved',
  '/.TwinServe': 'reserved',
  '/docs/.twinserve': 'reserved',
  '/docs/.Twinserve/x': 'reserved',
  '/.twinserve-backup': 'reserved',
  '/%2etwinserve/': 'reserved',
  '/.twin%73erve': 'reserved',
}

t.test('targets', async (t) => {
  for (const [raw, wanted] of Object.entries(targets)) {
    if (typeof wanted === 'string') t.throws(() => pathFromTarget(raw), { code: wanted }, raw)
    else t.strictSame(pathFromTarget(raw).segments, wanted, raw)
  }
})

t.test('text that a person wrote is not decoded', async (t) => {
  t.strictSame(pathFromText('docs/new name').segments, ['docs', 'new name'])
  t.strictSame(pathFromText('/a%2fb/%').segments, ['a%2fb', '%'])
  t.equal(pathFromText('').isRoot, true)
  t.equal(pathFromText('/').isRoot, true)
  for (const text of ['a//b', '../a', 'a/..', 'a\\b', 'a\0', 'a\ud800', '\udc00/b', '//a']) {
    t.throws(() => pathFromText(text), { code: 'bad_name' }, JSON.stringify(text))
  }
  t.throws(() => pathFromText('.twinserve/x'), { code: 'reserved' })
})

t.test('why a name cannot be', async (t) => {
  const reasons: readonly (readonly [name: string, reason: RegExp])[] = [
    ['', /empty part/],
    ['.', /only dots/],
    ['..', /only dots/],
    ['a/b', /slash/],
    ['a\\b', /backslash/],
    ['a\0b', /NUL/],
    ['a\ud800b', /not valid Unicode/],
    ['\udc00\ud800', /not valid Unicode/],
  ]
  for (const [name, message] of reasons) t.throws(() => checkName(name), { code: 'bad_name', message })
  for (const name of ['a', '...', ' ', '𝄞', 'a𝄞b', '\n', '\u202e']) t.doesNotThrow(() => checkName(name))
})

t.test('what a path says of itself', async (t) => {
  const path = pathFromTarget('/a/b%20c/')
  t.match(path, { name: 'b c', text: '/a/b c', isRoot: false, slash: true })
  t.match(pathFromTarget('/a/b'), { slash: false })
  t.match(path.parent, { name: 'a', text: '/a', slash: true })
  t.match(path.parent.parent, { name: '', text: '/', isRoot: true, slash: true })
  t.match(rootPath.parent, { text: '/', isRoot: true })
})

t.test('a child', async (t) => {
  const docs = pathFromTarget('/docs')
  t.match(docs.child('a'), { text: '/docs/a', slash: false })
  t.match(docs.child('a', true), { text: '/docs/a', slash: true })
  t.match(docs.child('.twinserve-x'), { text: '/docs/.twinserve-x' })
  t.throws(() => docs.child('.twinserve'), { code: 'reserved' })
  t.throws(() => rootPath.child('.twinserve'), { code: 'reserved' })
  for (const name of ['', '..', 'a/b', 'a\\b', 'a\0']) t.throws(() => docs.child(name), { code: 'bad_name' })
})

t.test('what lies below what', async (t) => {
  const a = pathFromText('a/b')
  const below: Readonly<Record<string, boolean>> = {
    'a/b': true,
    'a/b/': true,
    'a/b/c': true,
    a: false,
    'a/bc': false,
    'b/a': false,
  }
  for (const [text, is] of Object.entries(below)) t.equal(a.contains(pathFromText(text)), is, text)
  t.equal(rootPath.contains(a), true)
  t.equal(a.contains(rootPath), false)
})

t.test('nobody else makes one', async (t) => {
  t.throws(() => new SafePath(Symbol('forged') as never, ['..'], false), TypeError)
})

const hostile = fc.constantFrom(
  '/',
  '%2f',
  '\\',
  '%5C',
  '.',
  '..',
  '%2e',
  '\0',
  '%00',
  '%',
  '%ff',
  'a',
  'ü',
  '.twinserve',
  '\ud800',
  '𝄞',
  '=',
)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(hostile, { maxLength: 8 }).map((parts) => parts.join('')),
)

t.test('whatever is accepted is a path below the root, by names that a directory can hold', async (t) => {
  for (const make of [pathFromTarget, pathFromText]) {
    fc.assert(
      fc.property(text, (raw) => {
        let path: SafePath
        try {
          path = make(raw)
        } catch (error) {
          return ['bad_name', 'bad_target', 'reserved'].includes((error as { code: string }).code)
        }
        const sound = path.segments.every(
          (segment) => segment !== '' && segment !== '.' && segment !== '..' && !/[/\\\0]|\p{Surrogate}/u.test(segment),
        )
        const reserved = path.segments.some((segment, at) => isReserved(segment, at === 0))
        return sound && !reserved && path.text.split('/').length <= raw.split(/\//).length + 1
      }),
      { numRuns: 2000 },
    )
  }
  t.pass()
})

t.test('every name that is accepted comes back from its percent-encoding', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 4 }), (names) => {
      fc.pre(
        names.every((name) => !/^\.{1,2}$|[/\\\0]/.test(name)) && !names.some((name, at) => isReserved(name, at === 0)),
      )
      const path = pathFromTarget(`/${names.map(encodeURIComponent).join('/')}`)
      return path.segments.every((segment, at) => segment === names[at]) && path.segments.length === names.length
    }),
  )
  t.pass()
})

t.test('names that a file system may take for the one that is reserved', async (t) => {
  for (const name of [
    '.twinſerve',
    '.TWİNSERVE'.replace('İ', 'I'),
    '.twin\u200cserve',
    '\ufeff.twinserve',
    '．twinserve',
  ]) {
    t.throws(() => pathFromText(name), { code: 'reserved' }, JSON.stringify(name))
  }
  for (const name of ['.twinsérve', 'ſ.twinserve', '.twin']) t.equal(pathFromText(name).name, name)
})
