/** The protocol of resumable uploads: what is asked and answered, however the bytes are cut. */
import { createHash } from 'node:crypto'
import t from 'tap'
import { Quota } from '../../../src/core/files/quota.ts'
import { accountsFor, member, reading } from '../../fixtures/access.ts'
import { bytewise, converse, however, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { metadata } from '../../fixtures/tus.ts'

const at = '/.twinserve/uploads'
const media = { 'Content-Type': 'application/offset+octet-stream' }
type Fields = Readonly<Record<string, string>>

/** A request of the protocol. */
function ask(method: string, target: string, fields: Fields = {}, body = ''): string {
  const all: Fields = {
    Host: 'localhost',
    'Tus-Resumable': '1.0.0',
    ...(body === '' ? {} : { 'Content-Length': `${body.length}` }),
    ...fields,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

const begin = (length: number, pairs: Fields = { path: 'new' }, fields: Fields = {}, body = '') =>
  ask('POST', at, { 'Upload-Length': `${length}`, 'Upload-Metadata': metadata(pairs), ...fields }, body)
const add = (offset: number, body: string, fields: Fields = {}, id = 'unique1') =>
  ask('PATCH', `${at}/${id}`, { 'Upload-Offset': `${offset}`, ...media, ...fields }, body)
const head = (id = 'unique1') => ask('HEAD', `${at}/${id}`)
const sha1 = (text: string) => `sha1 ${createHash('sha1').update(text).digest('base64')}`

/** The clock of the files agrees with the other. */
const scene = (more: Scene = {}): Scene => ({
  ...more,
  prepare: (stage) => {
    stage.memory.clock = BigInt(stage.environment.date()) * 1_000_000n
    more.prepare?.(stage)
  },
})

/** Each answer as its status and code, and all of them said which version they speak. */
function told(t: { ok(value: unknown, what: string): void }, { answers }: Outcome): string[] {
  return answers.map(({ status, fields, body }) => {
    t.ok(fields.get('tus-resumable') === '1.0.0', `${status} says the version`)
    const code = /^([a-z_]+): /.exec(body)?.[1]
    return code === undefined ? `${status}` : `${status} ${code}`
  })
}

however(t, 'begun, gone on with, and finished', {
  ...scene({ methods: ['POST', 'HEAD', 'PATCH', 'HEAD', 'PATCH', 'HEAD', 'DELETE', 'HEAD'] }),
  input: [
    begin(10, { path: 'new', type: 'x' }),
    head(),
    add(0, 'hello'),
    head(),
    add(5, 'world'),
    head(),
    ask('DELETE', `${at}/unique1`),
    head(),
  ].join(''),
  check: (t, outcome) => {
    t.strictSame(told(t, outcome), ['201', '200', '204', '200', '204', '200', '204', '404'])
    const [made, first, , second, last, third] = outcome.answers
    t.equal(made?.fields.get('location'), `${at}/unique1`)
    t.equal(made?.fields.get('upload-offset'), '0')
    t.equal(made?.fields.get('upload-expires'), 'Sun, 22 Nov 2026 02:41:00 GMT')
    for (const [answer, offset] of [
      [first, '0'],
      [second, '5'],
      [third, '10'],
    ] as const) {
      t.equal(answer?.fields.get('upload-offset'), offset)
      t.equal(answer?.fields.get('upload-length'), '10')
      t.equal(answer?.fields.get('upload-metadata'), metadata({ path: 'new', type: 'x' }))
      t.equal(answer?.fields.get('cache-control'), 'no-store')
      t.equal(answer?.fields.get('upload-expires'), offset === '10' ? undefined : 'Sun, 22 Nov 2026 02:41:00 GMT')
      t.equal(answer?.fields.get('upload-concat'), undefined)
    }
    t.equal(last?.fields.get('upload-offset'), '10')
    t.strictSame(outcome.memory.snapshot(), { new: 'helloworld' })
  },
})

however(t, 'begun with its first bytes, or with all of them, or with none to come', {
  ...scene(),
  input: [
    begin(10, { path: 'a' }, media, 'hello'),
    begin(5, { path: 'b' }, { ...media, 'Upload-Checksum': sha1('hello') }, 'hello'),
    begin(0, { path: 'c' }),
  ].join(''),
  check: (t, outcome) => {
    t.strictSame(told(t, outcome), ['201', '201', '201'])
    t.strictSame(
      outcome.answers.map(({ fields }) => fields.get('upload-offset')),
      ['5', '5', '0'],
    )
    t.strictSame(
      outcome.answers.map(({ fields }) => fields.has('upload-expires')),
      [true, false, false],
    )
    t.strictSame(outcome.memory.snapshot(), { b: 'hello', c: '' })
  },
})

however(t, 'put together from others', {
  ...scene({ methods: ['POST', 'POST', 'HEAD', 'PATCH', 'POST', 'HEAD', 'HEAD', 'PATCH'] }),
  input: [
    ask('POST', at, { 'Upload-Length': '5', 'Upload-Concat': 'partial', ...media }, 'hello'),
    ask('POST', at, { 'Upload-Length': '5', 'Upload-Concat': 'partial' }),
    head('unique4'),
    add(0, 'world', {}, 'unique4'),
    ask('POST', at, {
      'Upload-Concat': `final;${at}/unique1 http://localhost${at}/unique4`,
      'Upload-Metadata': metadata({ path: 'new' }),
    }),
    head('unique7'),
    head('unique1'),
    add(0, 'more', {}, 'unique7'),
  ].join(''),
  check: (t, outcome) => {
    t.strictSame(told(t, outcome), ['201', '201', '200', '204', '201', '200', '404', '403 upload_final'])
    t.equal(outcome.answers[2]?.fields.get('upload-concat'), 'partial')
    t.equal(outcome.answers[3]?.fields.has('upload-expires'), true)
    t.equal(outcome.answers[4]?.fields.get('upload-offset'), '10')
    t.match(outcome.answers[5]?.fields.get('upload-concat'), /^final;/)
    t.strictSame(outcome.memory.snapshot(), { new: 'helloworld' })
  },
})

t.test('what the server can do', async (t) => {
  for (const target of [at, `${at}/`, `${at}/x`]) {
    const outcome = converse(
      [Buffer.from(ask('OPTIONS', target, { 'Tus-Resumable': '0.1' }))],
      scene({ site: { maxUpload: 7 } }),
    )
    t.strictSame(told(t, outcome), ['204'])
    const { fields } = outcome.answers[0] as Outcome['answers'][number]
    t.equal(fields.get('tus-version'), '1.0.0')
    t.equal(fields.get('tus-extension'), 'creation,creation-with-upload,termination,checksum,expiration,concatenation')
    t.equal(fields.get('tus-checksum-algorithm'), 'sha1,sha256,sha512')
    t.equal(fields.get('tus-max-size'), '7')
  }
  const outcome = converse([Buffer.from(ask('OPTIONS', at))], scene())
  t.equal(outcome.answers[0]?.fields.has('tus-max-size'), false)
})

t.test('whoever has logged in owns what he begins', async (t) => {
  const ann = { accounts: accountsFor(member('/:rw')) }
  const { answers, memory } = converse(
    [begin(10) + head()].map((each) => Buffer.from(each)),
    scene({ site: ann }),
  )
  t.strictSame(
    answers.map(({ status }) => status),
    [201, 200],
  )
  t.match(memory.node('.twinserve/uploads/unique1/info').content.toString(), '"user":"ann"')
})

t.test('what is refused', async (t) => {
  const method = (name: string) => ({ 'X-HTTP-Method-Override': name })
  type Row = readonly [what: string, request: string, answer: string, more?: Scene]
  const rows: readonly Row[] = [
    ['no version', begin(5, { path: 'new' }, { 'Tus-Resumable': '' }), '412 tus_version'],
    ['another version', begin(5, { path: 'new' }, { 'Tus-Resumable': '0.2.2' }), '412 tus_version'],
    ['a server that is read-only', begin(5), '403 read_only', { site: { accounts: accountsFor(reading) } }],
    ['another site', begin(5, { path: 'new' }, { Origin: 'http://other' }), '403 cross_origin'],
    [
      'another site, in disguise',
      ask('GET', `${at}/x`, { ...method('DELETE'), 'Sec-Fetch-Site': 'cross-site' }),
      '403 cross_origin',
    ],
    ['GET of all', ask('GET', at), '405 method_not_allowed'],
    ['DELETE of all', ask('DELETE', at), '405 method_not_allowed'],
    ['GET of one', ask('GET', `${at}/x`), '405 method_not_allowed'],
    ['POST to one', ask('POST', `${at}/x`), '405 method_not_allowed'],
    ['no name of an upload', ask('DELETE', `${at}/..`), '404 not_found'],
    ['no upload', ask('DELETE', `${at}/x`), '404 not_found'],
    ['bytes for none', add(0, 'hello', {}, 'x'), '404 not_found'],
    ['bytes for nowhere', ask('PATCH', `${at}/x`, media, 'hello'), '400 bad_parameter'],
    ['bytes of another type', add(0, 'hello', { 'Content-Type': 'text/plain' }), '415 unsupported_media'],
    ['bytes of no type', ask('PATCH', `${at}/x`, { 'Upload-Offset': '0' }, 'hello'), '415 unsupported_media'],
    ['no length', ask('POST', at, { 'Upload-Metadata': metadata({ path: 'new' }) }), '400 bad_parameter'],
    ['no name', begin(5, {}), '400 bad_parameter'],
    ['no metadata', begin(5, {}, { 'Upload-Metadata': '!' }), '400 bad_parameter'],
    ['a bad name', begin(5, { path: '../x' }), '400 bad_name'],
    ['a reserved name', begin(5, { path: '.twinserve/x' }), '403 reserved'],
    ['a name that is taken', begin(5, { path: 'old' }), '409 exists'],
    ['and If-None-Match', begin(5, { path: 'old', overwrite: '' }, { 'If-None-Match': '*' }), '409 exists'],
    ['a directory', begin(5, { path: 'dir', overwrite: '' }), '409 is_directory'],
    ['no parent', begin(5, { path: 'none/new' }), '409 no_parent'],
    ['too long for the server', begin(8), '413 too_large', { site: { maxUpload: 7 } }],
    ['too many first bytes', begin(4, { path: 'new' }, media, 'hello'), '413 too_large'],
    ['first bytes of another type', begin(5, { path: 'new' }, {}, 'hello'), '415 unsupported_media'],
    [
      'a bad checksum',
      begin(5, { path: 'new' }, { ...media, 'Upload-Checksum': 'md5 AAAA' }, 'hello'),
      '400 bad_parameter',
    ],
    ['a bad digest', begin(5, { path: 'new' }, { 'Repr-Digest': 'x' }), '400 bad_parameter'],
    ['a bad concatenation', begin(5, { path: 'new' }, { 'Upload-Concat': 'x' }), '400 bad_parameter'],
    [
      'a concatenation of none',
      ask('POST', at, { 'Upload-Concat': `final;${at}/x`, 'Upload-Metadata': metadata({ path: 'new' }) }),
      '404 not_found',
    ],
  ]
  for (const [what, request, answer, more] of rows) {
    // Whoever waits is not told to send what is refused.
    const waiting = request.replace('\r\n', '\r\nExpect: 100-continue\r\n').replace(/\r\n\r\n[\s\S]+$/, '\r\n\r\n')
    for (const bytes of [request, waiting]) {
      const outcome = converse([Buffer.from(bytes)], scene({ tree: { old: 'old', dir: {} }, ...more }))
      t.strictSame(told(t, outcome), [answer], what)
      t.notMatch(outcome.text, /100 Continue/, what)
      t.notOk(outcome.memory.has('.twinserve/uploads/unique1'), what)
    }
  }
  const [none] = converse([Buffer.from(begin(5, {}, { 'Tus-Resumable': '2' }))], scene()).answers
  t.equal(none?.fields.get('tus-version'), '1.0.0')
})

however(t, 'a method in disguise', {
  ...scene(),
  input: [
    begin(5),
    ask('POST', `${at}/unique1`, { 'X-HTTP-Method-Override': 'PATCH', 'Upload-Offset': '0', ...media }, 'hello'),
    ask('POST', `${at}/unique1`, { 'X-HTTP-Method-Override': 'DELETE' }),
  ].join(''),
  check: (t, outcome) => {
    t.strictSame(told(t, outcome), ['201', '204', '204'])
    t.strictSame(outcome.memory.snapshot(), { new: 'hello' })
  },
})

however(t, 'bytes that do not fit', {
  ...scene({ methods: ['POST', 'PATCH', 'PATCH', 'PATCH', 'PATCH', 'PATCH', 'HEAD', 'PATCH'] }),
  input: [
    begin(5),
    add(1, 'hello'),
    add(0, 'hello!'),
    add(0, 'hullo', { 'Upload-Checksum': sha1('hello') }),
    add(0, 'hello', { 'Upload-Checksum': 'md5 AAAA' }),
    add(0, 'hullo', { 'Content-Digest': `sha-256=:${createHash('sha256').update('hello').digest('base64')}:` }),
    head(),
    add(0, 'hello', { 'Upload-Checksum': sha1('hello'), 'Content-Type': 'Application/Offset+Octet-Stream; x=y' }),
  ].join(''),
  check: (t, outcome) => {
    t.strictSame(told(t, outcome), [
      '201',
      '409 wrong_offset',
      '413 too_large',
      '460 checksum_mismatch',
      '400 bad_parameter',
      '460 checksum_mismatch',
      '200',
      '204',
    ])
    t.equal(outcome.answers[6]?.fields.get('upload-offset'), '0')
    t.strictSame(outcome.memory.snapshot(), { new: 'hello' })
  },
})

t.test('chunks, though nobody knows how many', async (t) => {
  const chunked = (offset: number, body: string) =>
    `${add(offset, '', { 'Transfer-Encoding': 'chunked' })}${body}0\r\n\r\n`
  const input = [begin(5), chunked(0, '2\r\nhe\r\n'), chunked(2, '4\r\nllo!\r\n'), chunked(2, '3\r\nllo\r\n')].join('')
  const first = `${begin(5, { path: 'first' }, { ...media, 'Transfer-Encoding': 'chunked' })}5\r\nfirst\r\n0\r\n\r\n`
  const begun = converse([Buffer.from(first)], scene())
  t.strictSame([told(t, begun), begun.memory.snapshot()], [['201'], { first: 'first' }])
  for (const pieces of [[Buffer.from(input)], bytewise(Buffer.from(input))]) {
    const outcome = converse(pieces, scene())
    t.strictSame(told(t, outcome), ['201', '204', '413 too_large', '204'])
    t.strictSame(outcome.memory.snapshot(), { new: 'hello' })
  }
})

t.test('an upload made of others takes no bytes with its beginning', async (t) => {
  const part = ask('POST', at, { 'Upload-Length': '5', 'Upload-Concat': 'partial', ...media }, 'hello')
  const final = { 'Upload-Concat': `final;${at}/unique1`, 'Upload-Metadata': metadata({ path: 'new' }) }
  const outcome = converse(
    [Buffer.from(part + ask('POST', at, { ...final, ...media }, 'more') + ask('POST', at, final))],
    scene(),
  )
  t.strictSame(told(t, outcome), ['201', '403 upload_final', '201'])
  t.strictSame(outcome.memory.snapshot(), { new: 'hello' })
})

t.test('a quota is asked at the beginning, and before the bytes are written', async (t) => {
  const play = (quota: number, ...requests: readonly string[]) =>
    converse([Buffer.from(requests.join(''))], scene({ site: { quota: new Quota(quota) } }))
  t.strictSame(told(t, play(99, begin(100))), ['507 quota_exceeded'])
  const bytes = 'x'.repeat(100)
  const requests = [
    begin(100, { path: 'a' }),
    begin(100, { path: 'b' }),
    add(0, bytes, {}, 'unique2'),
    add(0, bytes, {}, 'unique4'),
  ]
  t.strictSame(told(t, play(200, ...requests)), ['201', '201', '204', '204'])
  const first = play(199, ...requests)
  t.strictSame(told(t, first), ['201', '201', '204', '507 quota_exceeded'])
  t.strictSame(first.memory.snapshot(), { a: bytes })
  t.match(first.memory.node('.twinserve/uploads/unique4').spec, { 'free.0.0': '', 'data.0.0': '' })
})

t.test('a connection that breaks in the middle of the first bytes', async (t) => {
  const cut = begin(10, { path: 'new' }, { ...media, 'Content-Length': '10' }, 'hello')
  const ended = converse([Buffer.from(cut), 'end'], scene())
  t.strictSame(told(t, ended), ['400 body_incomplete'])
  t.equal(ended.answers[0]?.fields.get('location'), `${at}/unique1`, 'it is told where to go on')
  t.match(ended.memory.node('.twinserve/uploads/unique1').spec, { 'free.5.0': '', 'data.0.0': 'hello' })
  const gone = converse([Buffer.from(cut), { fails: 'ECONNRESET' }], scene())
  t.strictSame(gone.fates, ['abort'])
  t.match(gone.memory.node('.twinserve/uploads/unique1').spec, { 'free.5.0': '', 'data.0.0': 'hello' })
})

t.test('Repr-Digest is asked of the whole', async (t) => {
  const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`
  const play = (text: string) =>
    converse(
      [
        Buffer.from(
          begin(10, { path: 'new' }, { 'Repr-Digest': digest(text) }) + add(0, 'hello') + add(5, 'world') + head(),
        ),
      ],
      {
        ...scene({ methods: ['POST', 'PATCH', 'PATCH', 'HEAD'] }),
      },
    )
  const right = play('helloworld')
  t.strictSame(told(t, right), ['201', '204', '204', '200'])
  t.strictSame(right.memory.snapshot(), { new: 'helloworld' })
  const wrong = play('hello world')
  t.strictSame(told(t, wrong), ['201', '204', '400 digest_mismatch', '404'])
  t.strictSame(wrong.memory.snapshot(), {})
})
