/** Where settings come from, and which source goes before which. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { serve } from '../fixtures/command.ts'
import { temporary } from '../fixtures/temporary.ts'

test('flags go before variables, those before the file, and that before the defaults', async (t) => {
  const cwd = await temporary(t)
  for (const name of ['of-file', 'of-variable', 'of-flag']) {
    await mkdir(join(cwd, name))
    await writeFile(join(cwd, name, 'where'), name)
  }
  const config = join(cwd, 'c.json')
  await writeFile(config, JSON.stringify({ port: 0, mode: 'sync', 'server-timing': false, directory: 'of-file' }))

  const where = async (words: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    const { url, startLine, kill } = await serve(t, words, { cwd, env })
    const answer = await fetch(`${url}where`)
    const shared = await answer.text()
    kill('SIGTERM')
    return { mode: /\((.*)\)/.exec(startLine)?.[1], timing: answer.headers.has('server-timing'), shared }
  }

  t.strictSame(await where(['-c', config]), { mode: 'sync', timing: false, shared: 'of-file' })
  t.strictSame(await where([], { TWINSERVE_CONFIG: config }), { mode: 'sync', timing: false, shared: 'of-file' })
  const env = { TWINSERVE_MODE: 'async', TWINSERVE_SERVER_TIMING: 'yes', TWINSERVE_DIRECTORY: 'of-variable' }
  t.strictSame(await where(['-c', config], env), { mode: 'async', timing: true, shared: 'of-variable' })
  t.strictSame(await where(['-c', config, '--mode=sync', '--server-timing=0', 'of-flag'], env), {
    mode: 'sync',
    timing: false,
    shared: 'of-flag',
  })
})

test('a path in a configuration file is relative to the file', async (t) => {
  const dir = await temporary(t)
  await mkdir(join(dir, 'shared'))
  await writeFile(join(dir, 'shared', 'where'), 'beside the file')
  await writeFile(join(dir, 'c.json'), JSON.stringify({ port: 0, directory: 'shared' }))
  const { url } = await serve(t, ['--config', join(dir, 'c.json')], { cwd: '/' })
  t.equal(await (await fetch(`${url}where`)).text(), 'beside the file')
})
