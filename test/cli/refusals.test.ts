/**
 * What the command says when it must be put right: one sentence, exit status 2, nothing on standard output.
 *
 * Most are asked for in this process, which spares a process for each, and some are also
 * typed to a process, to show that it says the same.
 */
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { type Ended, run, typedToServe } from '../fixtures/command.ts'
import { temporary } from '../fixtures/temporary.ts'

type Row<Given, Sentence> = readonly [given: Given, sentence: Sentence]

const refusals: readonly (readonly [words: string, sentence: string])[] = [
  ['--prot 80', 'There is no option --prot. Did you mean --port?'],
  ['--readonly', 'There is no option --readonly. Did you mean --read-only?'],
  ['--zzz', 'There is no option --zzz. See twinserve --help for all of them.'],
  ['-x', 'There is no option -x. See twinserve --help for all of them.'],
  [
    '--url http://127.0.0.1/',
    '--url is for the commands that talk to a server, and not for the server itself. See twinserve --help for all of them.',
  ],
  [
    'lss --user ann',
    '--user is for the commands that talk to a server, and not for the server itself. Did you mean the command ls?',
  ],
  ['--default-director x', 'There is no option --default-director. See twinserve --help for all of them.'],
  ['srve', 'There is no directory srve. Create it first, or share another one. Did you mean the command serve?'],
  ['no-such-place', 'There is no directory no-such-place. Create it first, or share another one.'],
  ['file.txt', 'file.txt is not a directory. Share the directory that holds it.'],
  ['file.txt/below', 'file.txt/below is not a directory. Share the directory that holds it.'],
  ['. other', 'Only one directory can be shared, and other is one too many.'],
  ['srve .', 'Only one directory can be shared, and . is one too many. Did you mean the command serve?'],
  ['--mode', '--mode needs a value.'],
  ['--mode snyc', '--mode is async or sync, not "snyc". Did you mean sync?'],
  ['--mode 7', '--mode is async or sync, not "7".'],
  [
    '--threads 2',
    '--threads is for the blocking engine. Use --workers for several event loops, or --mode sync with --threads.',
  ],
  [
    '--mode sync --workers auto',
    '--workers is for the event loop. Use --threads with --mode sync, or --mode async with --workers.',
  ],
  ['--workers 0', '--workers takes a number from 1 to 256, or auto for as many as there are processors, not "0".'],
  ['--grace never', '--grace takes a time from 100ms to 7d, such as 30s or 5m, not "never".'],
  ['--port', '--port needs a value.'],
  ['--port http', '--port takes a number from 1 to 65535, or 0 to let the system choose, not "http".'],
  ['-p 65536', '--port takes a number from 1 to 65535, or 0 to let the system choose, not "65536".'],
  ['--port=-1', '--port takes a number from 1 to 65535, or 0 to let the system choose, not "-1".'],
  ['--cache 5Q', '--cache takes a number of bytes such as 0, 4096, 64M or 1G, not "5Q".'],
  ['--index a/b.html', '--index takes the name of a file such as index.html, without a directory, not "a/b.html".'],
  ['--log-format jsno', '--log-format is common, combined, json or off, not "jsno". Did you mean json?'],
  ['--read-only=maybe', '--read-only is either true or false, not "maybe".'],
  [
    '--host-name http://a',
    '--host-name takes a name such as files.example.org, without http:// and without a port, not "http://a".',
  ],
  ['--trace', '--trace needs a value.'],
  [
    '--trace shared/t.json shared',
    'The trace shared/t.json would lie in the shared directory, where others can read it. Choose a file outside of it.',
  ],
  [
    '--trace link/t.json shared',
    'The trace link/t.json would lie in the shared directory, where others can read it. Choose a file outside of it.',
  ],
  [
    '--trace shared shared',
    'The trace shared would lie in the shared directory, where others can read it. Choose a file outside of it.',
  ],
  ['--trace .. shared', '.. is a directory. Give --trace the name of a file.'],
  [
    '--trace none/t.json shared',
    'There is no directory for the trace none/t.json. Create it first, or choose another place.',
  ],
  ['--trace /dev/null shared', '/dev/null is no regular file. Choose another one for --trace.'],
  [
    '--trace users.txt shared',
    'users.txt holds something that is not a trace to go on with. Choose another file for --trace, or remove this one.',
  ],
  ['--config', '--config needs a value.'],
  ['shell --zzz', 'Unknown argument: zzz. See twinserve shell --help.'],
  ['shell -c', 'Not enough arguments following: c. See twinserve shell --help.'],
  ['-c none.json', 'The configuration file none.json does not exist. Name another with --config.'],
  ['-c .', 'The configuration file . cannot be read (EISDIR). Name another with --config.'],
  [
    '--bind 0.0.0.0',
    'With --bind 0.0.0.0, everybody who can reach this machine could change the files. ' +
      'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, ' +
      'or --allow-anonymous-writes if that is what you want.',
  ],
  [
    '--bind :: --no-read-only',
    'With --bind ::, everybody who can reach this machine could change the files. ' +
      'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, ' +
      'or --allow-anonymous-writes if that is what you want.',
  ],
  [
    '--bind 0.0.0.0 --allow-upload',
    'With --bind 0.0.0.0, everybody who can reach this machine could change the files. ' +
      'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, ' +
      'or --allow-anonymous-writes if that is what you want.',
  ],
  [
    '--bind 0.0.0.0 -a @/:rw -a ann:pw',
    'With --bind 0.0.0.0, everybody who can reach this machine could change the files. ' +
      'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, ' +
      'or --allow-anonymous-writes if that is what you want.',
  ],
  [
    '--bind 0.0.0.0 -a ann:pw',
    'With --bind 0.0.0.0 and without TLS, passwords would go where others can listen. ' +
      'Add --tls self-signed, or --tls-cert and --tls-key, or bind to 127.0.0.1 behind a proxy that speaks TLS; ' +
      'or --allow-insecure-auth if that is what you want.',
  ],
  ['--auth', '--auth needs a value.'],
  ['--host-name', '--host-name needs a value.'],
  ['--auth ann', '--auth cannot be understood: write NAME:PASSWORD, NAME:PASSWORD@/PATH:ro, or @/PATH for everybody.'],
  ['-a ann:pw@/a -a ann:secret@/b', 'Users contradict each other: ann has two passwords.'],
  ['--auth-file none.txt', 'The file of users none.txt does not exist. Make it with twinserve passwd none.txt NAME.'],
  [
    '--auth-file users.txt',
    'The file of users users.txt cannot be understood: line 1: write NAME:PASSWORD, NAME:PASSWORD@/PATH:ro, or @/PATH for everybody.',
  ],
  ['--read-only -A', '--read-only and --allow-all contradict each other. Leave one of them out.'],
  ['--allow-uplod', 'There is no option --allow-uplod. Did you mean --allow-upload?'],
  [
    '--bind nowhere.invalid',
    'The name nowhere.invalid leads to no address. Give --bind an address of this machine, such as 127.0.0.1, ' +
      'or 0.0.0.0 for all of them.',
  ],
  [
    '--bind /no/such/place/socket',
    'The socket /no/such/place/socket cannot be created. Choose a path in a directory that exists and that you may write to.',
  ],
]

