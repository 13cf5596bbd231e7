/** `twinserve passwd`, and a server that runs with its file. */
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'tap'
import { askPassword } from '../../src/cli/passwd/ask.ts'
import { withUser } from '../../src/cli/passwd/file.ts'
import { passwd } from '../../src/cli/passwd/main.ts'
import { usersOf } from '../../src/cli/users.ts'
import { parseEntry } from '../../src/core/access/entries.ts'
import { temporary } from '../fixtures/temporary.ts'
import { Terminal } from '../fixtures/terminal.ts'

const from = (text: string) => ({ input: Readable.from([text]), errors: new PassThrough() })

test('a user is made, changed and deleted, and nobody else is touched', async (t) => {
  const file = join(await temporary(t), 'users')
  t.equal(await passwd([file, 'ann'], from('secret\n')), 'ann can log in.')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  const first = await readFile(file, 'utf8')
  t.match(first, /^ann:\$scrypt\$ln=15,r=8,p=1\$[^\n]+\n$/)
  t.notMatch(first, 'secret')
  t.equal(await passwd([file, 'bob', '/photos:ro', '/bob'], from('pw')), 'bob can log in.')
  await writeFile(file, `# ours\n${await readFile(file, 'utf8')}\n@/pub\n`)
  t.equal(await passwd([file, 'ann'], from('another\r\n')), 'ann has a new password.')
  t.equal(await passwd([file, 'bob'], from('more\nthan a line')), 'bob has a new password.')
  const lines = (await readFile(file, 'utf8')).split('\n')
  t.match(lines, ['# ours', /^ann:/, /^bob:.*@\/photos:ro,\/bob:rw$/, '', '@/pub', ''], 'with the rights that he had')
  t.not(lines[1], first.trim())
  t.equal(await passwd([file, 'bob', '/'], from('pw')), 'bob has a new password.')
  t.notMatch(await readFile(file, 'utf8'), 'photos')
  t.equal(await passwd([file, 'bob', '--delete'], from('')), 'bob can log in no more.')
  t.notMatch(await readFile(file, 'utf8'), 'bob')
  const link = `${file}.link`
  await symlink('users', link)
  await passwd([link, 'carl'], from('pw'))
  t.match(await readFile(file, 'utf8'), 'carl:', 'a link stays a link')
})

test('what is refused', async (t) => {
  const file = join(await temporary(t), 'users')
  const refuse = async (words: readonly string[], message: RegExp, input = 'pw') =>
    await t.rejects(passwd([file, ...words], from(input)), { name: 'UsageError', message })
  await refuse(['ann'], /^There was no password\. Nothing was changed\.$/, '')
  await refuse(['a b'], /^The user cannot be written down: a name has letters/)
  await refuse(['ann', 'photos'], /^The user cannot be written down: "photos" is no path/)
  await refuse(['ann', '--delete'], /^There is no user ann in /)
  await refuse(['ann', '/x', '--delete'], /^Who is deleted needs no paths\.$/)
  await refuse([], /^A name is missing\. Write twinserve passwd FILE NAME\.$/)
  await t.rejects(passwd([], from('pw')), { name: 'UsageError', message: /^A file is missing\. Write/ })
  await writeFile(file, 'nonsense\n')
  await refuse(['ann'], /^The file of users .* cannot be understood: write NAME/)
  await t.rejects(passwd([join(file, 'x'), 'ann'], from('pw')), { message: /cannot be changed \(ENOTDIR\)/ })
  t.equal(await readFile(file, 'utf8'), 'nonsense\n')
})

test('a password that is typed is asked for twice, and not shown', async (t) => {
  const file = join(await temporary(t), 'users')
  const terminal = new Terminal()
  const asking = { input: terminal.input, errors: terminal.output }
  const made = passwd([file, 'ann'], asking)
  await terminal.until(/Password for ann: $/)
  terminal.enter('hidden')
  await terminal.until(/The same again: $/)
  terminal.enter('hidden')
  t.equal(await made, 'ann can log in.')
  t.notMatch(terminal.text, 'hidden')
  const wrong = passwd([file, 'ann'], asking)
  await terminal.until(/Password for ann: $/)
  terminal.enter('hidden')
  await terminal.until(/The same again: $/)
  terminal.enter('another')
  await t.rejects(wrong, { message: 'The two are not the same. Nothing was changed.' })
  const given = askPassword('? ', asking)
  await terminal.until(/\? $/)
  terminal.press('\x03')
  t.equal(await given, undefined, 'Ctrl-C')
})

test('the lines of a user', async (t) => {
  const entry = parseEntry('ann:new@/a:ro')
  t.equal(withUser('', 'ann', [entry]), 'ann:new@/a:ro\n')
  t.equal(withUser('x:y\nann:1@/a\nann:1@/b\nz:w\n', 'ann', [entry]), 'x:y\nann:new@/a:ro\nz:w\n')
  t.equal(withUser('ann:1', 'ann', []), '')
})

test('the same password has the same hash where it is kept nowhere', async (t) => {
  const settings = { auth: ['ann:pw@/a', 'ann:pw@/b', '@/pub'] }
  const [once, again] = [await usersOf(settings), await usersOf(settings)]
  t.match(once?.entries[0]?.secret, /^\$scrypt\$/)
  t.strictSame(once?.entries, again?.entries, 'who has logged in stays so when the server is started again')
  t.equal(once?.entries[0]?.secret, once?.entries[1]?.secret)
  t.not(once?.fallbackKey, again?.fallbackKey)
  t.equal(await usersOf({}), undefined)
})
