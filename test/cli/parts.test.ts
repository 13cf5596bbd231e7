/** The parts of the command line that need no process. */
import { test } from 'tap'
import { details, startLine } from '../../src/cli/announce.ts'
import { isLocal, listenAddress, reachable } from '../../src/cli/bind.ts'
import { rightsOf } from '../../src/cli/rights.ts'
import type { Started } from '../../src/cli/serve-command.ts'
import { parseSize } from '../../src/cli/sizes.ts'
import { nearest } from '../../src/cli/suggest.ts'

test('sizes', async (t) => {
  const sizes: Record<string, number | undefined> = {
    0: 0,
    4096: 4096,
    '64M': 64 * 1024 ** 2,
    '64m': 64 * 1024 ** 2,
    '64 MiB': 64 * 1024 ** 2,
    '64MB': 64 * 1024 ** 2,
    '1.5K': 1536,
    '10B': 10,
    '2G': 2 * 1024 ** 3,
    '1T': 1024 ** 4,
    '': undefined,
    '-1': undefined,
    M: undefined,
    '1e3': undefined,
    '1X': undefined,
    '99999999T': undefined,
  }
  for (const [text, bytes] of Object.entries(sizes)) t.equal(parseSize(text), bytes, text)
})

test('the nearest name', async (t) => {
  const names = ['port', 'bind', 'read-only', 'server-timing', 'serve']
  const cases: Record<string, string | undefined> = {
    prot: 'port',
    ports: 'port',
    readOnly: 'read-only',
    READ_ONLY: 'read-only',
    reed_only: 'read-only',
    ser: 'server-timing',
    srve: 'serve',
    evres: undefined,
    x: undefined,
    '': undefined,
  }
  for (const [name, expected] of Object.entries(cases)) t.equal(nearest(name, names), expected, name)
})

test('what --bind means', async (t) => {
  t.strictSame(await listenAddress('/run/x', 80), { path: '/run/x' })
  t.strictSame(await listenAddress('unix:x', 80), { path: 'x' })
  t.strictSame(await listenAddress('::1', 80), { host: '::1', port: 80 })
  t.strictSame(await listenAddress('[::1]', 80), { host: '::1', port: 80 })
  t.match((await listenAddress('localhost', 80)) as object, { host: /^(127\.0\.0\.1|::1)$/, port: 80 })
})

test('who can reach an address', async (t) => {
  const local = ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']
  const open = ['0.0.0.0', '::', '192.168.1.2', '128.0.0.1', '::ffff:192.168.1.2', 'fe80::1']
  for (const host of local) t.ok(isLocal({ host, port: 1 }), host)
  for (const host of open) t.notOk(isLocal({ host, port: 1 }), host)
  t.ok(isLocal({ path: '/x' }))
})

const started = (host: string, readOnly: boolean, root = '/srv/files'): Started => ({
  mode: 'async',
  options: { root, readOnly } as Started['options'],
  server: { url: `http://${host}:80/`, address: { host, port: 8080 } } as Started['server'],
})

test('what is printed', async (t) => {
  t.equal(startLine(started('127.0.0.1', false)), 'twinserve (async) listening on http://127.0.0.1:80/')
  t.strictSame(details(started('127.0.0.1', false)), [
    '  shares /srv/files for reading and writing',
    '  stop it with Ctrl-C',
  ])
  t.match(details(started('127.0.0.1', true, '/a\u001b[31mb')), [/^ {2}shares \/a\uFFFD\[31mb for reading only$/])
})

test('addresses of a server that listens on all', async (t) => {
  const base = { netmask: '', mac: '', internal: false, cidr: null }
  const interfaces = {
    eth0: [
      { ...base, family: 'IPv4' as const, address: '192.0.2.7' },
      { ...base, family: 'IPv6' as const, address: '2001:db8::7', scopeid: 0 },
      { ...base, family: 'IPv6' as const, address: 'fe80::7', scopeid: 2 },
    ],
  }
  t.strictSame(reachable({ host: '0.0.0.0', port: 8080 }, interfaces), ['http://192.0.2.7:8080/'])
  t.strictSame(reachable({ host: '::', port: 80 }, interfaces), ['http://192.0.2.7/', 'http://[2001:db8::7]/'])
  t.strictSame(reachable({ host: '192.0.2.7', port: 80 }, interfaces), [])
  t.strictSame(reachable({ path: '/x' }, interfaces), [])
})

test('what the --allow options leave', async (t) => {
  t.strictSame(rightsOf({}), { readOnly: false })
  t.strictSame(rightsOf({ 'read-only': true }), { readOnly: true })
  t.strictSame(rightsOf({ 'allow-upload': true }).allow, ['read', 'upload', 'create', 'copy'])
  t.strictSame(rightsOf({ 'allow-move': true, 'allow-delete': true }).allow, ['read', 'move', 'delete'])
  t.strictSame(rightsOf({ 'allow-delete': false }).allow, ['read', 'upload', 'create', 'copy', 'move', 'overwrite'])
  t.strictSame(rightsOf({ 'allow-all': true, 'allow-overwrite': false }).allow, [
    'read',
    'upload',
    'create',
    'copy',
    'move',
    'delete',
  ])
  t.strictSame(rightsOf({ 'allow-all': false }), { readOnly: true, allow: ['read'] })
})