const refusal = (sentence: string): Ended => ({
  code: 2,
  signal: null,
  stdout: '',
  stderr: `twinserve: ${sentence}\n`,
})

/** A directory that is the current one until the end of the test. */
async function workplace(t: Test): Promise<string> {
  const cwd = await temporary(t)
  const before = process.cwd()
  process.chdir(cwd)
  t.teardown(() => process.chdir(before))
  return cwd
}

test('a command that cannot be carried out', async (t) => {
  const cwd = await workplace(t)
  await writeFile(join(cwd, 'file.txt'), '')
  await writeFile(join(cwd, 'users.txt'), 'nonsense\n')
  await mkdir(join(cwd, 'shared'))
  await symlink('shared', join(cwd, 'link'))
  for (const [line, sentence] of refusals) {
    const words = line.split(' ')
    const ended = words[0] === 'shell' ? await run(words, { cwd }) : await typedToServe(t, words)
    t.strictSame(ended, refusal(sentence), `twinserve ${line}`)
  }
})

test('a process says the same: what yargs refuses, what settings do, what the system does', async (t) => {
  const cwd = await temporary(t)
  const typed = ['--prot 80', '--mode', '--port http', '--bind 0.0.0.0', '--bind /no/such/place/socket']
  for (const [line, sentence] of refusals.filter(([line]) => typed.includes(line))) {
    t.strictSame(await run(line.split(' '), { cwd }), refusal(sentence), `twinserve ${line}`)
  }
})

