import fc from 'fast-check'
import { test } from 'tap'
import { join, quote, quoteOpen, readLine } from '../../../src/cli/shell/words.ts'

/** What a line is made of, by its texts. */
const texts = (line: string): string[][] => readLine(line).commands.map((words) => words.map(({ text }) => text))

test('words, quotes and commands', async (t) => {
  const cases: Record<string, string[][]> = {
    '': [],
    ' \t ': [],
    'lsl ': [['lsl']],
    'get a  b\tc': [['get', 'a', 'b', 'c']],
    "get 'a b' c": [['get', 'a b', 'c']],
    'get "a b" c': [['get', 'a b', 'c']],
    'get a\\ b c': [['get', 'a b', 'c']],
    'a"b"\'c\'d': [['abcd']],
    '""': [['']],
    "a ''": [['a', '']],
    "'a\"b'": [['a"b']],
    '"a\'b"': [["a'b"]],
    "'a\\b'": [['a\\b']],
    '"a\\b\\"\\\\\\$"': [['a\\b"\\$']],
    'a\\\nb': [['ab']],
    '"a\\\nb"': [['ab']],
    "'a\nb'": [['a\nb']],
    'a;b': [['a'], ['b']],
    ' ; a ;; b; ': [['a'], ['b']],
    'a\\;b': [['a;b']],
    'a # b': [['a']],
    'a#b': [['a#b']],
    "'#' a": [['#', 'a']],
    '# all of it': [],
    '!ls | wc; echo "a  b': [['!', 'ls | wc; echo "a  b']],
    '! ls -l ': [['!', 'ls -l']],
    '!': [['!']],
    'lsl; !ls; lsr': [['lsl'], ['!', 'ls; lsr']],
    'get !x': [['get', '!x']],
    'get $HOME `x` a|b <c': [['get', '$HOME', '`x`', 'a|b', '<c']],
    'get äöü 日本語 👩‍💻': [['get', 'äöü', '日本語', '👩‍💻']],
  }
  for (const [line, expected] of Object.entries(cases)) {
    t.strictSame(texts(line), expected, line)
    t.equal(readLine(line).open, undefined, line)
  }
})

test('a line that is not complete', async (t) => {
  t.match(readLine("get 'a b"), { open: 'single', commands: [[{ text: 'get' }, { text: 'a b', start: 4, end: 8 }]] })
  t.match(readLine('get "a b'), { open: 'double', commands: [[{ text: 'get' }, { text: 'a b' }]] })
  t.match(readLine('get "a\\'), { open: 'double' })
  t.match(readLine('get a\\'), { open: 'escape' })
})

test('the command that the end of the line belongs to', async (t) => {
  const last = (line: string) => readLine(line).last?.map(({ text }) => text)
  t.strictSame(last('a b; c d'), ['c', 'd'])
  t.strictSame(last('a b; '), [])
  t.strictSame(last(''), [])
  t.strictSame(last('a # b'), undefined)
})

test('patterns are words in which something special is not quoted', async (t) => {
  const pattern = (word: string) => readLine(word).commands[0]?.[0]?.pattern
  t.equal(pattern('*.txt'), '*.txt')
  t.equal(pattern('a\\*'), undefined)
  t.equal(pattern("'*'"), undefined)
  t.equal(pattern('"*"'), undefined)
  t.equal(pattern("'*'*"), '\\**')
  t.equal(pattern('"[a]"?'), '\\[a\\]?')
  t.equal(pattern('a'), undefined)
})

test('words that are joined are read as the same words', async (t) => {
  const char = fc.constantFrom(...` \t\n'"\\;#!*?[]$~-=aB/é👍`)
  const word = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: char }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const { commands, open } = readLine(join(words))
      const same =
        JSON.stringify(commands.map((command) => command.map(({ text }) => text))) === JSON.stringify([words])
      if (!same || open !== undefined || commands[0]?.some(({ pattern }) => pattern !== undefined))
        throw new Error('quoted badly')
    }),
    { numRuns: 500 },
  )
  t.equal(quote('a/b.txt'), 'a/b.txt', 'what means itself is left alone')
  t.equal(quote("it's"), "'it'\\''s'")
})

test('a word that is begun in a way of quoting is read as the same word', async (t) => {
  // A line that is edited holds no control characters.
  const text = fc.string({ unit: fc.constantFrom(...` '"\\;#!*?[]$~-=aB/é👍`), minLength: 1 })
  fc.assert(
    fc.property(text, fc.constantFrom('single' as const, 'double' as const, undefined), (wanted, how) => {
      const { commands, open } = readLine(`get ${quoteOpen(wanted, how)}`)
      if (open !== how || commands[0]?.[1]?.text !== wanted || commands[0].length !== 2) throw new Error('quoted badly')
    }),
    { numRuns: 500 },
  )
  t.equal(quoteOpen('a b', undefined), 'a\\ b')
  t.equal(quoteOpen('a b', 'single'), "'a b")
  t.equal(quoteOpen('a "b', 'double'), '"a \\"b')
})
