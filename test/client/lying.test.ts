/** A server that lies: about names, lengths, ranges, digests, and with bodies that never end. Nothing gets the final name. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type { Socket } from 'node:net'
import { test } from 'tap'
import type { DownloadOptions, TreeError } from '../../src/client/index.ts'
import { clientOf, failureOf, here } from '../fixtures/clients.ts'
import { snapshot } from '../fixtures/engines.ts'
import { answer, type Lies, liar } from '../fixtures/liar.ts'

const modified = '2026-11-21T03:26:56.801Z'
const file = (size: number) => ({ path: '/f', name: 'f', kind: 'file', size, modified, etag: '"v1"' })
const fields = { ETag: '"v1"', 'Last-Modified': 'Sat, 21 Nov 2026 03:26:56 GMT' }
const digestOf = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`

/** Bytes for as long as the other end takes them. */
function endless(head: string) {
  return (socket: Socket) => {
    socket.on('error', () => {})
    socket.write(head)
    const more = () => {
      while (!socket.destroyed && socket.write('x'.repeat(16_384)));
    }
    socket.on('drain', more)
    more()
  }
}

type Row = readonly [name: string, lies: Lies['http'], size: number, code: string, options?: DownloadOptions]

const get = 'GET /f'
const large: DownloadOptions = { resumeFrom: 1, parallel: 1 }
const range = 'bytes 0-4/10'
const rows: readonly Row[] = [
  [
    'a digest that is not that of the bytes',
    { [get]: answer('200 OK', 'hello', { ...fields, 'Repr-Digest': digestOf('other') }) },
    5,
    'digest_mismatch',
  ],
  ['no digest where one is demanded', { [get]: answer('200 OK', 'hello', fields) }, 5, 'unverified', { verify: true }],
  ['another length than it told', { [get]: answer('200 OK', 'hello!', fields) }, 5, 'changed'],
  ['no length', { [get]: 'HTTP/1.1 200 OK\r\nETag: "v1"\r\n\r\nhello' }, 5, 'bad_answer'],
  [
    'fewer bytes than its length',
    { [get]: answer('200 OK', 'hell', { ...fields, 'Content-Length': 5 }) },
    5,
    'changed',
  ],
  [
    'a body that never ends',
    { [get]: endless('HTTP/1.1 200 OK\r\nETag: "v1"\r\nTransfer-Encoding: identity\r\n\r\n') },
    5,
    'bad_answer',
  ],
  [
    'chunks that never end',
    { [get]: endless('HTTP/1.1 200 OK\r\nETag: "v1"\r\nTransfer-Encoding: chunked\r\n\r\n4000\r\n') },
    5,
    'bad_answer',
  ],
  ['a head that never ends', { [get]: endless('HTTP/1.1 200 OK\r\nX: ') }, 5, 'bad_answer'],
  ['another version', { [get]: answer('200 OK', 'hello', { ...fields, ETag: '"v2"' }) }, 5, 'changed'],
  ['an encoding', { [get]: answer('200 OK', 'hello', { ...fields, 'Content-Encoding': 'gzip' }) }, 5, 'bad_answer'],
  ['another status', { [get]: answer('204 No Content', '', fields) }, 5, 'bad_answer'],
  [
    'a range that was not asked for',
    { [get]: answer('206 Partial Content', 'hello', { ...fields, 'Content-Range': range }) },
    5,
    'bad_answer',
  ],
  ['what is no HTTP', { [get]: 'hello\r\n\r\n' }, 5, 'bad_answer'],
  ['nothing at all', { [get]: (socket) => socket.destroy() }, 5, 'connection_lost'],
  [
    'a large file with too few bytes',
    { [get]: answer('200 OK', 'hell', { ...fields, 'Content-Length': 5 }) },
    5,
    'changed',
    large,
  ],
  [
    'a large file of another version',
    { [get]: answer('200 OK', 'hello', { ...fields, ETag: '"v2"' }) },
    5,
    'changed',
    large,
  ],
]

test('a file', async (t) => {
  for (const [name, http, size, code, options = {}] of rows) {
    await t.test(name, async (t) => {
      const url = await liar(t, { http: http as NonNullable<Lies['http']>, session: { stat: file(size) } })
      const client = await clientOf(t, url)
      const local = await here(t)
      t.equal((await failureOf(client.download('f', local('f'), options))).code, code)
      t.same(fs.readdirSync(local()), [], 'nothing is left')
    })
  }
})

