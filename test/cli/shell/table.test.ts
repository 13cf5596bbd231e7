import { test } from 'tap'
import { commands } from '../../../src/cli/shell/commands.ts'
import { findCommand, parameterAt, readArguments, usage } from '../../../src/cli/shell/table.ts'
import { readLine } from '../../../src/cli/shell/words.ts'

test('every command has its help, and every name one command', async (t) => {
  const names = commands.flatMap((command) => command.names)
  t.equal(new Set(names).size, names.length)
  for (const { names: own, summary, details, parameters } of commands) {
    const [name] = own
    t.ok(summary.length > 0 && summary.length <= 75, `${name}: a line`)
    t.notMatch(summary, /\.$/, name)
    t.match(details, /\.$/, name)
    t.ok(parameters.filter(({ many }) => many).length <= 1, name)
    for (const each of own) t.equal(each, each.toLowerCase())
  }
})

test('all that the ancestors knew is there, and what people expect besides', async (t) => {
  const words =
    'lsl lsr cld crd mkldir mkrdir pwdl pwdr get put delete rename move quit upload download exit bye ls lls cd lcd pwd lpwd ' +
    'mkdir lmkdir rm rmdir mv cp cat stat mget mput help ? history edit !'
  for (const word of words.split(' ')) {
    t.ok(findCommand(commands, word), word)
    t.equal(findCommand(commands, word.toUpperCase()), findCommand(commands, word))
  }
})

const wordsOf = (line: string) => readLine(line).commands[0] ?? []
const read = (line: string) => {
  const words = wordsOf(line)
  const { words: kept, switches } = readArguments(findCommand(commands, words[0]?.text ?? ''), words)
  return [kept.map(({ text }) => text), [...switches].sort()]
}

test('switches and words', async (t) => {
  t.strictSame(read('get a b'), [['a', 'b'], []])
  t.strictSame(read('get -rf a'), [['a'], ['f', 'r']])
  t.strictSame(read('get a -f'), [['a'], ['f']])
  t.strictSame(read('GET --recursive --FORCE a'), [['a'], ['f', 'r']])
  t.strictSame(read('get -- -f'), [['-f'], []])
  t.strictSame(read('get -'), [['-'], []])
  t.strictSame(read('!ls -la'), [['ls -la'], []])
})

test('what was typed wrong', async (t) => {
  const wrong: Record<string, string> = {
    gte: 'There is no command gte. Did you mean get?',
    fly: 'There is no command fly. Type help for all of them.',
    get: 'get needs NAME: get [-f] [-r] NAME...',
    mget: 'mget needs NAME: mget [-f] [-r] NAME...',
    'rename a': 'rename needs NEW: rename [-f] OLD NEW',
    'rename a b c': 'c is one word too many: rename [-f] OLD NEW',
    'pwdl x': 'x is one word too many: pwdl',
    'get -x a': 'get has no option -x: get [-f] [-r] NAME...',
    'get --all a': 'get has no option --all: get [-f] [-r] NAME...',
    'mkrdir -p a': 'mkrdir has no option -p: mkrdir NAME...',
  }
  for (const [line, message] of Object.entries(wrong)) t.throws(() => read(line), { message }, line)
})

test('what help shows of the arguments, and which of them a word is', async (t) => {
  t.equal(usage(findCommand(commands, 'upload')), 'upload [-f] [-r] FROM [TO]')
  t.equal(usage(findCommand(commands, 'lsr')), 'lsr [-l] [NAME...]')
  const upload = findCommand(commands, 'upload')
  t.strictSame(
    [0, 1, 2].map((index) => parameterAt(upload, index)?.kind),
    ['local', 'remote', undefined],
  )
  t.equal(parameterAt(findCommand(commands, 'get'), 7)?.kind, 'remote')
})
