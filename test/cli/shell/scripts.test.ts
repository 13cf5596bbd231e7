/** The shell without anybody in front of it: commands from a pipe, or from the command line. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { type Test, test } from 'tap'
import { WebSocketServer } from 'ws'
import { startShell } from '../../../src/cli/shell/start.ts'
import { entriesFrom } from '../../fixtures/accounts.ts'
import { run } from '../../fixtures/command.ts'
import { engines, forEachEngine, startEngine } from '../../fixtures/engines.ts'
import { type Files, filesIn, fill, readable } from '../../fixtures/shell.ts'
import { temporary } from '../../fixtures/temporary.ts'

const [, async] = engines as [unknown, (typeof engines)[number]]

class Collector extends Writable {
  text = ''

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk
    done()
  }
}

interface Outcome {
  readonly status: number
  readonly output: string
  readonly errors: string
}

/** Runs commands from the command line, or else lines from a pipe. */
async function runShell(
  url: string,
  here: string,
  { commands, lines = '', keepGoing = false }: { commands?: string; lines?: string; keepGoing?: boolean },
): Promise<Outcome> {
  const [output, errors] = [new Collector(), new Collector()]
  const input = new PassThrough()
  input.end(lines)
  const environment = { PATH: process.env.PATH, XDG_STATE_HOME: `${here}/.state`, SHELL: '/bin/sh' }
  const trust = { fingerprint: undefined, cacert: undefined }
  const request = { url, user: undefined, trust, commands, keepGoing }
  const status = await startShell(request, { input, output, errors, environment, directory: here, now: () => 0 })
  return { status, output: readable(output.text, here), errors: readable(errors.text, here) }
}

async function prepare(t: Test, engine = async, local: Files = {}, remote: Files = {}) {
  const service = await startEngine(t, engine, { fsync: false })
  const here = await temporary(t)
  await fill(here, local)
  await fill(service.root, remote)
  return { service, here, url: service.server.url }
}

forEachEngine(async (t, engine) => {
  await t.test('several names, patterns and directories', async (t) => {
    const local = {
      'a.txt': 'a',
      'b.txt': 'bb',
      'c d.txt': 'ccc',
      'tree/x/1': 'one',
      'tree/2': 'two',
      'tree/empty/': '',
    }
    const { service, here, url } = await prepare(t, engine, local)
    const put = await runShell(url, here, {
      lines: 'put *.txt\nput tree\nput -r tree\nput -r tree\nmkrdir old\nmv ?.txt old\ncp -f old/*.txt .\n',
      keepGoing: true,
    })
    t.equal(put.errors, 'twinserve: tree is a directory. To take it with all that is in it: put -r tree\n')
    t.equal(
      put.output,
      'Uploaded /home/me/a.txt to /a.txt, 1 B.\nUploaded /home/me/b.txt to /b.txt, 2 B.\n' +
        'Uploaded /home/me/c d.txt to /c d.txt, 3 B.\nUploaded /home/me/tree to /tree, 2 files, 6 B.\n' +
        'Uploaded /home/me/tree to /tree, 0 files, 2 more were there already, 6 B in all.\nMade /old.\n' +
        'Moved /a.txt to /old/a.txt.\nMoved /b.txt to /old/b.txt.\n' +
        'Copied /old/a.txt to /a.txt.\nCopied /old/b.txt to /b.txt.\n',
    )
    t.equal(put.status, 1)

    await fill(here, { 'fresh/': '' })
    const get = await runShell(url, here, { commands: "cld fresh; get -r tree 'c d.txt' old/*; lsl" })
    t.equal(
      get.output,
      'Downloaded /tree to /home/me/fresh/tree, 2 files, 6 B.\nDownloaded /c d.txt to /home/me/fresh/c d.txt, 3 B.\n' +
        'Downloaded /old/a.txt to /home/me/fresh/a.txt, 1 B.\nDownloaded /old/b.txt to /home/me/fresh/b.txt, 2 B.\n' +
        '1 B  TIME  a.txt\n2 B  TIME  b.txt\n3 B  TIME  c d.txt\n  -  TIME  tree/\n',
    )
    t.equal(get.errors, '')
    t.equal(get.status, 0)
    t.match(filesIn(`${here}/fresh`), local)

    const top = await runShell(url, here, { commands: 'mkldir top; download -r / top; download -r / top' })
    t.strictSame({ status: top.status, errors: top.errors }, { status: 0, errors: '' })
    t.match(filesIn(`${here}/top`), { 'a.txt': 'a', 'tree/x/1': 'one' })

    const gone = await runShell(url, here, {
      commands: 'delete tree; delete -r tree *.txt; rmdir old; rm old/*; rmdir old; ls',
      keepGoing: true,
    })
    t.match(gone.errors, 'twinserve: /tree is a directory. To take it with all that is in it: delete -r\n')
    t.match(
      gone.errors,
      'twinserve: /old is not empty. Empty it first, or delete it with all that is in it: delete -r\n',
    )
    t.strictSame(filesIn(service.root), {})
  })
})

