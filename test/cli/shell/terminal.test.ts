/** The shell with somebody in front of it, on a terminal that is none. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Test, test } from 'tap'
import { startShell } from '../../../src/cli/shell/start.ts'
import { engines, type Service, startEngine } from '../../fixtures/engines.ts'
import { type CuttingProxy, proxy } from '../../fixtures/proxy.ts'
import { type Files, fill } from '../../fixtures/shell.ts'
import { temporary } from '../../fixtures/temporary.ts'
import { Terminal } from '../../fixtures/terminal.ts'

const [, async] = engines as [unknown, (typeof engines)[number]]
const up = '\u001b[A'
const ctrl = { a: '\u0001', c: '\u0003', d: '\u0004' }
const prompt = /remote \S+> $/

interface Sitting {
  readonly terminal: Terminal
  readonly service: Service
  readonly relay: CuttingProxy
  /** The local directory. */
  readonly here: string
  readonly state: string
  /** The exit status, when it has ended. */
  readonly ended: Promise<number>
}

/** Somebody sits down: the prompt is there. */
async function sitDown(
  t: Test,
  {
    local = {},
    remote = {},
    editor = () => 'false',
  }: { local?: Files; remote?: Files; editor?: (shared: string) => string } = {},
): Promise<Sitting> {
  const service = await startEngine(t, async, { fsync: false })
  const here = await temporary(t)
  const state = await temporary(t)
  await fill(here, local)
  await fill(service.root, remote)
  const relay = await proxy(t, service.server.address)
  const sitting = { service, here, state, relay }
  return { ...sitting, ...(await again(sitting, editor(service.root))) }
}

/** Somebody starts another shell at the same place. */
async function again(
  { here, state, relay }: Pick<Sitting, 'here' | 'state' | 'relay'>,
  editor = 'false',
): Promise<Pick<Sitting, 'terminal' | 'ended'>> {
  const terminal = new Terminal(120)
  let now = 0
  const environment = { PATH: process.env.PATH, HOME: here, XDG_STATE_HOME: state, EDITOR: editor, SHELL: '/bin/sh' }
  const { input, output } = terminal
  const ended = startShell(
    {
      url: relay.url,
      user: undefined,
      trust: { fingerprint: undefined, cacert: undefined },
      commands: undefined,
      keepGoing: false,
    },
    // A clock that is fast: whatever is told of is told a second and a half later.
    { input, output, errors: output, environment, directory: here, now: () => (now += 1500) },
  )
  await Promise.race([terminal.until(prompt), ended])
  return { terminal, ended }
}

async function leave({ terminal, ended }: Pick<Sitting, 'terminal' | 'ended'>, t: Test): Promise<void> {
  terminal.enter('quit')
  t.equal(await ended, 0)
}

test('the prompt tells both directories', async (t) => {
  const sitting = await sitDown(t, { local: { 'photos/': '' }, remote: { 'docs/': '' } })
  const { terminal, relay, here } = sitting
  t.ok(terminal.text.includes(`Connected to ${relay.url}. Type help for the commands, quit to leave.\n`))
  terminal.enter('crd docs')
  t.ok((await terminal.until(prompt)).endsWith('remote /docs> '))
  terminal.enter('CLD photos')
  t.ok((await terminal.until(prompt)).endsWith('photos, remote /docs> '))
  terminal.enter('pwdl')
  t.ok((await terminal.until(prompt)).includes(`${here}/photos\n`))
  terminal.enter('lsr')
  t.ok((await terminal.until(prompt)).includes('0 files, 0 directories, 0 B\n'), 'a listing is summed up')
  terminal.enter('')
  await terminal.until(prompt)
  terminal.enter('fly')
  t.ok((await terminal.until(prompt)).includes('There is no command fly. Type help for all of them.\n'))
  await leave(sitting, t)
})

test('Tab completes commands, and names on the right side', async (t) => {
  const sitting = await sitDown(t, {
    local: { 'note one.txt': '1' },
    remote: { 'docs/report.pdf': 'x', 'docs/results.csv': 'y' },
  })
  const { terminal, here } = sitting
  terminal.press(...'put no', '\t')
  await terminal.until(/note\\ one\.txt $/)
  terminal.press('\r')
  t.match(await terminal.until(prompt), `Uploaded ${here}/note one.txt to /note one.txt, 1 B`)
  terminal.press(...'get do', '\t')
  await terminal.until(/docs\/$/)
  terminal.press('r', 'e', '\t', '\t')
  const offered = await terminal.until(/docs\/report\.pdf\s+docs\/results\.csv[\s\S]*get docs\/re$/)
  t.ok(offered.includes('docs/results.csv'))
  terminal.press('p', '\t')
  await terminal.until(/port\.pdf $/)
  terminal.press('\r')
  await terminal.until(/Downloaded \/docs\/report\.pdf[\s\S]*> $/)
  terminal.press(...'mkr', '\t')
  await terminal.until(/mkrdir $/)
  terminal.press(ctrl.c)
  await terminal.until(prompt)
  await leave(sitting, t)
})

