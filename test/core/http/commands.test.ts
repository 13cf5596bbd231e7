/** The commands of the address bar: their grammar. */
import t from 'tap'
import { type Command, parseCommand } from '../../../src/core/http/commands.ts'

/** As a person would write it: name, paths, and a slash where there is one. */
function told(command: Command | undefined): string | undefined {
  if (command === undefined || command.name === 'upload') return command?.name
  const paths = command.name === 'move' ? [command.from, command.to] : [command.path]
  return [command.name, ...paths.map((path) => path.text + (path.slash && !path.isRoot ? '/' : ''))].join(' ')
}

const commands: Readonly<Record<string, string>> = {
  '/createdir=new': 'createdir /new',
  '/createdir=a/b/new/': 'createdir /a/b/new/',
  '/createdir=/new': 'createdir /new',
  '/createdir=a%3Db': 'createdir /a=b',
  '/createdir=a%3db': 'createdir /a=b',
  '/createdir=%C3%BC%20x': 'createdir /ü x',
  '/createdir=/': 'createdir /',
  '/deletedir=docs': 'deletedir /docs',
  '/delete=docs/a.txt': 'delete /docs/a.txt',
  '/move=a=b': 'move /a /b',
  '/move=a/=docs/b': 'move /a/ /docs/b',
  '/move=a%3D1=b%3D2': 'move /a=1 /b=2',
  '/listdir': 'listdir /',
  '/listdir/': 'listdir /',
  '/listdir/docs': 'listdir /docs',
  '/listdir/docs/': 'listdir /docs/',
  '/listdir/a=b': 'listdir /a=b',
  '/upload': 'upload',
  '/download=docs/a.txt': 'download /docs/a.txt',
}

t.test('all seven', async (t) => {
  for (const [raw, command] of Object.entries(commands)) t.equal(told(parseCommand(raw)), command, raw)
})

/** Exact: everything else is the path of a file. */
const ordinary = [
  '/',
  '/a=b',
  '/createdir',
  '/Createdir=new',
  '/%63reatedir=new',
  '/createdir%3Dnew',
  '/docs/createdir=new',
  '/createdirs=new',
  '/listdirs',
  '/listdir=docs',
  '/listdi%72',
  '/upload/',
  '/upload=x',
  '/Upload',
  '/move',
  '/moves=a=b',
  '/download',
  '/.twinserve/createdir=new',
]
t.test('what only looks like one', async (t) => {
  for (const raw of ordinary) t.equal(parseCommand(raw), undefined, raw)
})

const wrong: Readonly<Record<string, string>> = {
  '/createdir=': 'bad_parameter',
  '/createdir=a=b': 'bad_parameter',
  '/delete==': 'bad_parameter',
  '/deletedir=a=': 'bad_parameter',
  '/download=': 'bad_parameter',
  '/move=': 'bad_parameter',
  '/move=a': 'bad_parameter',
  '/move=a=': 'bad_parameter',
  '/move==b': 'bad_parameter',
  '/move=a=b=c': 'bad_parameter',
  '/createdir=..': 'bad_name',
  '/createdir=a//b': 'bad_name',
  '/createdir=a%2Fb': 'bad_name',
  '/move=a=../b': 'bad_name',
  '/listdir/..': 'bad_name',
  '/createdir=%ff': 'bad_target',
  '/listdir/%': 'bad_target',
  '/createdir=.twinserve': 'reserved',
  '/move=.twinserve/x=y': 'reserved',
  '/listdir/.Twinserve': 'reserved',
}
t.test('arguments that cannot be', async (t) => {
  for (const [raw, code] of Object.entries(wrong)) t.throws(() => parseCommand(raw), { code }, raw)
  t.throws(() => parseCommand('/delete='), { message: /write \/delete=NAME, with %3D/ })
  t.throws(() => parseCommand('/move=a'), { message: /write \/move=SOURCE=DESTINATION/ })
})
