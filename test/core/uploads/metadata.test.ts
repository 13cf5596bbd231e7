import t from 'tap'
import { formatMetadata, overwriteOf, parseMetadata, pathOf } from '../../../src/core/uploads/metadata.ts'
import { metadata } from '../../fixtures/tus.ts'

t.test('pairs', async (t) => {
  const rows: readonly (readonly [string | undefined, [string, string][]])[] = [
    [undefined, []],
    ['', []],
    ['filename YQ==', [['filename', 'YQ==']]],
    [
      'filename YQ==,is_confidential',
      [
        ['filename', 'YQ=='],
        ['is_confidential', ''],
      ],
    ],
    [
      'a YQ== , b  ,\tc Yg==',
      [
        ['a', 'YQ=='],
        ['b', ''],
        ['c', 'Yg=='],
      ],
    ],
    ['a ', [['a', '']]],
    ['a;/\\"=~ +/+/', [['a;/\\"=~', '+/+/']]],
  ]
  for (const [field, pairs] of rows) {
    const parsed = parseMetadata(field)
    t.strictSame([...parsed], pairs, `${field}`)
    t.strictSame([...parseMetadata(formatMetadata(parsed))], pairs, `${field} again`)
  }
  t.equal(formatMetadata(parseMetadata('a YQ== , b  ')), 'a YQ==,b')
})

t.test('what is none', async (t) => {
  for (const field of [
    ',',
    'a YQ==,',
    ' ',
    'a YQ',
    'a YQ=',
    'a YQ==YQ==',
    'a  YQ==',
    'a Y Q',
    'ä YQ==',
    'a YQ==\0',
    'a é',
    'a,a',
  ]) {
    t.throws(() => parseMetadata(field), { code: 'bad_parameter' }, JSON.stringify(field))
  }
})

t.test('where the file is to lie', async (t) => {
  const rows: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ path: 'a/ü b' }, '/a/ü b'],
    [{ path: '/a', filename: 'other' }, '/a'],
    [{ filename: 'a' }, '/a'],
    [{ filename: 'a', directory: 'b/c' }, '/b/c/a'],
    [{ filename: 'a', directory: '/b/' }, '/b/a'],
    [{ filename: 'a', dir: 'b' }, '/b/a'],
    [{ filename: 'a', directory: '' }, '/a'],
    [{ filename: 'a', directory: '/' }, '/a'],
    [{ filename: '%41' }, '/%41'],
  ]
  for (const [pairs, path] of rows) t.equal(pathOf(parseMetadata(metadata(pairs))).text, path)
  t.ok(pathOf(parseMetadata(metadata({ path: 'a/' }))).slash)
  t.ok(pathOf(parseMetadata(metadata({ path: '' }))).isRoot)
})

t.test('where none may', async (t) => {
  const rows: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{}, 'bad_parameter'],
    [{ name: 'a' }, 'bad_parameter'],
    [{ path: '../a' }, 'bad_name'],
    [{ path: 'a//b' }, 'bad_name'],
    [{ path: 'a\\b' }, 'bad_name'],
    [{ path: 'a\0' }, 'bad_name'],
    [{ path: '.twinserve/x' }, 'reserved'],
    [{ filename: '.TwinServe' }, 'reserved'],
    [{ filename: '' }, 'bad_name'],
    [{ filename: 'a/b' }, 'bad_name'],
    [{ filename: '..', directory: 'a' }, 'bad_name'],
    [{ filename: 'a', directory: '..' }, 'bad_name'],
  ]
  for (const [pairs, code] of rows)
    t.throws(() => pathOf(parseMetadata(metadata(pairs))), { code }, JSON.stringify(pairs))
  t.throws(() => pathOf(parseMetadata('path /w==')), { code: 'bad_parameter' }, 'not UTF-8')
})

t.test('whether to overwrite', async (t) => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['', false],
    ['overwrite', true],
    [metadata({ overwrite: 'true' }), true],
    [metadata({ overwrite: 'false' }), false],
  ]
  for (const [field, expected] of rows) t.equal(overwriteOf(parseMetadata(field)), expected, field)
  t.throws(() => overwriteOf(parseMetadata(metadata({ overwrite: 'yes' }))), { code: 'bad_parameter' })
})