test('history is kept from one time to the next', async (t) => {
  const sitting = await sitDown(t)
  const { terminal, state } = sitting
  terminal.enter('mkrdir one')
  await terminal.until(prompt)
  terminal.enter(' mkrdir secret')
  await terminal.until(prompt)
  await leave(sitting, t)
  t.equal(await readFile(join(state, 'twinserve/history'), 'utf8'), 'mkrdir one\nquit\n')

  const next = await again(sitting)
  next.terminal.press(up)
  await next.terminal.until(/quit$/)
  next.terminal.press(up)
  await next.terminal.until(/mkrdir one$/)
  next.terminal.press('\r')
  t.match(await next.terminal.until(prompt), '/one exists already.')
  next.terminal.enter('history')
  t.match(await next.terminal.until(prompt), /1 {2}mkrdir one\n +2 {2}quit\n +3 {2}mkrdir one\n +4 {2}history\n/)
  await leave(next, t)
})

test('Ctrl-C cancels the transfer, and not the shell', async (t) => {
  const sitting = await sitDown(t)
  const { terminal, service, relay, here } = sitting
  await writeFile(service.path('big.bin'), Buffer.alloc(4 * 1024 * 1024))
  relay.holdAfter(1024 * 1024)
  terminal.enter('get big.bin; pwdr')
  const progress = await terminal.until(/ 24% \[=+> +\] 1023\.\d KiB of 4\.0 MiB, \S+ KiB\/s, \d:\d\d left, \/big\.bin/)
  t.notMatch(progress, 'Downloaded')
  terminal.press(ctrl.c)
  const cancelled = await terminal.until(prompt)
  t.match(cancelled, /Cancelled\.\n/)
  t.notMatch(cancelled, /^\/$/m, 'nor is the rest of the line done')
  t.strictSame(await readdir(here), [], 'nothing is left of it')
  relay.holdAfter(Number.POSITIVE_INFINITY)
  terminal.enter('get big.bin')
  t.match(await terminal.until(prompt), 'Downloaded /big.bin')
  t.equal((await readFile(join(here, 'big.bin'))).length, 4 * 1024 * 1024)
  await leave(sitting, t)
})

test('Ctrl-C at the prompt drops the line, a second one says how to leave, Ctrl-D leaves', async (t) => {
  const { terminal, ended, service } = await sitDown(t)
  terminal.press(...'mkrdir never', ctrl.a, ctrl.c)
  t.notMatch(await terminal.until(prompt), 'To leave')
  terminal.press(ctrl.c)
  t.match(await terminal.until(prompt), 'To leave: quit, or Ctrl-D.\n')
  terminal.enter('mkrdir this')
  await terminal.until(prompt)
  terminal.press(ctrl.c)
  t.notMatch(await terminal.until(prompt), 'To leave', 'a line in between begins anew')
  terminal.press(ctrl.d)
  t.equal(await ended, 0)
  t.strictSame(service.tree(), { this: 'directory' })
})

test('lines that are pasted are done one after the other, and shown so', async (t) => {
  const sitting = await sitDown(t)
  const { terminal, service } = sitting
  terminal.press('mkrdir a\rcrd a\rmkrdir b\rpwd')
  const text = await terminal.until(/remote \/a> pwd$/)
  t.match(text, /mkrdir a\r?\n[\s\S]*Made \/a\.\n[\s\S]*> crd a\n[\s\S]*remote \/a> mkrdir b\nMade \/a\/b\.\n/)
  t.strictSame(service.tree(), { a: 'directory', 'a/b': 'directory' })
  terminal.press('\r')
  t.match(await terminal.until(prompt), '/a\n')
  await leave(sitting, t)
})

test('a broken connection is opened again, and one is where one was', async (t) => {
  const sitting = await sitDown(t, { remote: { 'docs/a.txt': 'a' } })
  const { terminal, relay } = sitting
  terminal.enter('crd docs')
  await terminal.until(prompt)
  relay.cut()
  terminal.enter('ls')
  const text = await terminal.until(prompt)
  t.match(text, 'The connection had broken. It is there again, and you are in /docs on the server.\n')
  t.match(text, 'a.txt\n')
  await leave(sitting, t)
})

