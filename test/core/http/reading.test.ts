/** `GET` and `HEAD`: files, archives, and the pages that ask before something changes. */
import t from 'tap'
import { stylePath } from '../../../src/core/pages/assets.ts'
import { accountsFor, reading } from '../../fixtures/access.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { fifo, link } from '../../fixtures/memory.ts'
import { textOf } from '../../fixtures/request.ts'
import { cacheOf } from '../../fixtures/site.ts'

const tree = {
  'a.txt': 'aaa',
  'ü.txt': 'u',
  'page.html': '<p>',
  'a.pdf': '%PDF',
  docs: { b: 'bb', 'B2.txt': 'bbb', deep: { 'a b': '1' } },
  site: { 'index.html': 'INDEX', other: 'x' },
  empty: {},
  out: link('../secret'),
  pipe: fifo(),
}
const html = { Accept: 'text/html' }

function play(method: string, target: string, fields: Record<string, string> = {}, scene: Scene = {}): Outcome {
  const input = Buffer.from(textOf(`${method} ${target} HTTP/1.1`, fields), 'latin1')
  return converse([input], { tree, methods: [method], ...scene })
}
const ask = (...args: Parameters<typeof play>) => play(...args).answers[0] as Answer
const get = (target: string, fields?: Record<string, string>, scene?: Scene) => ask('GET', target, fields, scene)

t.test('a file, and how it is protected', async (t) => {
  const { answers, files } = play('GET', '/a.txt')
  const fields = Object.fromEntries(answers[0]?.fields ?? [])
  t.match(fields, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': '3',
    'last-modified': 'Tue, 14 Nov 2023 22:13:20 GMT',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
  })
  t.match(fields.etag, /^"3-[0-9a-f]+"$/)
  t.strictSame([files[0], files.at(-1)], ['open /a.txt read', 'close /a.txt'])
  t.equal(get('/a.pdf').fields.has('content-security-policy'), false, 'no browser shows a PDF in a sandbox')
  t.equal(get('/%C3%BC.txt').body, 'u')
})

t.test('as an attachment (RFC 6266)', async (t) => {
  for (const target of ['/a.txt?download', '/download=a.txt']) {
    t.equal(get(target).fields.get('content-disposition'), 'attachment; filename=a.txt', target)
  }
  t.equal(
    get('/%C3%BC.txt?download').fields.get('content-disposition'),
    `attachment; filename="?.txt"; filename*=UTF-8''%C3%BC.txt`,
  )
  t.equal(get('/a.txt').fields.has('content-disposition'), false)
  for (const target of ['/download=docs', '/download=docs/', '/download=/']) {
    t.match(get(target), { status: 409, body: /^is_directory: / }, target)
  }
})

/** What cannot be read, and what is said. */
const refused: readonly (readonly [target: string, status: number, code: string])[] = [
  ['/none', 404, 'not_found'],
  ['/docs/none/x', 404, 'not_found'],
  ['/a.txt/x', 404, 'not_found'],
  ['/a.txt/', 404, 'not_found'],
  ['/out', 403, 'link_refused'],
  ['/pipe', 403, 'not_a_file'],
  ['/%2e%2e/secret', 400, 'bad_name'],
  ['/.twinserve/temporary/x', 404, 'not_found'],
  ['/.twinserve', 404, 'not_found'],
  ['/%2Etwinserve/temporary', 403, 'reserved'],
]
t.test('what cannot be read', async (t) => {
  for (const [target, status, code] of refused) {
    const { answers, fates } = play('GET', target)
    t.equal(answers[0]?.status, status, target)
    t.equal(answers[0]?.body.split(': ')[0], code, target)
    t.strictSame(fates, ['keep'])
  }
})

t.test('conditions and HEAD', async (t) => {
  const etag = get('/a.txt').fields.get('etag') as string
  const unchanged = get('/a.txt', { 'If-None-Match': etag })
  t.match(unchanged, { status: 304, body: '' })
  t.strictSame([...unchanged.fields.keys()].sort(), ['accept-ranges', 'date', 'etag', 'last-modified', 'server'])
  t.match(get('/a.txt', { 'If-Match': '"other"' }), { status: 412, body: /^precondition_failed: \/a.txt / })
  t.match(play('GET', '/a.txt', { 'If-Match': '"other"' }).files.at(-1), 'close /a.txt')
  const head = ask('HEAD', '/a.txt')
  t.match(head, { status: 200, body: '' })
  t.equal(head.fields.get('content-length'), '3')
  t.match(ask('HEAD', '/none'), { status: 404, body: '' })
})

