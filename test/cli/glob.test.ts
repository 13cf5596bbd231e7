/** Patterns for names, as glob(7) has them. */
import { test } from 'tap'
import { escaped, isPattern, matcher, unescaped } from '../../src/cli/glob.ts'

test('names and patterns', async (t) => {
  const cases: readonly (readonly [pattern: string, fits: string, not: string])[] = [
    ['*', 'a', '.a'],
    ['.*', '.a', 'a'],
    ['*.txt', 'a.txt', 'a.txt.gz'],
    ['a?c', 'abc', 'ac'],
    ['?', '👍', 'ab'],
    ['[a-c]', 'b', 'd'],
    ['[!a-c]', 'd', 'b'],
    ['[^a-c]', 'd', 'b'],
    ['[\\^a]', '^', 'b'],
    ['[\u{1F600}-\u{1F602}]', '\u{1F601}', '\uFF01'],
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

test('what a pattern matches in which a backslash stands for itself', async (t) => {
  const rows: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
    ['*.txt', ['a.txt', 'a b.txt'], ['a.txt2', 'atxt', '.txt']],
    ['a?c', ['abc', 'a😀c', 'a\nc'], ['ac', 'abbc']],
    ['[ab]x', ['ax', 'bx'], ['cx', 'abx']],
    ['[a-c]', ['a', 'b', 'c'], ['d', '-']],
    ['[!a-c]', ['d'], ['a']],
    ['[^a]', ['b', '^'], ['a']],
    ['[]a]', [']', 'a'], ['b']],
    ['[a', ['[a'], ['a']],
    ['a.b+c(d)|$^{}', ['a.b+c(d)|$^{}'], ['aXb+c(d)|$^{}']],
    ['[\\d]', ['\\', 'd'], ['1']],
    ['**', ['', 'a'], []],
    ['[z-a]', [], ['z', 'a']],
    ['a-b', ['a-b'], ['ab']],
  ]
  for (const [pattern, yes, no] of rows) {
    for (const name of yes) t.ok(matcher(escaped(pattern))(name), `${pattern} ${name}`)
    for (const name of no) t.notOk(matcher(escaped(pattern))(name), `${pattern} ${name}`)
  }
})

test('what is no pattern', async (t) => {
  for (const pattern of ['a*', '?', 'x[a]', '\\\\*', '[']) t.ok(isPattern(pattern), pattern)
  for (const pattern of ['a', '', '\\*', 'a\\[b]', ']-!']) t.notOk(isPattern(pattern), pattern)
  t.equal(unescaped('a\\*b\\\\'), 'a*b\\')
})
