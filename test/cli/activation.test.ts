/** Being handed a socket, and telling how far the server is, as under systemd; and several threads or workers, as a command. */
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { handedOver, notifier } from '../../src/cli/activation.ts'
import type { ListenAddress } from '../../src/core/options.ts'
import { check, close, listen } from '../../src/posix/listening.ts'
import * as os from '../../src/posix/platform.ts'
import { posix } from '../../src/posix/posix.ts'
import { childrenRunning, runs } from '../fixtures/children.ts'
import { run, serve } from '../fixtures/command.ts'
import { temporary } from '../fixtures/temporary.ts'
import { connect, get, type Wire } from '../fixtures/wire.ts'

const loopback = { host: '127.0.0.1', port: 0 }
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('what was handed over, by the environment', async (t) => {
  const told = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'http', PATH: '/bin' }
  const environment: NodeJS.ProcessEnv = { ...told }
  t.equal(handedOver(environment, 7), 3)
  t.strictSame(environment, { PATH: '/bin' }, 'and nobody else is told')
  t.equal(handedOver({ ...told }, 8), undefined, 'it was for another process')
  t.equal(handedOver({ ...told, LISTEN_FDS: '0' }, 7), undefined)
  t.equal(handedOver({ LISTEN_FDS: '1' }, 7), undefined)
  for (const many of ['2', '-1', '1x', '']) {
    t.throws(() => handedOver({ ...told, LISTEN_FDS: many }, 7), { message: /^twinserve listens on one socket/ }, many)
  }
})

test('what systemd is told', async (t) => {
  const dir = await temporary(t)
  for (const at of [join(dir, 'notify'), `@twinserve-test-${process.pid}`]) {
    const fd = check(posix.socket(os.constants.AF_UNIX, os.SOCK_DGRAM, 0), 'socket')
    t.teardown(() => close(fd))
    const name = os.unixAddress(at.replace(/^@/, '\0')).subarray(0, 2 + at.length)
    check(posix.bind(fd, name, name.length), 'bind')
    const environment: NodeJS.ProcessEnv = { NOTIFY_SOCKET: at }
    const notify = notifier(environment)
    t.strictSame(environment, {})
    const said = Buffer.alloc(100)
    for (const state of ['READY=1', 'STOPPING=1'] as const) {
      await notify(state)
      t.equal(said.toString('latin1', 0, fs.readSync(fd, said)), state)
    }
  }
  await notifier({})('READY=1')
})

test('systemd that cannot be told is one line, and no failure', async (t) => {
  const server = await serve(t, ['-p', '0', await temporary(t)], { env: { NOTIFY_SOCKET: '/no/such/place' } })
  server.kill('SIGTERM')
  t.match(await server.ended, {
    code: 0,
    stderr: 'twinserve: /no/such/place (NOTIFY_SOCKET) could not be told READY=1: ENOENT.\n',
  })
})

async function answer(address: ListenAddress): Promise<string> {
  const wire = await connect(address)
  wire.write(get('/a', 'Connection: close\r\n'))
  await wire.until((w) => w.ended)
  wire.close()
  return wire.received.slice(wire.received.indexOf('\r\n\r\n') + 4)
}

for (const words of [['--mode', 'sync'], ['--mode', 'sync', '--threads', '2'], [], ['--workers', '2']]) {
  const name = words.join(' ') || '--mode async'

  test(`${name}: a socket that was handed over`, async (t) => {
    const dir = await temporary(t)
    fs.writeFileSync(join(dir, 'a'), 'hello')
    const held = listen(loopback)
    t.teardown(() => close(held.fd))
    const { port } = held.address as { port: number }
    const server = await serve(t, [...words, '--log-format', 'off', dir], { handed: held.fd })
    t.equal(server.url, `http://127.0.0.1:${port}/`)
    t.equal(await answer(held.address), 'hello')
    server.kill('SIGTERM')
    t.match(await server.ended, { code: 0, stderr: '' })
    const early = answer(held.address)
    const next = await serve(t, [...words, dir], { handed: held.fd })
    t.equal(await early, 'hello', 'who came in between')
    next.kill('SIGTERM')
    t.match(await next.ended, { code: 0 })
  })

  test(`${name}: a second signal ends everything at once`, async (t) => {
    const dir = await temporary(t)
    let pid = 0
    const server = await serve(t, [...words, '-p', '0', '--grace', '1h', dir], {
      started: (child) => {
        pid = child.pid as number
      },
    })
    const workers = childrenRunning('async/worker', pid)
    t.equal(workers.length, words[0] === '--workers' ? 2 : 0)
    const url = new URL(server.url)
    const wire: Wire = await connect({ host: url.hostname, port: Number(url.port) })
    wire.write('PUT /b HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n')
    await wire.until((w) => w.received.startsWith('HTTP/1.1 100 '))
    server.kill('SIGTERM')
    await refused(Number(url.port))
    server.kill('SIGTERM')
    t.match(await server.ended, { code: null, signal: 'SIGTERM' })
    await wire.until((w) => w.ended)
    wire.close()
    while (workers.some(runs)) await turn()
  })

  test(`${name}: SIGHUP ends nothing`, async (t) => {
    const dir = await temporary(t)
    fs.writeFileSync(join(dir, 'a'), 'hello')
    const server = await serve(t, [...words, '-p', '0', dir])
    server.kill('SIGHUP')
    t.equal(await (await fetch(`${server.url}a`)).text(), 'hello')
    server.kill('SIGTERM')
    t.match(await server.ended, { code: 0 })
  })
}

