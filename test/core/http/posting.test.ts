/** `POST`: the forms of the pages, and uploads by `multipart/form-data`. */
import t from 'tap'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, however, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const tree = { a: 'old', docs: { b: 'bb' }, empty: {} }
const html = { Accept: 'text/html' }
const urlencoded = { 'Content-Type': 'application/x-www-form-urlencoded' }
const multipart = { 'Content-Type': 'multipart/form-data; boundary=xyz' }

function request(target: string, fields: Record<string, string>, body: string): string {
  const bytes = Buffer.from(body).toString('latin1')
  return textOf(`POST ${target} HTTP/1.1`, { ...fields, 'Content-Length': `${bytes.length}` }) + bytes
}
function play(target: string, fields: Record<string, string>, body: string, scene: Scene = {}): Outcome {
  return converse([Buffer.from(request(target, fields, body), 'latin1')], { tree, ...scene })
}
const act = (target: string, form: Record<string, string>, fields: Record<string, string> = {}) =>
  play(target, { ...urlencoded, ...fields }, `${new URLSearchParams(form)}`)

/** The forms: where they are sent, what they hold; where a browser is sent to, and what there is afterwards. */
const forms: readonly (readonly [target: string, form: Record<string, string>, location: string, after: object])[] = [
  ['/docs/', { action: 'mkdir', name: 'ü x' }, '/docs/?notice=created', { docs: { 'ü x': {} } }],
  ['/', { action: 'mkdir', name: 'n' }, '/?notice=created', { n: {} }],
  ['/a', { action: 'delete' }, '/?notice=deleted', { a: undefined }],
  ['/docs/b', { action: 'delete' }, '/docs/?notice=deleted', { docs: { b: undefined } }],
  ['/docs/', { action: 'delete', recursive: 'on' }, '/?notice=deleted', { docs: undefined }],
  ['/a', { action: 'move', destination: '/docs/n' }, '/docs/?notice=moved', { a: undefined, docs: { n: 'old' } }],
  ['/a', { action: 'move', destination: 'docs' }, '/docs/?notice=moved', { a: undefined, docs: { a: 'old' } }],
  ['/a', { action: 'copy', destination: '/n%' }, '/?notice=copied', { a: 'old', 'n%': 'old' }],
  ['/docs/', { action: 'copy', destination: 'empty/' }, '/empty/?notice=copied', { empty: { docs: { b: 'bb' } } }],
  ['/a', { action: 'move', destination: 'docs/b', overwrite: 'on' }, '/docs/?notice=moved', { docs: { b: 'old' } }],
  ['/a', { action: 'copy', destination: 'docs/b', overwrite: '' }, '/docs/?notice=copied', { docs: { b: 'old' } }],
]
t.test('the forms of the pages', async (t) => {
  for (const [target, form, location, after] of forms) {
    const { answers, memory } = act(target, form, html)
    const what = `${target} ${JSON.stringify(form)}`
    t.equal(answers[0]?.status, 303, what)
    t.equal(answers[0]?.fields.get('location'), location, what)
    t.match(memory.snapshot(), after, what)
  }
})

t.test('a program is told instead', async (t) => {
  const json = { Accept: 'application/json' }
  const told: readonly (readonly [string, Record<string, string>, number, object])[] = [
    ['/', { action: 'mkdir', name: 'n' }, 201, { path: '/n', message: 'Created /n.' }],
    ['/a', { action: 'delete' }, 200, { path: '/a', message: 'Deleted /a.' }],
    ['/a', { action: 'move', destination: 'n' }, 200, { from: '/a', to: '/n', message: 'Moved /a to /n.' }],
    ['/a', { action: 'copy', destination: 'n' }, 200, { from: '/a', to: '/n', message: 'Copied /a to /n.' }],
  ]
  for (const [target, form, status, body] of told) {
    const { answers } = act(target, form, json)
    t.equal(answers[0]?.status, status)
    t.strictSame(JSON.parse(answers[0]?.body ?? ''), body)
  }
  t.equal(act('/', { action: 'mkdir', name: 'n' }).answers[0]?.body, 'Created /n.\n')
})

