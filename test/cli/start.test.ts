/** Starting and stopping the real command, with both engines. */
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'tap'
import { run, serve } from '../fixtures/command.ts'
import { temporary } from '../fixtures/temporary.ts'

for (const mode of ['sync', 'async']) {
  test(`${mode}: serves until SIGTERM, and prints one line`, async (t) => {
    const dir = await temporary(t)
    await writeFile(join(dir, 'a.txt'), 'hello')
    const server = await serve(t, ['--mode', mode, '--port', '0', dir])
    t.match(server.startLine, new RegExp(`^twinserve \\(${mode}\\) listening on http://127\\.0\\.0\\.1:\\d+/$`))
    const answer = await fetch(`${server.url}a.txt`)
    t.equal(await answer.text(), 'hello')
    t.ok(answer.headers.get('server-timing'), 'Server-Timing is on by default')
    server.kill('SIGTERM')
    const { code, stdout, stderr } = await server.ended
    t.equal(code, 0)
    t.equal(stdout, `${server.startLine}\n`)
    t.match(stderr, /^127\.0\.0\.1 - - \[.*\] "GET \/a\.txt HTTP\/1\.1" 200 5\n$/, 'the log is on standard error')
  })

  test(`${mode}: Ctrl-C ends it too`, async (t) => {
    const server = await serve(t, ['serve', '--mode', mode, '-p', '0', await temporary(t)])
    server.kill('SIGINT')
    t.match(await server.ended, { code: 0, signal: null })
  })

  test(`${mode}: a second signal does not wait for a request in progress`, async (t) => {
    const server = await serve(t, ['--mode', mode, '-p', '0', await temporary(t)])
    const { port, hostname } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.write('PUT /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n')
    // The server is now reading a body that does not come.
    t.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 100 /)
    server.kill('SIGTERM')
    // Once the listener is closed, the first signal has been taken in.
    await refused(Number(port), hostname)
    server.kill('SIGTERM')
    t.match(await server.ended, { code: null, signal: 'SIGTERM' }, 'which a shell shows as 143')
  })

  test(`${mode}: options reach the engine`, async (t) => {
    const dir = await temporary(t)
    await writeFile(join(dir, 'start.html'), '<p>start')
    const words = [
      '--read-only',
      '--no-server-timing',
      '--log-format',
      'json',
      '--cache',
      '1M',
      '--index',
      'start.html',
    ]
    const server = await serve(t, ['--mode', mode, '-p', '0', '--host-name', 'Files.Example', ...words, dir])
    const page = await fetch(server.url)
    t.equal(page.headers.get('server-timing'), null)
    t.equal(await page.text(), '<p>start')
    t.equal((await fetch(`${server.url}new`, { method: 'PUT', body: 'x' })).status, 403)
    t.equal(await statusFor(server.url, 'files.example'), 200)
    t.equal(await statusFor(server.url, 'other.example'), 421)
    server.kill('SIGTERM')
    const { stderr } = await server.ended
    t.equal(JSON.parse(stderr.split('\n')[0] ?? '').status, 200)
  })

  test(`${mode}: a trace, which the next server goes on with`, async (t) => {
    const dir = await temporary(t)
    const [shared, trace] = [join(dir, 'shared'), join(dir, 'trace.json')]
    await mkdir(shared)
    for (const name of ['first', 'second']) {
      const server = await serve(t, ['--mode', mode, '-p', '0', '--log-format', 'off', '--trace', trace, shared])
      t.equal((await fetch(`${server.url}${name}`)).status, 404)
      server.kill('SIGTERM')
      t.match(await server.ended, { code: 0, stderr: '' })
    }
    t.equal((await stat(trace)).mode & 0o777, 0o600)
    const text = await readFile(trace, 'utf8')
    const events: { cat?: string; name: string }[] = JSON.parse(`${text.replace(/,\n$/, '')}]`)
    t.strictSame(
      events.filter(({ cat }) => cat === 'request').map(({ name }) => name),
      ['GET /first', 'GET /second'],
    )
  })

  test(`${mode}: a Unix socket counts as local`, async (t) => {
    const dir = await temporary(t)
    const path = join(dir, 's')
    const server = await serve(t, ['--mode', mode, '--bind', `unix:${path}`, '--log-format=off', dir])
    t.equal(server.url, `http+unix://${encodeURIComponent(path)}/`)
    t.equal(await statusOf({ socketPath: path, path: '/', headers: { host: 'localhost' } }), 200)
    const second = await run(['--mode', mode, '--bind', path, dir])
    t.equal(second.code, 2)
    t.equal(
      second.stderr,
      `twinserve: The socket ${path} exists already. Choose another path, or delete it if no server uses it any more.\n`,
    )
    server.kill('SIGTERM')
    t.match(await server.ended, { code: 0, stderr: '' })
    await t.rejects(stat(path), { code: 'ENOENT' }, 'the socket is gone')
  })

  test(`${mode}: a port in use is one sentence`, async (t) => {
    const dir = await temporary(t)
    const { url } = await serve(t, ['--mode', mode, '-p', '0', dir])
    const { port } = new URL(url)
    t.strictSame(await run(['--mode', mode, '-p', port, dir]), {
      code: 2,
      signal: null,
      stdout: '',
      stderr: `twinserve: Port ${port} on 127.0.0.1 is in use by another program. Choose another with --port, or 0 to let the system choose.\n`,
    })
  })

  test(`${mode}: an address of another machine is one sentence`, async (t) => {
    const { code, stderr } = await run([
      '--mode',
      mode,
      '-p',
      '0',
      '--read-only',
      '-b',
      '192.0.2.1',
      await temporary(t),
    ])
    t.equal(code, 2)
    t.match(stderr, /^twinserve: This machine has no address 192\.0\.2\.1\. Give --bind one of its own, [^\n]*\.\n$/)
  })

  test(`${mode}: everybody may write only when that was asked for`, async (t) => {
    const dir = await temporary(t)
    const server = await serve(t, ['--mode', mode, '-p', '0', '--bind', '0.0.0.0', '--allow-anonymous-writes', dir])
    const { port } = new URL(server.url)
    t.equal((await fetch(`http://127.0.0.1:${port}/new`, { method: 'PUT', body: 'x' })).status, 201)
    const readOnly = await serve(t, ['--mode', mode, '-p', '0', '--bind', '0.0.0.0', '--read-only', dir])
    t.match(readOnly.startLine, /listening on http:/)
  })
}

