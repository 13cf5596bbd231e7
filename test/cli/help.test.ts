import { readFile } from 'node:fs/promises'
import { test } from 'tap'
import { clientCommands } from '../../src/cli/client/options.ts'
import { run } from '../fixtures/command.ts'

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))

test('--version', async (t) => {
  t.match(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('help names every option once, and the hidden one not at all', async (t) => {
  for (const words of [['--help'], ['-h'], ['serve', '--help']]) {
    const { code, stdout, stderr } = await run(words)
    t.strictSame({ code, stderr }, { code: 0, stderr: '' })
    const options =
      'mode port bind cache read-only allow-anonymous-writes host-name index server-timing log-format config help version'
    for (const option of options.split(' '))
      t.equal(stdout.match(new RegExp(`^ +(-., )?--${option} `, 'gm'))?.length, 1, option)
    t.notMatch(stdout, /default-directory/)
    t.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      'no line is longer than 100 characters',
    )
  }
})

test('completion prints a script, and the script gets its words', async (t) => {
  const script = await run(['completion'], { env: { SHELL: '/bin/bash' } })
  t.match(script, {
    code: 0,
    stdout: /^###-begin-twinserve-completions-###\n[\s\S]*complete .* twinserve\n/,
    stderr: '',
  })
  const words = async (...line: string[]) =>
    (await run(['--get-yargs-completions', 'twinserve', ...line])).stdout.split('\n').filter((word) => word !== '')
  t.ok((await words('--')).includes('--read-only'))
  t.notOk((await words('--')).includes('--default-directory'))
  const clients = Object.keys(clientCommands)
  t.strictSame(
    (await words('')).sort(),
    ['serve', 'shell', 'passwd', 'bench', 'predict', ...clients, 'completion'].sort(),
  )
  t.strictSame(await words('--mode', ''), ['async', 'sync'])
  t.strictSame(await words('serve', '--log-format', 'j'), ['json'])
  const forUpload = await words('upload', '--')
  t.ok(forUpload.includes('--recursive') && forUpload.includes('--url'))
  t.notOk(forUpload.includes('--port'))
})

test('each command that talks to a server has help of its own', async (t) => {
  // One process for each takes long on a busy machine: two stand for all, as they are made alike.
  for (const name of ['upload', 'rename'] as const) {
    const { usage, describe, options } = clientCommands[name]
    const { code, stdout, stderr } = await run([name, '--help'])
    t.strictSame({ code, stderr }, { code: 0, stderr: '' })
    t.ok(stdout.startsWith(`twinserve ${name} ${usage}\n\n${describe}\n`), stdout.slice(0, 200))
    for (const option of [...options, 'url', 'json', 'quiet', 'help', 'version']) {
      t.equal(stdout.match(new RegExp(`^ +(-., )?--${option} `, 'gm'))?.length, 1, `${name} --${option}`)
    }
    t.notMatch(stdout, /--port/)
    t.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      'no line is longer than 100 characters',
    )
  }
})