test('a script stops at the first failure, unless it is to go on', async (t) => {
  const { here, url } = await prepare(t)
  const lines = '# a comment\npwdr\n\nls none; pwdl\npwdl\n'
  t.strictSame(await runShell(url, here, { lines }), {
    status: 3,
    output: '/\n',
    errors: 'twinserve: /none does not exist.\n',
  })
  t.strictSame(await runShell(url, here, { lines, keepGoing: true }), {
    status: 3,
    output: '/\n/home/me\n/home/me\n',
    errors: 'twinserve: /none does not exist.\n',
  })
  t.strictSame(await runShell(url, here, { lines: 'pwdr\nexit\npwdl' }), { status: 0, output: '/\n', errors: '' })
  t.strictSame(await runShell(url, here, { lines: '' }), { status: 0, output: '', errors: '' })
  t.strictSame(await runShell(url, here, { commands: "pwdr 'x" }), {
    status: 1,
    output: '',
    errors: "twinserve: A ' is not closed.\n",
  })
  t.match(await runShell(url, here, { lines: '!cat; exit 3\npwdr\n' }), {
    status: 1,
    errors: 'twinserve: It ended with status 3.\n',
  })
})

test('contents are passed on as they are', async (t) => {
  const { here, url } = await prepare(t, async, {}, { 'a.txt': 'a\u001b[31m\r\nb' })
  t.equal((await runShell(url, here, { commands: 'cat a.txt' })).output, 'a\u001b[31m\r\nb')
})

test('what is there, in all its digits', async (t) => {
  const { here, url } = await prepare(t, async, {}, { 'docs/a.txt': 'aaa', 'b.txt': 'b' })
  t.equal(
    (await runShell(url, here, { commands: 'lsr -l b.txt docs; stat docs/a.txt' })).output,
    'file       1  TIME  b.txt\ndocs:\nfile       3  TIME  a.txt\n/docs/a.txt\n  kind      file\n  size      3 bytes\n  modified  TIME\n',
  )
})

test('names that a server makes up lead nowhere', async (t) => {
  const http = createServer()
  const sessions = new WebSocketServer({ server: http })
  sessions.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { id } = JSON.parse(String(data)) as { id: number }
      const entries = [{ name: '../.bashrc', kind: 'file', size: 1, modified: '2026-11-21T03:26:56.801Z' }]
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: { path: '/', entries, total: 1 } }))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.teardown(() => {
    for (const socket of sessions.clients) socket.terminate()
    http.close()
  })
  const here = await temporary(t)
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
  t.strictSame(await runShell(url, here, { commands: 'get *' }), {
    status: 9,
    output: '',
    errors: 'twinserve: The server tells of something named "../.bashrc": no name can be that.\n',
  })
  t.strictSame(filesIn(here), {})
})

test('a server with users', async (t) => {
  const auth = { entries: entriesFrom('ann:secret', '@/pub:ro'), fallbackKey: 'fallback' }
  const service = await startEngine(t, async, { auth })
  const ended = await runShell(service.server.url, await temporary(t), { commands: 'mkrdir mine' })
  const errors = 'twinserve: That needs a name and a password. Leave the shell, and start it with --user NAME.\n'
  t.strictSame(ended, { status: 5, output: '', errors })
})

test('the command itself', async (t) => {
  const { here, url } = await prepare(t, async, { 'a.txt': 'a' })
  const cwd = { cwd: here, env: { XDG_STATE_HOME: here } }
  t.match(await run(['shell', url, '-c', 'put a.txt; lsr'], cwd), {
    code: 0,
    stdout: /^Uploaded \S+\/a\.txt to \/a\.txt, 1 B\.\n1 B {2}\S+ \S+ {2}a\.txt\n$/,
    stderr: '',
  })
  t.match(await run(['shell', url, '--command', 'get a.txt'], cwd), {
    code: 4,
    stdout: '',
    stderr: /^twinserve: \S+\/a\.txt exists already here\. Choose another name, or replace it: get -f\n$/,
  })
  t.match(await run(['shell'], { cwd: here, env: { TWINSERVE_URL: url, XDG_STATE_HOME: here } }), {
    code: 0,
    stdout: '',
    stderr: '',
  })
  t.match(await run(['shell', 'http://127.0.0.1:1/'], cwd), {
    code: 6,
    stderr: /^twinserve: The server at http:\/\/127\.0\.0\.1:1\/ cannot be reached: nothing listens there\./,
  })
  t.match(await run(['shell', 'nas'], cwd), { code: 2, stderr: /^twinserve: nas is not the address of a server\./ })
  t.match(await run(['shell', '--nonsense'], cwd), { code: 2, stderr: /nonsense/ })
  t.match(await run(['shell', '--help'], cwd), { code: 0, stdout: /twinserve shell \[URL\]/ })
  t.match(await run(['--help'], cwd), { code: 0, stdout: /twinserve shell +Work on two sides/ })
})

/** Ctrl-C, and the end of the command only once the shell has been given it: the two signals would reach it in any order. */
const interrupt = "kill -INT $PPID; while grep -q 'ShdPnd:.*[1-9a-f]' /proc/$PPID/status; do :; done"

test('Ctrl-C ends a script, but not the editor in it', async (t) => {
  const { service, here, url } = await prepare(t, async, {}, { 'a.txt': 'a' })
  const EDITOR = `f() { printf more >> "$1"; ${interrupt}; }; f`
  const cwd = { cwd: here, env: { XDG_STATE_HOME: here, SHELL: '/bin/sh', EDITOR } }
  t.match(await run(['shell', url, '-c', `pwdr\n!${interrupt}\npwdr`], cwd), { code: 130, stdout: '/\n' })
  t.match(await run(['shell', url, '-c', 'edit a.txt\npwdr'], cwd), { code: 130, stdout: 'Stored /a.txt.\n' })
  t.strictSame(filesIn(service.root), { 'a.txt': 'amore' })
})
