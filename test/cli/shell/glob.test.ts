import { test } from 'tap'
import { expand, matcher } from '../../../src/cli/shell/glob.ts'
import { readLine, type Word } from '../../../src/cli/shell/words.ts'
import { directory, file, linkTo, tableSide } from '../../fixtures/shell-side.ts'

test('names and patterns', async (t) => {
  const cases: readonly (readonly [pattern: string, fits: string, not: string])[] = [
    ['*', 'a', '.a'],
    ['.*', '.a', 'a'],
    ['*.txt', 'a.txt', 'a.txt.gz'],
    ['a?c', 'abc', 'ac'],
    ['?', '👍', 'ab'],
    ['[a-c]', 'b', 'd'],
    ['[!a-c]', 'd', 'b'],
    ['[]a]', ']', 'b'],
    ['[a-]', '-', 'b'],
    ['[\\!a]', '!', 'b'],
    ['[', '[', 'a'],
    ['a[', 'a[', 'a'],
    ['\\*?', '*a', 'aa'],
    ['a**b*c', 'axbxc', 'axbx'],
    ['*a*a*a*a*a*a*b', `${'a'.repeat(7)}b`, 'a'.repeat(200)],
    ['*.', 'a.', 'a'],
    ['', '', 'a'],
  ]
  for (const [pattern, fits, not] of cases) {
    t.ok(matcher(pattern)(fits), `${pattern} fits ${fits}`)
    t.notOk(matcher(pattern)(not), `${pattern} does not fit ${not}`)
  }
})

const side = tableSide('remote', {
  '/': [
    file('a.txt'),
    file('b.txt'),
    directory('docs'),
    linkTo('directory', 'link'),
    directory('my photos'),
    file('x*y'),
  ],
  '/docs': [file('1.txt'), file('2.txt'), directory('old')],
  '/docs/old': [file('3.txt')],
  '/link': [file('4.txt')],
  '/my photos': [file('5.jpg')],
})
const { signal } = new AbortController()
const expanded = (word: string) => expand(side, readLine(word).commands[0]?.[0] as Word, signal)

test('what a word means on a side', async (t) => {
  t.strictSame(await expanded('none'), ['none'], 'a plain word is itself, whether it is there or not')
  t.strictSame(await expanded('*.txt'), ['a.txt', 'b.txt'])
  t.strictSame(await expanded('/*.txt'), ['/a.txt', '/b.txt'])
  t.strictSame(await expanded('*/*.txt'), ['docs/1.txt', 'docs/2.txt', 'link/4.txt'])
  t.strictSame(await expanded('docs/*/*'), ['docs/old/3.txt'])
  t.strictSame(await expanded('*/old'), ['docs/old', 'link/old', 'my photos/old'])
  t.strictSame(await expanded("'my '*/*"), ['my photos/5.jpg'])
  t.strictSame(await expanded('*/'), ['docs', 'link', 'my photos'], 'a slash at the end wants directories')
  t.strictSame(await expanded('x\\**'), ['x*y'])
  await t.rejects(expanded('*.gif'), { message: 'Nothing matches *.gif on the remote side.' })
  await t.rejects(expanded('none/*'), { message: /does not exist/ })
})
