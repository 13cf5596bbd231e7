import { test } from 'tap'
import { commands } from '../../../src/cli/shell/commands.ts'
import { complete } from '../../../src/cli/shell/complete.ts'
import { directory, file, linkTo, tableSide } from '../../fixtures/shell-side.ts'

const local = tableSide(
  'local',
  {
    '/home/me': [file('.profile'), file('note one.txt'), file('note two.txt'), directory('photos'), file('it\u0007s')],
    '/home/me/photos': [file('a.jpg'), file('b.jpg')],
  },
  '/home/me',
)
const remote = tableSide('remote', {
  '/': [directory("bob's"), directory('docs'), linkTo('directory', 'drafts'), file('dune.txt'), file('the "end".txt')],
  '/docs': [file('report.pdf'), file('results.csv')],
  "/bob's": [file('x.txt')],
})
const { signal } = new AbortController()
const completed = (line: string) => complete(line, { table: commands, local, remote, signal })

test('what Tab offers', async (t) => {
  const cases: readonly (readonly [line: string, candidates: readonly string[], typed: string])[] = [
    ['lsl', ['lsl '], 'lsl'],
    ['up', ['upload '], 'up'],
    ['UPL', ['UPLOAD '], 'UPL'],
    ['mk', ['mkdir', 'mkldir', 'mkrdir'], 'mk'],
    ['lsl; pu', ['put '], 'pu'],
    ['none', [], 'none'],
    ['none x', [], 'x'],
    ['help mkl', ['mkldir '], 'mkl'],
    ['get -', ['-f', '-r'], '-'],
    ['get -r du', ['dune.txt '], 'du'],
    ['get d', ['docs/', 'drafts/', 'dune.txt'], 'd'],
    ['GET docs/re', ['docs/report.pdf', 'docs/results.csv'], 'docs/re'],
    ['get docs/rep', ['docs/report.pdf '], 'docs/rep'],
    ['get dune.txt docs/rep', ['docs/report.pdf '], 'docs/rep'],
    ['get /docs/rep', ['/docs/report.pdf '], '/docs/rep'],
    ['crd d', ['docs/', 'drafts/'], 'd'],
    ['get b', ["bob\\'s/"], 'b'],
    ["get bob\\'s/", ["bob\\'s/x.txt "], "bob\\'s/"],
    ['get "bob\'s/', ['"bob\'s/x.txt" '], '"bob\'s/'],
    ['get the', ['the\\ \\"end\\".txt '], 'the'],
    ['get "the', ['"the \\"end\\".txt" '], '"the'],
    ["get 'bob", ["'bob'\\''s/"], "'bob"],
    ['put note', ['note\\ one.txt', 'note\\ two.txt'], 'note'],
    ["put 'note o", ["'note one.txt' "], "'note o"],
    ['put photos/', ['photos/a.jpg', 'photos/b.jpg'], 'photos/'],
    ['put ', ['note\\ one.txt', 'note\\ two.txt', 'photos/'], ''],
    ['put .', ['.profile '], '.'],
    ['cld ', ['photos/'], ''],
    ['upload photos/a.jpg do', ['docs/'], 'do'],
    ['download docs/report.pdf ph', ['photos/'], 'ph'],
    ['download a b c', [], 'c'],
    ['get none/', [], 'none/'],
    ['get *', [], '*'],
    ['get a\\', [], 'a\\'],
    ['quit ', [], ''],
    ['lsl # ge', [], ''],
    ['!cat photos/a', ['photos/a.jpg '], 'photos/a'],
    ['!cat no', ['note\\ one.txt', 'note\\ two.txt'], 'no'],
    ['! wc "note o', ['"note one.txt" '], '"note o'],
  ]
  for (const [line, candidates, typed] of cases) t.strictSame(await completed(line), [candidates, typed], line)
})
