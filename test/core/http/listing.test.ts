/** Listings and searches, as a page and as JSON, and the file that stands for one. */
import t from 'tap'
import { accountsFor, member, reading } from '../../fixtures/access.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, however, type Scene } from '../../fixtures/converse.ts'
import { link } from '../../fixtures/memory.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = {
  'a.txt': 'aaa',
  'ü.txt': 'u',
  docs: { b: 'bb', 'B2.txt': 'bbb', deep: { 'a b': '1' } },
  site: { 'index.html': 'INDEX', other: 'x' },
  empty: {},
  out: link('../secret'),
}
const html = { Accept: 'text/html' }

function get(target: string, fields: Record<string, string> = {}, scene: Scene = {}): Answer {
  const input = Buffer.from(textOf(`GET ${target} HTTP/1.1`, fields), 'latin1')
  return converse([input], { tree, ...scene }).answers[0] as Answer
}
const names = ({ body }: Answer): string[] =>
  JSON.parse(Buffer.from(body, 'latin1').toString()).entries.map((entry: { name: string }) => entry.name)

t.test('a listing', async (t) => {
  const page = get('/docs/', html)
  t.match(page, { status: 200, body: /href="\/docs\/deep\/"/ })
  t.equal(page.fields.get('content-type'), 'text/html; charset=utf-8')
  const json = get('/docs/', { Accept: 'application/json' })
  t.equal(json.fields.get('content-type'), 'application/json; charset=utf-8')
  t.strictSame(JSON.parse(json.body), {
    path: '/docs',
    entries: [
      { name: 'deep', kind: 'directory', modified: '2023-11-14T22:13:20.123Z' },
      { name: 'b', kind: 'file', size: 2, modified: '2023-11-14T22:13:20.123Z' },
      { name: 'B2.txt', kind: 'file', size: 3, modified: '2023-11-14T22:13:20.123Z' },
    ],
  })
  t.match(get('/empty/?json'), { body: '{"path":"/empty","entries":[\n]}\n' })
  t.match(names(get('/?json')).at(-1), 'ü.txt')
  const out = JSON.parse(get('/?json').body).entries.find(({ name }: { name: string }) => name === 'out')
  t.match(out, { kind: 'link', reachable: false })
})

/** The order that the query asks for. */
const orders: Readonly<Record<string, string[]>> = {
  '/docs/?json': ['deep', 'b', 'B2.txt'],
  '/docs/?json&order=desc': ['deep', 'B2.txt', 'b'],
  '/docs/?json&sort=size': ['deep', 'b', 'B2.txt'],
  '/docs/?json&sort=size&order=desc': ['deep', 'B2.txt', 'b'],
  '/docs/?json&sort=mtime': ['deep', 'b', 'B2.txt'],
  '/docs/?json&sort=constructor&order=up': ['deep', 'b', 'B2.txt'],
}
t.test('in the order asked for', async (t) => {
  for (const [target, wanted] of Object.entries(orders)) t.strictSame(names(get(target)), wanted, target)
})

t.test('a listing of many, in batches', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${String(i).padStart(3, '0')}`, '']))
  t.strictSame(names(get('/?json', {}, { tree: many })), Object.keys(many))
  const rows = get('/', html, { tree: many }).body.match(/href="\/f\d{3}"/g)
  t.equal(new Set(rows).size, 200)
})

t.test('a page says what somebody was sent to it for, and only in our words', async (t) => {
  t.match(get('/docs/?notice=uploaded', html).body, /The upload is complete\./)
  const plain = get('/docs/', html).body
  for (const notice of ['<b>', 'constructor', 'toString', '__proto__', '']) {
    const { status, body } = get(`/docs/?notice=${encodeURIComponent(notice)}`, html)
    t.equal(status, 200, notice)
    t.equal(body, plain, 'as if it had not been asked')
  }
})

t.test('a page offers what may be done', async (t) => {
  const readOnly: Scene = { site: { accounts: accountsFor(reading) } }
  t.match(get('/docs/', html).body, /method=post/i)
  t.notMatch(get('/docs/', html, readOnly).body, /method=post/i)
})

t.test('and with each entry what may be done with that', async (t) => {
  const page = get('/', html, { site: { accounts: accountsFor(member('/:ro', '/docs:rw')) } }).body
  t.match(page, '<a href="/docs/?delete">')
  t.notMatch(page, '<a href="/empty/?delete">')
  t.notMatch(page, 'method=post')
  t.match(
    get('/?q=b', html, { site: { accounts: accountsFor(member('/:ro', '/docs:rw')) } }).body,
    '<a href="/docs/b?delete">',
  )
})

t.test('a search', async (t) => {
  const json = JSON.parse(get('/?q=B&json').body)
  t.match(json, { path: '/', query: 'B' })
  t.equal(json.truncated, undefined)
  t.strictSame(
    json.entries.map(({ name, directory }: Record<string, string>) => `${directory} ${name}`),
    ['/docs/deep a b', '/docs b', '/docs B2.txt'],
  )
  t.match(get('/?q=B', html).body, /B2\.txt/)
  const few = JSON.parse(get('/?q=B&json', {}, { limits: { searchResults: 1 } }).body)
  t.equal(few.entries.length, 1)
  t.equal(few.truncated, true)
  t.strictSame(names(get('/docs/?q=&json')), ['deep', 'b', 'B2.txt'], 'no word is no search')
})

t.test('a file that stands for a directory', async (t) => {
  const index: Scene = { site: { index: 'index.html' } }
  t.match(get('/site/', {}, index), { status: 200, body: 'INDEX' })
  t.strictSame(names(get('/site/?json', {}, index)), ['index.html', 'other'])
  t.match(get('/site/?list', html, index).body, /other/)
  t.match(get('/listdir/site', html, index).body, /other/)
  t.match(get('/docs/', html, index).body, /deep/, 'where there is none, the listing')
  t.match(get('/site/', html).body, /other/, 'nor is there one unless it is asked for')
  const hidden = { ...index.site, accounts: accountsFor(member('/site/other:ro')) }
  t.match(get('/site/', html, { site: hidden }).body, /other/, 'nor one that may not be read')
  t.equal(get('/site/', {}, { ...index, tree: { site: { 'index.html': link('/etc/x') } } }).status, 403)
  t.equal(get('/site/', {}, { ...index, prepare: ({ memory }) => memory.failOn('read', 1, 'EIO') }).status, 500)
})

however(t, 'a page for a browser, however it asks', {
  tree,
  input: textOf('GET /docs/ HTTP/1.1', html) + textOf('GET /none HTTP/1.1', html),
  check(t, { answers }) {
    t.match(answers[1], { status: 404, body: /<code>not_found<\/code>/ })
  },
})
