/** The parts of the shell that need neither a server nor a terminal. */
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { History, historyFile } from '../../../src/cli/shell/history.ts'
import { Local } from '../../../src/cli/shell/local.ts'
import { fromHome, promptText } from '../../../src/cli/shell/prompt.ts'
import { baseName, within } from '../../../src/cli/shell/sides.ts'
import { waiting } from '../../../src/cli/shell/start.ts'
import { ClientError } from '../../../src/client/index.ts'
import { temporary } from '../../fixtures/temporary.ts'

test('the prompt', async (t) => {
  t.equal(promptText('/srv/files', '/docs'), 'local /srv/files, remote /docs> ')
  t.equal(promptText('/srv/a-long/way/to/the/photos', '/', 80), 'local ...way/to/the/photos, remote /> ')
  t.equal(promptText('/\u001b[31mred', '/\u202e', 80), 'local /\ufffd[31mred, remote /\ufffd> ')
  t.equal(fromHome('/home/me/photos', '/home/me'), '~/photos')
  t.equal(fromHome('/home/me', '/home/me'), '~')
  t.equal(fromHome('/home/mean', '/home/me'), '/home/mean')
  t.equal(fromHome('/x', '/'), '/x')
})

test('names of paths', async (t) => {
  t.equal(baseName('/a/b/'), 'b')
  t.equal(baseName('/'), '')
  t.equal(within('/', 'a'), '/a')
  t.equal(within('/b', 'a'), '/b/a')
})

test('where history is kept', async (t) => {
  t.equal(historyFile({ XDG_STATE_HOME: '/state' }), '/state/twinserve/history')
  t.equal(historyFile({ XDG_STATE_HOME: 'state', HOME: '/home/me' }), '/home/me/.local/state/twinserve/history')
})

test('history', async (t) => {
  const path = join(await temporary(t), 'state/twinserve/history')
  const history = await History.open(path)
  for (const line of ['lsl', 'lsl', ' secret', '', 'put a']) history.add(line)
  await history.saved()
  t.strictSame(history.lines, ['lsl', 'put a'])
  t.equal(await readFile(path, 'utf8'), 'lsl\nput a\n')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.equal((await stat(join(path, '..'))).mode & 0o777, 0o700)
  t.strictSame((await History.open(path)).lines, ['lsl', 'put a'])

  await writeFile(path, Array.from({ length: 2500 }, (_, index) => `get ${index}\n`).join(''))
  t.equal((await History.open(path)).lines.at(0), 'get 1500')
  t.equal((await readFile(path, 'utf8')).split('\n').length, 1001, 'a long one is cut')

  const forgotten = await History.open()
  forgotten.add('lsl')
  t.strictSame(forgotten.lines, ['lsl'])
})

test('a history that cannot be written is no reason to stop', async (t) => {
  const path = await temporary(t)
  const history = await History.open(path)
  history.add('lsl')
  await history.saved()
  t.strictSame(history.lines, ['lsl'])
})

test('the local side', async (t) => {
  const top = await temporary(t)
  await mkdir(join(top, 'docs'))
  await writeFile(join(top, 'a.txt'), 'hello')
  await symlink('docs', join(top, 'link'))
  await symlink('nowhere', join(top, 'lost'))
  const local = new Local(top)
  t.match(await local.list('.'), [
    { name: 'a.txt', kind: 'file', size: 5 },
    { name: 'docs', kind: 'directory' },
    { name: 'link', kind: 'link', target: 'directory' },
    { name: 'lost', kind: 'link', target: undefined },
  ])
  t.match(await local.list('a.txt'), [{ name: 'a.txt', size: 5 }])
  await local.makeDirectory('docs/new')
  await local.enter('docs/new')
  t.equal(local.directory, join(top, 'docs/new'))
  t.match(local.resolve('~'), /^\//)
  t.equal(local.resolve('./~'), join(top, 'docs/new/~'))
  await t.rejects(local.enter('none'), { message: `On this side: ${join(top, 'docs/new/none')} does not exist.` })
  await t.rejects(local.enter('../../a.txt'), { message: `On this side: ${join(top, 'a.txt')} is not a directory.` })
  await t.rejects(local.makeDirectory('..'), { message: /^On this side: .* exists already/ })
  t.equal(local.directory, join(top, 'docs/new'), 'after a failure one is where one was')
})

test('what is said before something is tried again', async (t) => {
  const event = { error: new ClientError('unreachable', 'Nobody is there.'), attempt: 5, attempts: 10 }
  t.equal(waiting({ ...event, delay: 2400 }), 'Nobody is there. Trying again in 2 s (5 of 10); Ctrl-C gives up.')
  t.equal(waiting({ ...event, delay: 999 }), undefined)
})