t.test('a file too large to be read beforehand is closed whatever becomes of its answer', async (t) => {
  const large: Scene = { tree: { large: 'x'.repeat(100_000) } }
  const answers: readonly (readonly [Record<string, string>, number])[] = [
    [{}, 200],
    [{ Range: 'bytes=5-9' }, 206],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-Match': '"other"' }, 412],
    [{ Range: 'bytes=100000-' }, 416],
  ]
  for (const [fields, status] of answers) {
    const { answers, files } = play('GET', '/large', fields, large)
    t.equal(answers[0]?.status, status)
    t.equal(files.at(-1), 'close /large')
  }
})

t.test('a directory is told by its slash', async (t) => {
  const moved = get('/docs?sort=size&q=a+b')
  t.match(moved, { status: 301, body: '' })
  t.equal(moved.fields.get('location'), '/docs/?sort=size&q=a+b')
  t.equal(get('/docs').fields.get('location'), '/docs/')
})

t.test('an archive', async (t) => {
  const whole = get('/?zip')
  t.equal(whole.fields.get('content-type'), 'application/zip')
  t.equal(whole.fields.get('content-disposition'), 'attachment; filename=files.zip')
  t.ok(whole.body.startsWith('PK\x03\x04'))
  t.equal(get('/docs/?zip').fields.get('content-disposition'), 'attachment; filename=docs.zip')
  t.ok(get('/docs/?zip').body.includes('deep/a b'))
  const { answers, memory } = play('GET', '/docs/?zip', {}, { limits: { treeEntries: 1 } })
  t.match(answers[0], { status: 413 })
  t.equal(memory.openCount, 0)
})

t.test('the pages that ask before something changes', async (t) => {
  for (const [query, word] of [
    ['move', /name=destination/],
    ['copy', /a \(copy\)\.txt/],
    ['delete', /Delete/],
  ] as const) {
    const page = get(`/a.txt?${query}`)
    t.match(page, { status: 200, body: word })
    t.equal(page.fields.get('content-type'), 'text/html; charset=utf-8')
    t.match(play('GET', `/a.txt?${query}`).memory.snapshot(), { 'a.txt': 'aaa' }, 'and nothing is changed')
    t.equal(get(`/a.txt?${query}`, {}, { site: { accounts: accountsFor(reading) } }).status, 403)
  }
  t.match(get('/docs/?delete').body, /This folder and all that is in it/)
  t.match(get('/empty?delete').body, /This empty folder/, 'whatever the slash says')
  t.match(get('/out?delete').body, /This file/, 'a link is asked about, not what it leads to')
  t.match(get('/none?move'), { status: 404, body: /^not_found: / })
  t.match(get('/?delete', html).body, /docs/, 'the shared directory itself cannot be')
  t.match(get('/upload'), { status: 200, body: /enctype="multipart\/form-data"/ })
  t.equal(get('/upload', {}, { site: { accounts: accountsFor(reading) } }).status, 403)
})

t.test('a directory that has the name of an index file stands for nothing', async (t) => {
  const { answers } = converse([Buffer.from(textOf('GET / HTTP/1.1', { Accept: 'text/html' }))], {
    tree: { 'index.html': {} },
    site: { index: 'index.html' },
  })
  t.equal(answers[0]?.status, 200)
  t.match(answers[0]?.body, /href="\/index.html\/"/)
})

t.test('what the server itself brings', async (t) => {
  const style = get(stylePath)
  t.equal(style.status, 200)
  t.match(style.fields.get('cache-control'), /immutable/)
  t.equal(style.fields.get('content-type'), 'text/css; charset=utf-8')
  const put = ask('PUT', stylePath, { 'Content-Length': '0' })
  t.equal(put.status, 403, 'nobody changes it')
  t.match(put.body, /^reserved: /)
})

t.test('from the cache: no call at all, the same answer, and ranges of it', async (t) => {
  const cached = (): Scene => ({ tree, site: { cache: cacheOf(10_000) } })
  const range = textOf('GET /a.txt HTTP/1.1', { Range: 'bytes=1-1' })
  const input = Buffer.from(textOf('GET /a.txt HTTP/1.1').repeat(2) + range)
  const { answers, files } = converse([input], cached())
  t.strictSame(answers[1], answers[0])
  t.match(answers[2], { status: 206, body: 'a' })
  t.strictSame(files, converse([Buffer.from(textOf('GET /a.txt HTTP/1.1'))], cached()).files)
})

t.test('nothing recorded where nobody reads it', async (t) => {
  t.match(get('/a.txt', {}, { site: { logFormat: 'off' } }), { status: 200, body: 'aaa' })
  const timed = get('/a.txt', {}, { site: { logFormat: 'off', serverTiming: true } })
  t.equal(timed.fields.get('server-timing'), 'wait;dur=0.000, head;dur=0.000, files;dur=0.000, total;dur=0.000')
})
