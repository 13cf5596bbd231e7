/** Each command that talks to a server, typed as a user would, against both engines. */
import fs from 'node:fs'
import { test } from 'tap'
import { exitOf } from '../../src/cli/client/exits.ts'
import { ClientError, TreeError } from '../../src/client/index.ts'
import { entriesFrom } from '../fixtures/accounts.ts'
import { here } from '../fixtures/clients.ts'
import { run, typed } from '../fixtures/command.ts'
import { forEachEngine, startEngine } from '../fixtures/engines.ts'
import { liar } from '../fixtures/liar.ts'

/** One command, in the shell's words. */
type Row = readonly [words: string, code: number, stdout: string, stderr?: string]

const rows: readonly Row[] = [
  ['ls', 0, ''],
  ['upload a.txt', 0, 'Stored /a.txt, 6 bytes, verified.\n'],
  ['upload a.txt', 4, '', '/a.txt exists already. Choose another name, or replace it with --force.'],
  ['upload -q a.txt', 4, '', '/a.txt exists already. Choose another name, or replace it with --force.'],
  ['upload a.txt --force', 0, 'Stored /a.txt, 6 bytes, verified.\n'],
  ['upload none.txt', 3, '', 'none.txt does not exist here. Check the name, and the directory you are in.'],
  ['upload docs', 4, '', 'docs is a directory here. Add -r to take it with all that is in it.'],
  [
    'upload a.txt none/',
    3,
    '',
    'The directory that should hold /none/a.txt does not exist. Create it first with twinserve mkdir.',
  ],
  ['upload a.txt new.txt', 0, 'Stored /new.txt, 6 bytes, verified.\n'],
  ['upload -r docs', 0, 'Stored /docs: 2 files in 2 directories, 4 bytes.\n'],
  ['upload --recursive docs', 0, 'Stored /docs: 0 files in 2 directories, 4 bytes, 2 were there.\n'],
  [
    'upload a.txt -r docs --to docs',
    0,
    'Stored /docs/a.txt, 6 bytes, verified.\nStored /docs/docs: 2 files in 2 directories, 4 bytes.\n',
  ],
  ['upload a.txt docs/2 none', 4, '', 'none is not a directory, and several files cannot have one name.'],
  ['upload [ab].* docs/x/', 0, 'Stored /docs/x/a.txt, 6 bytes, verified.\n'],
  ['upload *.none', 3, '', 'Nothing matches *.none.'],
  ['upload - piped.txt', 0, 'Stored /piped.txt, 5 bytes.\n'],
  ['upload - --verify --force -t piped.txt', 0, 'Stored /piped.txt, 5 bytes, verified.\n'],
  ['upload -', 2, '', 'Standard input has no name: say what it is to be stored as.'],
  ['ls', 0, 'a.txt\ndocs/\nnew.txt\npiped.txt\n'],
  ['ls *.txt docs/x', 0, 'a.txt\nnew.txt\npiped.txt\n\ndocs/x:\n1\na.txt\n'],
  ['ls -q new.txt', 0, 'new.txt\n'],
  ['ls nope', 3, '', '/nope does not exist. See what there is with twinserve ls.'],
  ['ls n*pe', 3, '', 'Nothing matches n*pe.'],
  ['stat nope', 3, '', '/nope does not exist. See what there is with twinserve ls.'],
  ['stat ../x', 5, '', 'The name cannot be used: it leads above the shared directory.'],
  ['cat a.txt docs/2', 0, 'hello\n2\n'],
  ['cat docs', 4, '', '/docs is a directory. See what is in it with twinserve ls.'],
  ['cat nope a.txt', 3, 'hello\n', '/nope does not exist. See what there is with twinserve ls.'],
  ['download a.txt', 4, '', 'a.txt exists already here. Choose another name, or replace it with --force.'],
  ['download a.txt -f --verify', 0, 'Fetched a.txt, 6 bytes, verified.\n'],
  ['download a.txt copy.txt', 0, 'Fetched copy.txt, 6 bytes, verified.\n'],
  ['download nope', 3, '', '/nope does not exist. See what there is with twinserve ls.'],
  ['download docs', 4, '', '/docs is a directory. Add -r to take it with all that is in it.'],
  ['download -r docs/x back', 0, 'Fetched back: 2 files in 1 directory, 8 bytes.\n'],
  [
    'download docs/* back',
    4,
    'Fetched back/2, 2 bytes, verified.\n',
    'back/a.txt exists already here. Choose another name, or replace it with --force.\n' +
      'twinserve: /docs/docs is a directory. Add -r to take it with all that is in it.\n' +
      'twinserve: /docs/x is a directory. Add -r to take it with all that is in it.',
  ],
  ['download a.txt new.txt -', 0, 'hello\nhello\n'],
  ['download new.txt -q', 0, ''],
  ['mkdir m n', 0, 'Made /m.\nMade /n.\n'],
  ['mkdir m', 4, '', '/m exists already. Choose another name, or remove it first.'],
  ['mkdir x/y', 3, '', 'The directory that should hold /x/y does not exist. Create it first with twinserve mkdir.'],
  ['rename new.txt old.txt', 0, 'Renamed /new.txt to /old.txt.\n'],
  ['rename new.txt old.txt', 3, '', '/new.txt does not exist. See what there is with twinserve ls.'],
  ['rename a.txt old.txt', 4, '', '/old.txt exists already. Choose another name, or replace it with --force.'],
  ['copy a.txt old.txt m', 0, 'Copied /a.txt to /m/a.txt.\nCopied /old.txt to /m/old.txt.\n'],
  ['copy a.txt old.txt', 4, '', '/old.txt exists already. Choose another name, or replace it with --force.'],
  ['copy -f a.txt old.txt', 0, 'Copied /a.txt to /old.txt.\n'],
  ['copy a.txt old.txt nope', 3, '', '/nope does not exist. See what there is with twinserve ls.'],
  ['copy a.txt piped.txt old.txt', 4, '', '/old.txt is not a directory.'],
  ['move m/*.txt n/', 0, 'Moved /m/a.txt to /n/a.txt.\nMoved /m/old.txt to /n/old.txt.\n'],
  ['rmdir m n', 4, 'Removed /m.\n', '/n is not empty. Empty it first, or use delete -r.'],
  ['delete n', 4, '', '/n is a directory. Add -r to take it with all that is in it.'],
  ['delete n/a* piped.txt', 0, 'Deleted /n/a.txt.\nDeleted /piped.txt.\n'],
  ['delete -r n', 0, 'Deleted /n.\n'],
  ['delete n', 3, '', '/n does not exist. See what there is with twinserve ls.'],
  ['edit old.txt', 0, 'Stored /old.txt, 6 bytes.\n'],
  ['cat old.txt', 0, 'jello\n'],
  ['edit old.txt', 0, '/old.txt was not changed.\n'],
  ['edit nope', 3, '', '/nope does not exist. See what there is with twinserve ls.'],
  ['edit docs', 4, '', '/docs is a directory.'],
  ['ls --lnog', 2, '', 'ls has no option --lnog. Did you mean --long?'],
  ['ls -z', 2, '', 'ls has no option -z. See twinserve ls --help for all of them.'],
  ['rmdir a.txt', 4, '', '/a.txt is not a directory. Remove it with twinserve delete.'],
  [
    'copy a.txt a.txt',
    4,
    '',
    '/a.txt cannot be moved or copied to itself, or to a place below. Choose another destination.',
  ],
  ['download a.txt nowhere/', 3, '', 'nowhere does not exist here. Check the name, and the directory you are in.'],
  ['rename a', 2, '', 'A name is missing. Write twinserve rename OLD NEW.'],
  ['rename a b c', 2, '', 'There is a name too many. Write twinserve rename OLD NEW.'],
  ['upload a --to', 2, '', '--to needs a value.'],
  ['upload a --force=maybe', 2, '', '--force is either true or false, not "maybe".'],
  [
    'ls --url http://127.0.0.1/docs/',
    2,
    '',
    'The address of a server has no path, and http://127.0.0.1/docs/ has /docs/. Leave it out, and name what is meant in the command.',
  ],
  ['ls --url nonsense', 2, '', 'nonsense is not the address of a server. Give one such as http://127.0.0.1:8080/.'],
  [
    'ls --url http://127.0.0.1:1/',
    6,
    '',
    'The server at http://127.0.0.1:1/ cannot be reached: nothing listens there. Start it, or give another address.',
  ],
]