test('a directory with control characters in its name cannot draw on the terminal', async (t) => {
  const { code, stderr } = await run(['no\u001b[31mwhere\u009b\u202e'])
  t.equal(code, 2)
  t.equal(
    stderr,
    'twinserve: There is no directory no\uFFFD[31mwhere\uFFFD\uFFFD. Create it first, or share another one.\n',
  )
})

test('configuration files that cannot be used', async (t) => {
  const cwd = await workplace(t)
  const cases: readonly [Row<string, RegExp>, ...Row<string, RegExp>[]] = [
    ['{', /The configuration file c\.json is not JSON: .*\./],
    ['[]', /The configuration file c\.json must hold one JSON object, such as \{"port": 8080\}\./],
    [
      '{"readOnly": true}',
      /The configuration file c\.json has the unknown name "readOnly"\. Did you mean "read-only"\?/,
    ],
    ['{"colour": 1}', /The configuration file c\.json has the unknown name "colour"\./],
    ['{"port": "eighty"}', /"port" in c\.json takes a number from 1 to 65535, .*, not "eighty"\./],
    ['{"read-only": 2}', /"read-only" in c\.json is either true or false, not 2\./],
    ['{"mode": null}', /"mode" in c\.json is async or sync, not null\./],
    ['{"host-name": ["a", 1]}', /"host-name" in c\.json needs a value\./],
    ['{"directory": "missing"}', /There is no directory .*\/missing\. Create it first, or share another one\./],
  ]
  for (const [json, sentence] of cases) {
    await writeFile(join(cwd, 'c.json'), json)
    refused(await typedToServe(t, ['-c', 'c.json']), sentence, json)
  }
  const [[json, sentence]] = cases
  await writeFile(join(cwd, 'c.json'), json)
  refused(await run(['-c', 'c.json'], { cwd }), sentence, 'by a process')

  function refused({ code, stdout, stderr }: Ended, sentence: RegExp, name: string): void {
    t.strictSame({ code, stdout }, { code: 2, stdout: '' })
    t.match(stderr, new RegExp(`^twinserve: ${sentence.source}\n$`), name)
  }
})

test('variables that cannot be used', async (t) => {
  const cases: readonly [Row<NodeJS.ProcessEnv, string>, ...Row<NodeJS.ProcessEnv, string>[]] = [
    [
      { TWINSERVE_READONLY: '1' },
      'The environment variable TWINSERVE_READONLY means nothing to twinserve. Did you mean TWINSERVE_READ_ONLY?',
    ],
    [{ TWINSERVE_COLOUR: '1' }, 'The environment variable TWINSERVE_COLOUR means nothing to twinserve.'],
    [{ TWINSERVE_MODE: 'fast' }, 'TWINSERVE_MODE is async or sync, not "fast".'],
    [{ TWINSERVE_READ_ONLY: '' }, 'TWINSERVE_READ_ONLY is either true or false, not "".'],
    [
      { TWINSERVE_CONFIG: '/none.json' },
      'The configuration file /none.json does not exist. Name another with --config.',
    ],
  ]
  for (const [env, sentence] of cases) {
    t.strictSame(await typedToServe(t, [], env), refusal(sentence))
  }
  const [[env, sentence]] = cases
  t.strictSame(await run([], { env }), refusal(sentence), 'by a process')
})