test('the default directory is made on first use, and only then', async (t) => {
  const dir = await temporary(t)
  const words = ['serve', '--default-directory', 'files', '--port', '0']
  await mkdir(join(dir, 'other'))
  await writeFile(join(dir, 'other', 'a.txt'), 'other')
  const other = await serve(t, [...words, '--mode', 'sync', 'other'], { cwd: dir })
  t.equal(await (await fetch(`${other.url}a.txt`)).text(), 'other')
  await t.rejects(stat(join(dir, 'files')), { code: 'ENOENT' })
  const server = await serve(t, words, { cwd: dir })
  t.equal((await fetch(server.url)).status, 200)
  t.ok((await stat(join(dir, 'files'))).isDirectory())
})

test('without a directory, the current one is shared', async (t) => {
  const dir = await temporary(t)
  await writeFile(join(dir, 'here'), 'here')
  const server = await serve(t, ['--port', '0'], { cwd: dir })
  t.equal(await (await fetch(`${server.url}here`)).text(), 'here')
})

/** Resolves once nothing listens there any more. */
async function refused(port: number, host: string): Promise<void> {
  for (;;) {
    const socket = connect(port, host)
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (!open) return
  }
}

const statusFor = (url: string, host: string): Promise<number | undefined> => {
  const { hostname, port } = new URL(url)
  return statusOf({ hostname, port, path: '/', headers: { host } })
}

async function statusOf(options: object): Promise<number | undefined> {
  const sent = request({ ...options, agent: false }).end()
  const [answer] = await once(sent, 'response')
  answer.resume()
  return answer.statusCode
}
