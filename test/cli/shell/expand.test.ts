import { test } from 'tap'
import { expand } from '../../../src/cli/shell/expand.ts'
import { readLine, type Word } from '../../../src/cli/shell/words.ts'
import { directory, file, linkTo, tableSide } from '../../fixtures/shell-side.ts'

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
  t.strictSame(await expanded("['^'a].txt"), ['a.txt'], 'what is quoted stands for itself')
  t.strictSame(await expanded("['!'a].txt"), ['a.txt'])
  await t.rejects(expanded('*.gif'), { message: 'Nothing matches *.gif on the remote side.' })
  await t.rejects(expanded('none/*'), { message: /does not exist/ })
})