const project = process.cwd()

forEachEngine(async (t, engine) => {
  const service = await startEngine(t, engine)
  const closed = await startEngine(t, engine, { readOnly: true })
  const local = await here(t)
  fs.writeFileSync(local('a.txt'), 'hello\n')
  fs.mkdirSync(local('docs', 'x'), { recursive: true })
  fs.writeFileSync(local('docs', '2'), '2\n')
  fs.writeFileSync(local('docs', 'x', '1'), '1\n')
  const env = { TWINSERVE_URL: service.server.url, EDITOR: 'sed -i s/h/j/', XDG_STATE_HOME: local('state') }
  // The engine starts a thread with its first file, by options of this process that hold a relative path.
  fs.writeFileSync(service.path('first'), '')
  await service.ask('GET', '/first')
  fs.unlinkSync(service.path('first'))
  process.chdir(local())
  t.teardown(() => process.chdir(project))
  const type = (words: string, input?: string) => typed(words.split(' '), env, input)

  await t.test('each command', async (t) => {
    for (const [words, code, stdout, sentence] of rows) {
      const stderr = sentence === undefined ? '' : `twinserve: ${sentence}\n`
      const ended = await type(words, words.startsWith('upload -') ? 'piped' : undefined)
      t.strictSame(ended, { code, signal: null, stdout, stderr }, words)
    }
  })

  await t.test('the top has no name: what is in it goes into a directory, however often', async (t) => {
    fs.mkdirSync(local('top'))
    for (const said of [/^Fetched top: \d+ files? in /, /^Fetched top: 0 files in .* there\.$/m]) {
      const { code, stdout, stderr } = await type('download -r / top')
      t.strictSame({ code, stderr }, { code: 0, stderr: '' })
      t.match(stdout, said)
    }
    t.strictSame(
      fs.readdirSync(local('top')).sort(),
      fs
        .readdirSync(service.root)
        .filter((name) => name !== '.twinserve')
        .sort(),
    )
    const nowhere = 'twinserve: The top has no name: say where it is to be put.\n'
    t.match(await type('download -r /'), { code: 2, stderr: nowhere })
  })

  await t.test('in a process of its own', async (t) => {
    const input = 'from a pipe'
    const surroundings = { cwd: local(), env }
    const told = (code: number, stdout: string, stderr = '') => ({ code, signal: null, stdout, stderr })
    t.strictSame(await run(['upload', '-', 'p'], { ...surroundings, input }), told(0, 'Stored /p, 11 bytes.\n'))
    t.strictSame(await run(['cat', 'p'], surroundings), told(0, input))
    const taken = 'twinserve: /p exists already. Choose another name, or replace it with --force.\n'
    t.strictSame(await run(['upload', '-', 'p'], { ...surroundings, input }), told(4, '', taken))
    t.strictSame(
      await run(['ls', '-z'], surroundings),
      told(2, '', 'twinserve: ls has no option -z. See twinserve ls --help for all of them.\n'),
    )
    const first = 'twinserve: Write the command before its options: twinserve ls …\n'
    t.strictSame(await run(['--port', '0', 'ls'], surroundings), told(2, '', first))
  })

  await t.test('for programs', async (t) => {
    const json = async (words: string) => JSON.parse((await type(`${words} --json`)).stdout) as unknown
    t.match(await json('ls docs/x'), {
      path: '/docs/x',
      entries: [{ name: '1', kind: 'file', size: 2 }, { name: 'a.txt' }],
    })
    t.match(await json('stat a.txt'), { path: '/a.txt', kind: 'file', size: 6, etag: /^"/ })
    t.match(await json('upload -f a.txt'), { path: '/a.txt', size: 6, verified: 'digest', replaced: true })
    t.match(await json('download -f a.txt'), { path: '/a.txt', file: 'a.txt', size: 6 })
    t.match(await json('mkdir j'), { path: '/j' })
    t.match(await json('rename j k'), { from: '/j', to: '/k', replaced: false })
    const { code, stderr } = await type('mkdir k --json')
    t.equal(code, 4)
    t.match(JSON.parse(stderr), { error: { code: 'exists', status: 409, message: /^\/k exists already/ } })
  })

  await t.test('ls -l', async (t) => {
    const time = new Date('2021-03-04T05:06:07.891Z')
    fs.utimesSync(service.path('a.txt'), time, time)
    fs.utimesSync(service.path('docs'), time, time)
    const { stdout } = await type('ls -l')
    const lines = stdout.split('\n')
    t.same(lines.slice(0, 2), ['-  6 2021-03-04T05:06:07.891Z a.txt', 'd  - 2021-03-04T05:06:07.891Z docs/'])
  })

  await t.test('edit keeps what was edited when somebody else was faster', async (t) => {
    fs.writeFileSync(service.path('e'), 'mine\n')
    const editor = `sh -c 'echo theirs > ${service.path('e')}; echo ours > "$0"'`
    const { code, stderr } = await typed(['edit', 'e'], { ...env, VISUAL: editor })
    t.equal(code, 7)
    const [, kept = ''] =
      /^twinserve: \/e was changed by somebody else meanwhile\. Look at it and try again\. What you have edited is kept in (.*)\.\n$/.exec(
        stderr,
      ) ?? []
    t.equal(fs.readFileSync(kept, 'utf8'), 'ours\n')
    t.equal(fs.readFileSync(service.path('e'), 'utf8'), 'theirs\n')
    fs.rmSync(kept.replace(/\/e$/, ''), { recursive: true })
    const failed = await typed(['edit', 'e'], { ...env, VISUAL: 'false' })
    t.equal(failed.code, 1)
    t.match(failed.stderr, /The editor false ended with status 1, and nothing was stored\./)
  })

  await t.test('a read-only server', async (t) => {
    const { code, stderr } = await type(`mkdir x --url ${closed.server.url}`)
    t.strictSame(
      { code, stderr },
      {
        code: 5,
        stderr: 'twinserve: This server is read-only. Ask whoever runs it to start it without --read-only.\n',
      },
    )
  })

  await t.test('names with control characters cannot draw on the terminal', async (t) => {
    fs.writeFileSync(service.path('\u001b[31mred\u202e'), '')
    const { stdout } = await type('ls')
    t.ok(stdout.includes('\uFFFD[31mred\uFFFD\n'))
    const json = (await type('ls --json')).stdout
    for (const character of ['\u001b', '\u202e']) t.notOk(stdout.includes(character) || json.includes(character))
  })
})

test('Ctrl-C', async (t) => {
  const local = await here(t)
  let stop = () => {}
  // It is never answered: the signal comes when the file has been asked for.
  const stat = { path: '/f', name: 'f', kind: 'file', size: 5, modified: '2026-11-21T03:26:56.801Z' }
  const url = await liar(t, { http: { 'GET /f': () => stop() }, session: { stat } })
  const ended = await run(['download', 'f'], {
    cwd: local(),
    env: { TWINSERVE_URL: url, XDG_STATE_HOME: local('state') },
    started: (child) => {
      stop = () => void child.kill('SIGINT')
    },
  })
  t.strictSame(ended, { code: 130, signal: null, stdout: '', stderr: 'twinserve: It was cancelled.\n' })
  t.same(fs.readdirSync(local()), [])
})

forEachEngine(async (t, engine) => {
  const auth = { entries: entriesFrom('ann:secret', '@/pub:ro'), fallbackKey: 'fallback' }
  const service = await startEngine(t, engine, { auth })
  fs.mkdirSync(service.path('pub'))
  const local = await here(t)
  fs.writeFileSync(local('a.txt'), 'hello\n')
  const env = { TWINSERVE_URL: service.server.url, XDG_STATE_HOME: local('state') }
  const needed =
    'twinserve: That needs a name and a password. Say who you are by --user NAME, or by TWINSERVE_USER and TWINSERVE_PASSWORD.\n'
  for (const words of [
    ['ls', 'mine'],
    ['upload', local('a.txt'), 'pub/'],
    ['mkdir', 'x'],
    ['stat', 'mine'],
  ])
    t.match(await typed(words, env), { code: 5, stdout: '', stderr: needed }, String(words[0]))
  const login = (password: string) => ({ ...env, TWINSERVE_USER: 'ann', TWINSERVE_PASSWORD: password })
  t.match(await typed(['mkdir', 'x'], login('secret')), { code: 0 })
  const wrong = {
    code: 5,
    stderr:
      'twinserve: The name or the password is wrong. Check --user or TWINSERVE_USER, and TWINSERVE_PASSWORD or what you have typed.\n',
  }
  t.match(await typed(['mkdir', 'y'], login('wrong')), wrong)
})

test('exit statuses', async (t) => {
  const failed = (code: ConstructorParameters<typeof ClientError>[0]) => new ClientError(code, '')
  t.equal(exitOf(failed('internal')), 1)
  t.equal(exitOf(failed('storage_full')), 8)
  t.equal(exitOf(failed('digest_mismatch')), 9)
  t.equal(exitOf(failed('cancelled')), 130)
  t.equal(exitOf(new TreeError([failed('unsafe_name'), failed('exists')], '')), 9)
  t.equal(exitOf(new Error()), 1)
})