/** What a form cannot ask for. */
const refused: readonly (readonly [target: string, form: Record<string, string>, code: string])[] = [
  ['/', {}, 'bad_parameter'],
  ['/', { action: '' }, 'bad_parameter'],
  ['/', { action: 'constructor' }, 'bad_parameter'],
  ['/', { action: 'mkdir' }, 'bad_parameter'],
  ['/', { action: 'mkdir', name: '' }, 'bad_parameter'],
  ['/', { action: 'mkdir', name: 'a/b' }, 'bad_name'],
  ['/', { action: 'mkdir', name: '..' }, 'bad_name'],
  ['/', { action: 'mkdir', name: '.twinserve' }, 'reserved'],
  ['/', { action: 'mkdir', name: 'docs' }, 'exists'],
  ['/', { action: 'delete' }, 'not_allowed'],
  ['/docs/', { action: 'delete' }, 'not_empty'],
  ['/a', { action: 'move' }, 'bad_parameter'],
  ['/a', { action: 'move', destination: '../x' }, 'bad_name'],
  ['/a', { action: 'move', destination: 'docs/b' }, 'exists'],
  ['/none', { action: 'copy', destination: 'n' }, 'not_found'],
]
t.test('what a form cannot ask for', async (t) => {
  for (const [target, form, code] of refused) {
    const { answers, memory } = act(target, form)
    t.equal(answers[0]?.body.split(': ')[0], code, `${target} ${JSON.stringify(form)}`)
    t.strictSame(memory.snapshot(), tree)
  }
  const { answers } = play('/', urlencoded, `action=mkdir&name=${'x'.repeat(100)}`, { limits: { fieldBytes: 100 } })
  t.match(answers[0], { status: 413, body: /^too_large: .*the form/ })
})

const part = (disposition: string, content: string) =>
  `--xyz\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`
const file = (name: string, content: string) => part(`name="file"; filename="${name}"`, content)
const end = '--xyz--\r\n'

t.test('files', async (t) => {
  const { answers, memory } = play('/docs/', multipart, file('ü', 'one') + file('n', 'two') + end)
  t.match(answers[0], { status: 201, body: 'Stored /docs/\xc3\xbc, /docs/n.\n' })
  t.match(memory.snapshot(), { docs: { ü: 'one', n: 'two', b: 'bb' } })
  const browser = play('/docs/', { ...multipart, ...html }, file('n', 'two') + end)
  t.match(browser.answers[0], { status: 303 })
  t.equal(browser.answers[0]?.fields.get('location'), '/docs/?notice=uploaded')
  t.equal(play('/', multipart, file('', '') + end).answers[0]?.body, 'There was no file to store.\n')
})

t.test('files over others', async (t) => {
  const body = file('a', 'new') + end
  t.match(play('/', multipart, body).answers[0], { status: 409, body: /^exists: / })
  for (const [target, more] of [
    ['/?overwrite', ''],
    ['/', part('name="overwrite"', 'on')],
  ] as const) {
    t.equal(play(target, multipart, more + body).memory.snapshot().a, 'new')
  }
})

t.test('/upload: a field says where to', async (t) => {
  const into = (directory: string) => part('name="directory"', directory) + file('n', 'new') + end
  const { answers, memory } = play('/upload', { ...multipart, ...html }, into('/docs'))
  t.equal(answers[0]?.fields.get('location'), '/docs/?notice=uploaded')
  t.match(memory.snapshot(), { docs: { n: 'new' } })
  t.match(play('/upload', multipart, file('n', 'new') + end).memory.snapshot(), { n: 'new' }, 'or at the top')
  t.equal(
    play('/upload', { ...multipart, ...html }, file('n', 'new') + end).answers[0]?.fields.get('location'),
    '/?notice=uploaded',
  )
  t.match(play('/upload', multipart, into('../x')).answers[0], { status: 400, body: /^bad_name: / })
  t.match(
    play('/docs/', multipart, into('/empty')).memory.snapshot(),
    { docs: { n: 'new' }, empty: {} },
    'nowhere else',
  )
})

t.test('media types that are not understood', async (t) => {
  const ask = (target: string, fields: Record<string, string>) => play(target, fields, 'x').answers[0] as Answer
  t.match(ask('/', {}), { status: 415, body: /there is none\. Send multipart\/form-data or application/ })
  t.match(ask('/', { 'Content-Type': 'text/plain' }), { status: 415, body: /text\/plain/ })
  t.match(ask('/', { 'Content-Type': 'multipart/form-datax' }), { status: 415 })
  t.match(ask('/upload', urlencoded), { status: 415, body: /Send multipart\/form-data\b(?! or)/ })
  t.match(ask('/', { 'Content-Type': 'multipart/form-data' }), { status: 400, body: /^bad_body: .*no boundary/ })
})

however(t, 'an upload and a form, however they come', {
  tree,
  input:
    request('/docs/', multipart, file('one', '\r\n--xy\r\n--\r\n') + file('ü', '') + end) +
    request('/', { ...urlencoded, ...html }, 'action=mkdir&name=n+%C3%BC') +
    request('/', multipart, file('cut', 'short')) +
    textOf('GET /docs/one HTTP/1.1'),
  check(t, { answers, fates, memory }) {
    t.strictSame(
      answers.map(({ status }) => status),
      [201, 303, 400, 200],
    )
    t.match(memory.snapshot(), { docs: { one: '\r\n--xy\r\n--\r\n', ü: '' }, 'n ü': {}, cut: undefined })
    t.strictSame(fates, ['keep', 'keep', 'keep', 'keep'])
  },
})