for (const words of [
  ['--mode', 'sync'],
  ['--workers', '2'],
]) {
  test(`${words.join(' ')}: a signal that comes with the first answer, before the start line, is heeded`, async (t) => {
    const dir = await temporary(t)
    fs.writeFileSync(join(dir, 'a'), 'hello')
    const held = listen(loopback)
    t.teardown(() => close(held.fd))
    const first = answer(held.address)
    const ended = run([...words, '--log-format', 'off', dir], {
      handed: held.fd,
      started: (child) => void first.then(() => child.kill('SIGTERM')),
    })
    t.match(await ended, { code: 0, signal: null, stderr: '' })
    t.equal(await first, 'hello')
  })
}

/** Resolves once nobody listens there any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const wire = await connect({ ...loopback, port }).catch(() => undefined)
    if (wire === undefined) return
    wire.close()
  }
}

test('the start line says how many there are', async (t) => {
  const dir = await temporary(t)
  const threads = await serve(t, ['--mode', 'sync', '--threads', '3', '-p', '0', dir])
  t.match(threads.startLine, /^twinserve \(sync, 3 threads\) listening on http:/)
  const workers = await serve(t, ['--workers', '2', '-p', '0', dir])
  t.match(workers.startLine, /^twinserve \(async, 2 workers\) listening on http:/)
})

test('what cannot be handed over is one sentence', async (t) => {
  const dir = await temporary(t)
  const file = fs.openSync(join(dir, 'file'), 'w')
  const held = listen(loopback)
  const open = listen({ host: '0.0.0.0', port: 0 })
  t.teardown(() => {
    for (const fd of [file, held.fd, open.fd]) close(fd)
  })
  const { port } = open.address as { port: number }
  const cases: readonly (readonly [handed: number, words: string[], sentence: string])[] = [
    [
      file,
      [],
      'Descriptor 3, which was handed over (LISTEN_FDS), is not a listening stream socket (ENOTSOCK). ' +
        'Use ListenStream= in the socket unit, with Accept=no.',
    ],
    [
      held.fd,
      ['--port', '80'],
      'The socket to listen on was handed over (LISTEN_FDS), so --port cannot choose another. Leave it out.',
    ],
    [
      open.fd,
      [],
      `With the socket at http://0.0.0.0:${port}/ that was handed over, everybody who can reach this machine could change the files. ` +
        'Add --auth NAME:PASSWORD or --auth-file to let only some, --read-only to only show them, or --allow-anonymous-writes if that is what you want.',
    ],
  ]
  for (const [handed, words, sentence] of cases) {
    const expected = { code: 2, signal: null, stdout: '', stderr: `twinserve: ${sentence}\n` }
    t.strictSame(await run([...words, dir], { handed }), expected)
  }
})

test('workers that cannot start are one sentence', async (t) => {
  const dir = await temporary(t)
  const server = await serve(t, ['-p', '0', dir])
  const { port } = new URL(server.url)
  const { code, stderr } = await run(['--workers', '2', '-p', port, dir])
  t.equal(code, 2)
  t.match(stderr, /^twinserve: Port \d+ on 127\.0\.0\.1 is in use by another program\. [^\n]*\n$/)
})