test('edit stores what was changed, and never over the work of somebody else', async (t) => {
  const editor = () => 'f() { printf mine > "$1"; }; f'
  const sitting = await sitDown(t, { remote: { 'plan.txt': 'first' }, editor })
  const { terminal, service } = sitting
  terminal.enter('edit plan.txt')
  t.match(await terminal.until(prompt), 'Stored /plan.txt.\n')
  t.equal(await readFile(service.path('plan.txt'), 'utf8'), 'mine')
  terminal.enter('edit plan.txt')
  t.match(await terminal.until(prompt), 'Nothing was changed, and nothing stored.\n')
  terminal.enter('edit new.txt')
  t.match(await terminal.until(prompt), 'Stored /new.txt.\n')
  t.equal(await readFile(service.path('new.txt'), 'utf8'), 'mine')
  t.equal(terminal.input.raw, true, 'the keys are the shell’s again')
  await leave(sitting, t)
})

test('a conflict in edit keeps the edited copy', async (t) => {
  const editor = (shared: string) => `f() { echo mine > "$1"; echo theirs > ${shared}/plan.txt; }; f`
  const sitting = await sitDown(t, { remote: { 'plan.txt': 'first' }, editor })
  const { terminal, service } = sitting
  terminal.enter('edit plan.txt')
  const text = await terminal.until(prompt)
  t.match(text, '/plan.txt was changed by somebody else while you edited it, and was not overwritten.\n')
  const [, kept = ''] =
    /Your copy is kept in (\S+)\. To store it all the same: upload -f \S+ \/plan\.txt\n/.exec(text) ?? []
  t.equal(await readFile(kept, 'utf8'), 'mine\n')
  t.equal(await readFile(service.path('plan.txt'), 'utf8'), 'theirs\n')
  terminal.enter(`upload -f ${kept} /plan.txt`)
  await terminal.until(prompt)
  t.equal(await readFile(service.path('plan.txt'), 'utf8'), 'mine\n')
  await rm(dirname(kept), { recursive: true })
  await leave(sitting, t)
})

test('an editor that fails stores nothing', async (t) => {
  const sitting = await sitDown(t, {
    remote: { 'a.txt': 'first' },
    editor: () => 'f() { echo more >> "$1"; return 3; }; f',
  })
  const { terminal, service } = sitting
  terminal.enter('edit a.txt')
  const text = await terminal.until(prompt)
  t.match(text, 'It ended with status 3.\n')
  const [, kept = ''] = /Nothing was stored\. Your copy is kept in (\S+)\.\n/.exec(text) ?? []
  t.equal(await readFile(kept, 'utf8'), 'firstmore\n')
  await rm(dirname(kept), { recursive: true })
  t.equal(await readFile(service.path('a.txt'), 'utf8'), 'first')
  await leave(sitting, t)
})

test('names and contents cannot give orders to the terminal', async (t) => {
  const sitting = await sitDown(t, {
    remote: { 'a\u001b[2Jb': 'x', 'text.txt': 'a\tb\u001b[31m\r\nc\u202e', 'bytes.bin': '\u0000' },
  })
  const { terminal } = sitting
  const before = terminal.text.length
  terminal.enter('ls')
  t.match(await terminal.until(prompt), 'a\ufffd[2Jb\n')
  terminal.enter('cat text.txt')
  t.match(await terminal.until(prompt), 'a\tb\ufffd[31m\nc\ufffd\n')
  terminal.enter('cat bytes.bin')
  t.match(await terminal.until(prompt), 'bytes.bin is not text. Fetch it instead: get bytes.bin\n')
  terminal.enter('rm *b')
  t.match(await terminal.until(prompt), 'Deleted /a\ufffd[2Jb.\n')
  t.notOk(terminal.text.slice(before).includes('\u001b[31m'))
  t.notOk(terminal.text.slice(before).includes('\u001b[2J'))
  await leave(sitting, t)
})

test('commands of this side run in its current directory', async (t) => {
  const sitting = await sitDown(t, { local: { 'docs/a.txt': 'a' } })
  const { terminal, here } = sitting
  terminal.enter('cld docs')
  await terminal.until(prompt)
  terminal.enter('!pwd; cat *')
  t.match(await terminal.until(prompt), `${here}/docs\na`)
  terminal.enter('!exit 4')
  t.match(await terminal.until(prompt), 'It ended with status 4.\n')
  terminal.enter('!kill $$')
  t.match(await terminal.until(prompt), 'It was ended by SIGTERM.\n')
  await leave(sitting, t)
})

test('help, for all commands and for each', async (t) => {
  const sitting = await sitDown(t)
  const { terminal } = sitting
  terminal.enter('?')
  t.match(await terminal.until(prompt), /\n {2}get, mget +Download into the current directory of this side\n/)
  terminal.enter('HELP MPUT')
  t.match(
    await terminal.until(prompt),
    /put \[-f\] \[-r\] NAME\.\.\.\n\nUpload [\s\S]*\n {2}-r {2}also directories[\s\S]*\nAlso: mput\n/,
  )
  terminal.enter('help none')
  t.match(await terminal.until(prompt), 'There is no command none.')
  await leave(sitting, t)
})
