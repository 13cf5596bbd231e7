/** Doing what the address-bar commands say. */
import t from 'tap'
import { accountsFor, everything, reading } from '../../fixtures/access.ts'
import { converse, type Outcome } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'old', 'x=y': '=', docs: { b: 'bb' }, empty: {} }

function play(target: string, fields: Record<string, string> = {}, method = 'GET', readOnly = false): Outcome {
  const input = Buffer.from(textOf(`${method} ${target} HTTP/1.1`, fields))
  return converse([input], {
    tree,
    methods: [method],
    site: { accounts: accountsFor(readOnly ? reading : everything) },
  })
}

/** What is typed: the answer, and what there is afterwards. */
const commands: readonly (readonly [target: string, status: number, says: string, after: object])[] = [
  ['/createdir=new', 201, 'Created the directory /new.\n', { new: {} }],
  ['/createdir=docs/new/', 201, 'Created the directory /docs/new.\n', { docs: { new: {} } }],
  ['/deletedir=empty', 200, 'Deleted /empty.\n', { empty: undefined }],
  ['/deletedir=docs?recursive', 200, 'Deleted /docs.\n', { docs: undefined }],
  ['/delete=docs/b', 200, 'Deleted /docs/b.\n', { docs: { b: undefined } }],
  ['/delete=x%3Dy', 200, 'Deleted /x=y.\n', { 'x=y': undefined }],
  ['/move=a=n', 200, 'Moved /a to /n.\n', { a: undefined, n: 'old' }],
  ['/move=a=docs', 200, 'Moved /a to /docs/a.\n', { a: undefined, docs: { a: 'old' } }],
  ['/move=a=docs/b?overwrite', 200, 'Moved /a to /docs/b.\n', { docs: { b: 'old' } }],
  ['/move=docs=empty', 200, 'Moved /docs to /empty/docs.\n', { docs: undefined, empty: { docs: { b: 'bb' } } }],
]
t.test('commands that change something', async (t) => {
  for (const [target, status, says, after] of commands) {
    const { answers, memory } = play(target)
    t.match(answers[0], { status, body: says }, target)
    t.match(answers[0]?.fields.get('cache-control'), 'no-cache')
    t.match(memory.snapshot(), after, target)
  }
})

t.test('a browser gets a page with the way on', async (t) => {
  const links: Readonly<Record<string, string>> = {
    '/createdir=docs/new': '/docs/new/',
    '/delete=docs/b': '/docs/',
    '/move=a=docs': '/docs/',
  }
  for (const [target, href] of Object.entries(links)) {
    t.ok(play(target, { Accept: 'text/html' }).answers[0]?.body.includes(`href="${href}"`), target)
  }
  t.strictSame(JSON.parse(play('/move=a=n?json').answers[0]?.body ?? ''), {
    from: '/a',
    to: '/n',
    message: 'Moved /a to /n.',
  })
  t.strictSame(JSON.parse(play('/createdir=n?json').answers[0]?.body ?? '').path, '/n')
  t.strictSame(JSON.parse(play('/delete=a?json').answers[0]?.body ?? '').path, '/a')
})

const refused: Readonly<Record<string, string>> = {
  '/createdir=docs': 'exists',
  '/createdir=none/new': 'no_parent',
  '/createdir=': 'bad_parameter',
  '/deletedir=docs': 'not_empty',
  '/deletedir=a': 'not_directory',
  '/deletedir=a?recursive': 'not_directory',
  '/delete=docs': 'is_directory',
  '/delete=docs?recursive': 'is_directory',
  '/delete=none': 'not_found',
  '/move=a=docs/b': 'exists',
  '/move=none=n': 'not_found',
  '/move=docs=docs/x': 'into_itself',
  '/delete=../a': 'bad_name',
}
t.test('what they refuse', async (t) => {
  for (const [target, code] of Object.entries(refused)) {
    const { answers, memory } = play(target)
    t.equal(answers[0]?.body.split(': ')[0], code, target)
    t.strictSame(memory.snapshot(), tree)
  }
})

t.test('they change nothing for a page elsewhere, for HEAD, or where nothing may be changed', async (t) => {
  for (const [target] of commands) {
    for (const fields of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'http://evil.example' }]) {
      const foreign = play(target, fields)
      t.match(foreign.answers[0], { status: 403, body: /^cross_origin: / }, target)
      t.strictSame(foreign.files, [])
    }
    const head = play(target, {}, 'HEAD')
    t.equal(head.answers[0]?.status, 405)
    t.equal(head.answers[0]?.fields.get('allow'), 'GET')
    t.strictSame(head.files, [])
    const readOnly = play(target, {}, 'GET', true)
    t.match(readOnly.answers[0], { status: 403, body: /^read_only: / })
    t.strictSame(readOnly.memory.snapshot(), tree)
  }
})

t.test('commands that only read', async (t) => {
  const foreign = { 'Sec-Fetch-Site': 'cross-site' }
  for (const target of [
    '/listdir',
    '/listdir/',
    '/listdir/docs',
    '/listdir/docs/?json',
    '/download=a',
    '/listdir/docs?q=none',
  ]) {
    t.equal(play(target, foreign).answers[0]?.status, 200, target)
    t.equal(play(target, {}, 'HEAD', true).answers[0]?.status, 200, target)
  }
  t.strictSame(
    JSON.parse(play('/listdir/docs?json').answers[0]?.body ?? '').entries.map(({ name }: { name: string }) => name),
    ['b'],
  )
  t.equal(play('/listdir/none').answers[0]?.status, 404)
  t.equal(play('/listdir/a').answers[0]?.status, 404)
  t.match(play('/download=a').answers[0], { body: 'old' })
})

t.test('only GET and HEAD know them: other methods take the path as it stands', async (t) => {
  const put = textOf('PUT /createdir=new HTTP/1.1', { 'Content-Length': '1' })
  t.match(converse([Buffer.from(`${put}x`)], { tree }).memory.snapshot(), { 'createdir=new': 'x' })
})