test('parts of a large file that are others than were asked for', async (t) => {
  const whole = (at: number, end: number, lie: Record<string, string | number>) =>
    answer('206 Partial Content', 'x'.repeat(end - at), {
      ...fields,
      'Content-Range': `bytes ${at}-${end - 1}/100`,
      ...lie,
    })
  const lies: readonly (readonly [string, string])[] = [
    ['bad_answer', whole(0, 50, { 'Content-Range': 'bytes 0-49/101' })],
    ['bad_answer', whole(0, 50, { 'Content-Range': 'bytes 1-50/100' })],
    ['bad_answer', whole(0, 50, { 'Content-Range': 'nonsense' })],
    ['bad_answer', whole(0, 49, { 'Content-Range': 'bytes 0-49/100' })],
    ['changed', answer('416 Range Not Satisfiable', '', fields)],
    ['changed', whole(0, 50, { ETag: '"v2"' })],
  ]
  for (const [code, bytes] of lies) {
    const broken = answer('200 OK', 'x'.repeat(50), { ...fields, 'Content-Length': 100 })
    let first = true
    const http = {
      [get]: (socket: Socket) => {
        socket.end(first ? broken : bytes, 'latin1')
        first = false
      },
    }
    const client = await clientOf(t, await liar(t, { http, session: { stat: file(100) } }))
    const local = await here(t)
    t.equal((await failureOf(client.download('f', local('f'), large))).code, code, bytes.slice(0, 80))
    t.same(fs.readdirSync(local()), [])
  }
})

const names: readonly string[] = ['../../.bashrc', 'a/b', '..', '.', '', '/etc/passwd', 'a\0b', 'a\\b', '\ud800']

test('names that would lead elsewhere', async (t) => {
  for (const name of names) {
    const list = { path: '/t', entries: [{ name, kind: 'file', size: 1, modified }], total: 1 }
    const session = { stat: { ...file(0), kind: 'directory' }, list }
    const asked: string[] = []
    const client = await clientOf(t, await liar(t, { session }, asked))
    const local = await here(t)
    const failed = (await client.downloadTree('t', local('t')).catch((error: unknown) => error)) as TreeError
    t.match(failed.failures, [{ code: 'unsafe_name' }], JSON.stringify(name))
    t.ok(failed.failures[0]?.message.includes(JSON.stringify(name)), 'the name is told')
    t.same(snapshot(local()), { t: 'directory' })
    t.notOk(asked.some((each) => each.startsWith('GET')))
  }
})

test('listings that cannot be', async (t) => {
  const entry = (name: string) => ({ name, kind: 'file', size: 1, modified })
  const lists: readonly unknown[] = [
    { path: '/', entries: [entry('b'), entry('a')], total: 2 },
    { path: '/', entries: [], total: 2, next: 'a' },
    { path: '/', entries: [entry('a')], total: 2, next: 'b' },
    { path: '/', entries: [{ name: 7, kind: 'file', modified }], total: 1 },
    { path: '/', entries: [{ name: 'a', kind: 'secret', modified }], total: 1 },
    { path: '/', entries: [{ name: 'a', kind: 'file', size: -1, modified }], total: 1 },
    { path: '/', entries: [{ name: 'a', kind: 'file', size: 1, modified: 'yesterday' }], total: 1 },
    { path: '/', entries: 'all', total: 1 },
    7,
    'nonsense',
    '{"jsonrpc":"2.0","id":99,"result":{}}',
    '{"jsonrpc":"2.0","id":ID}',
    '{"jsonrpc":"2.0","id":ID,"error":{"code":1}}',
    '[]',
    `{"jsonrpc":"2.0","id":ID,"result":"${'x'.repeat(3 << 20)}"}`,
  ]
  for (const list of lists) {
    const client = await clientOf(t, await liar(t, { session: { list } }))
    const all = async () => {
      for await (const _ of client.entries());
    }
    t.equal((await failureOf(all())).code, 'bad_answer', JSON.stringify(list).slice(0, 80))
  }
})

test('uploads that are somewhere else', async (t) => {
  const local = await here(t)
  fs.writeFileSync(local('f'), 'hello')
  const options = { resumeFrom: 1 }
  const uploads = 'POST /.twinserve/uploads'
  const one = '/.twinserve/uploads/1'
  const created = answer('201 Created', '', { Location: one, Connection: 'close' })
  const rows: readonly (readonly [code: string, lies: NonNullable<Lies['http']>])[] = [
    ['bad_answer', { [uploads]: answer('201 Created', '', { Location: 'http://elsewhere/x' }) }],
    ['bad_answer', { [uploads]: answer('201 Created', '') }],
    ['bad_answer', { [uploads]: created, [`PATCH ${one}`]: answer('204 No Content', '', { 'Upload-Offset': 3 }) }],
    ['bad_answer', { [uploads]: created, [`PATCH ${one}`]: answer('204 No Content', '') }],
    [
      'bad_answer',
      {
        [uploads]: created,
        [`PATCH ${one}`]: (socket) => socket.destroy(),
        [`HEAD ${one}`]: answer('200 OK', '', { 'Upload-Offset': 9, 'Upload-Length': 5, Connection: 'close' }),
      },
    ],
  ]
  for (const [code, http] of rows) {
    const client = await clientOf(t, await liar(t, { http }))
    t.equal((await failureOf(client.upload(local('f'), 'f', options))).code, code)
  }
})
