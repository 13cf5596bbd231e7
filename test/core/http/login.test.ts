/** Who sent a request: passwords, cookies, and what is told to one who has to log in. */
import t from 'tap'
import { Attempts } from '../../../src/core/access/attempts.ts'
import { originOf } from '../../../src/core/http/crowd.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { stylePath } from '../../../src/core/pages/assets.ts'
import { accountsOf, basic, hashOf } from '../../fixtures/accounts.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, type Outcome, type Scene } from '../../fixtures/converse.ts'
import { file } from '../../fixtures/memory.ts'
import { textOf } from '../../fixtures/request.ts'
import { conversation, rpc, saidIn } from '../../fixtures/session.ts'

const key = 'k'.repeat(64)
const tree = { '.twinserve': { key: file(`${key}\n`) }, pub: { a: 'public' }, mine: { m: 'private' } }
const local = { remote: '127.0.0.1', secure: false }
const tls = { remote: '192.0.2.1', secure: true }
const open = { remote: '192.0.2.1', secure: false }
const html = { Accept: 'text/html' }
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const ann = { Authorization: basic('ann', 'pass:wörd') }

function play(line: string, fields: Record<string, string> = {}, body = '', scene: Scene = {}): Outcome {
  const length: Record<string, string> = body === '' ? {} : { 'Content-Length': `${Buffer.byteLength(body)}` }
  return talk([textOf(`${line} HTTP/1.1`, { ...length, ...fields }) + body], scene, [line.split(' ')[0] as string])
}

function talk(requests: readonly string[], scene: Scene, methods: readonly string[] = []): Outcome {
  const accounts = accountsOf(['ann:pass:wörd@/mine', 'bob:pw@/', '@/pub'])
  const site = { accounts, attempts: new Attempts(defaultLimits, 'secret'), ...scene.site }
  const input = Buffer.from(requests.join(''), 'latin1')
  return converse([input], { tree, ends: local, ...scene, site, methods: [...methods, ...requests.map(() => 'GET')] })
}

const ask = (...args: Parameters<typeof play>) => play(...args).answers[0] as Answer
const cookieOf = ({ fields }: Answer) => fields.get('set-cookie')?.split(';')[0] as string

t.test('everybody sees what everybody may, and is asked for a password for the rest', async (t) => {
  t.match(ask('GET /pub/a'), { status: 200, body: 'public' })
  for (const target of [
    '/mine/m',
    '/mine/none',
    '/none',
    '/mine/?zip',
    '/mine/?q=m',
    '/listdir/mine',
    '/download=mine/m',
  ]) {
    const answer = ask(`GET ${target}`)
    t.match(answer, { status: 401, body: /^unauthorized: That needs a name and a password\.\n$/ }, target)
    t.equal(answer.fields.get('www-authenticate'), 'Basic realm="twinserve", charset="UTF-8"')
  }
  const { answers, memory } = play('PUT /mine/new', {}, 'x')
  t.match(answers[0], { status: 401 })
  t.notOk(memory.has('mine/new'))
  t.match(ask('GET /?json').body, /"name":"pub"/)
  t.notMatch(ask('GET /?json').body, /"name":"mine"/)
})

t.test('a browser gets the form, and is not told of Basic', async (t) => {
  const answer = ask('GET /mine/m?download', html)
  t.equal(answer.status, 401)
  t.match(answer.body, '<form class=card method=post action="/.twinserve/login">')
  t.match(answer.body, 'value="/mine/m?download"')
  t.equal(answer.fields.get('www-authenticate'), 'Cookie realm="twinserve", form-action="/.twinserve/login"')
  t.match(ask('POST /mine', { ...html, ...form }, 'action=mkdir&name=x').body, 'name=to value="/"')
  const script = ask('GET /mine/?json', { Accept: 'application/json', 'Sec-Fetch-Mode': 'cors' })
  t.match(script, { status: 401 })
  t.match(script.fields.get('www-authenticate'), /^Cookie /)
  t.match(ask('GET /mine/m', { ...html, Authorization: basic('ann', 'no') }).body, 'The name or the password is wrong.')
})

t.test('Basic (RFC 7617)', async (t) => {
  const answer = ask('GET /mine/m', ann)
  t.match(answer, { status: 200, body: 'private' })
  t.equal(answer.fields.get('cache-control'), 'private, no-cache')
  t.equal(ask('GET /pub/a', ann).status, 200, 'what everybody may, too')
  t.equal(ask('GET /pub/a').fields.has('cache-control'), false)
  t.equal(ask('GET /mine/', ann).fields.get('cache-control'), 'private, no-cache')
  t.match(ask(`GET ${stylePath}`, ann).fields.get('cache-control'), /^public/)
  t.equal(ask('GET /mine/m', { Authorization: ann.Authorization.replace('Basic', 'bAsIC ') }).status, 200)
  t.equal(play('PUT /mine/new', ann, 'x').answers[0]?.status, 201)
  t.match(ask('PUT /pub/new', ann, 'x'), { status: 403, body: 'forbidden: You may not upload there.\n' })
  t.match(ask('GET /other', ann), { status: 404 })
  t.match(ask('DELETE /pub/a', ann), { status: 403 })
  const wrong = [
    basic('ann', 'pass:word'),
    basic('ann', ''),
    basic('nobody', 'pass:wörd'),
    basic('', ''),
    basic('bob', 'pass:wörd'),
    'Basic',
    'Basic !',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
  ]
  for (const Authorization of wrong) {
    const { status, body, fields } = ask('GET /pub/a', { Authorization })
    t.match([status, body], [401, /^bad_credentials: /], Authorization)
    t.match(fields.get('www-authenticate'), /^Basic /)
  }
  t.equal(ask('GET /pub/a', { Authorization: 'Bearer x' }).status, 200, 'of another scheme nothing is known')
})

t.test('no password where others can listen', async (t) => {
  const insecure: Scene = { ends: open }
  t.match(ask('GET /mine/m', ann, '', insecure), { status: 403, body: /^insecure: / })
  const refused = ask('GET /mine/m', {}, '', insecure)
  t.match(refused, { status: 403, body: /^insecure: / })
  t.notOk(refused.fields.has('www-authenticate'), 'nor is it asked for')
  t.match(ask('GET /.twinserve/login', html, '', insecure), { status: 403, body: /<code>insecure/ })
  t.match(ask('POST /.twinserve/login', { ...html, ...form }, 'user=bob&password=pw', insecure), { status: 403 })
  t.equal(ask('GET /pub/a', {}, '', insecure).status, 200)
  for (const ends of [
    tls,
    { remote: '-', secure: false },
    { remote: '::1', secure: false },
    { remote: '::ffff:127.0.0.1', secure: false },
  ])
    t.equal(ask('GET /mine/m', ann, '', { ends }).status, 200, ends.remote)
  const accounts = accountsOf(['ann:pass:wörd'], { insecure: true })
  t.equal(ask('GET /mine/m', ann, '', { ends: open, site: { accounts } }).status, 200, 'unless it is wanted so')
  t.equal(originOf('127.0.0.1'), '127.0.0.1')
})

t.test('the form: a cookie for whoever gives the right password', async (t) => {
  t.match(ask('GET /.twinserve/login?to=/mine/', html), { status: 200, body: /name=to value="\/mine\/"/ })
  const body = new URLSearchParams({ user: 'ann', password: 'pass:wörd', to: '/mine/' }).toString()
  const answer = ask('POST /.twinserve/login', { ...html, ...form }, body)
  t.equal(answer.status, 303)
  t.equal(answer.fields.get('location'), '/mine/')
  t.match(
    answer.fields.get('set-cookie'),
    /^twinserve-[0-9a-f]{8}=[\w.-]+; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
  )
  const Cookie = cookieOf(answer)
  t.match(ask('GET /mine/m', { Cookie: `other=1; ${Cookie}` }), { status: 200, body: 'private' })
  t.equal(ask('GET /other', { Cookie }).status, 404)
  t.equal(ask('GET /mine/m', { Cookie }, '', { ends: open }).status, 403, 'not where others can listen')
  t.equal(ask('GET /mine/m', { Cookie: `${Cookie}x` }).status, 401)
  t.equal(ask('GET /mine/m', { Cookie: 'twinserve-00000000=x' }).status, 401)
  t.equal(
    ask('GET /mine/m', { Cookie }, '', { tree: { mine: { m: 'private' } } }).status,
    401,
    'with no key no cookie is good',
  )
  t.equal(
    ask('GET /mine/m', { Cookie, ...{ Authorization: basic('ann', 'no') } }).status,
    401,
    'a password counts first',
  )
  const changed = { accounts: accountsOf(['ann:another@/mine']) }
  t.equal(
    ask('GET /mine/m', { Cookie }, '', { site: changed }).status,
    401,
    'a new password ends what the old one began',
  )
  const secure = ask('POST /.twinserve/login', { ...html, ...form }, body, { ends: tls })
  t.match(secure.fields.get('set-cookie'), /^__Host-twinserve-[0-9a-f]{8}=.*; SameSite=Strict; Secure$/)
  t.equal(ask('GET /mine/m', { Cookie: cookieOf(secure) }, '', { ends: tls }).status, 200)
  t.equal(ask('GET /mine/m', { Cookie: cookieOf(secure) }).status, 401)
  const program = ask('POST /.twinserve/login', form, body)
  t.match(program, { status: 200, body: 'Logged in.\n' })
  t.ok(program.fields.has('set-cookie'))
})

t.test('the form, refused', async (t) => {
  const send = (body: string, fields: Record<string, string> = {}, scene: Scene = {}) =>
    ask('POST /.twinserve/login', { ...html, ...form, ...fields }, body, scene)
  for (const body of ['user=ann&password=no&to=/mine/', 'user=nobody&password=pw&to=/mine/']) {
    const answer = send(body)
    t.equal(answer.status, 401)
    t.match(answer.body, /role=alert>The name or the password is wrong\./)
    t.match(answer.body, 'name=to value="/mine/"')
    t.notOk(answer.fields.has('set-cookie'))
    t.notMatch(answer.body, /value="(no|pw)"/, 'a password is never shown')
  }
  t.equal(send('').status, 401)
  t.equal(send('user=ann').status, 401)
  t.match(ask('POST /.twinserve/login', form, 'user=ann&password=no'), { status: 401, body: /^bad_credentials: / })
  for (const foreign of [{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'http://elsewhere' }] as Record<
    string,
    string
  >[])
    t.match(send('user=ann&password=pass:w%C3%B6rd', foreign), { status: 403, body: /<code>cross_origin/ })
  t.match(send('x', { 'Content-Type': 'text/plain' }), { status: 415 })
  t.match(ask('POST /.twinserve/login', html), { status: 415 })
  t.match(ask('PUT /.twinserve/login', html, 'x'), { status: 405 })
  t.match(send(`user=${'x'.repeat(70_000)}`), { status: 413 })
  const nobody = { site: { accounts: accountsOf(['@/pub']) } }
  t.match(ask('GET /.twinserve/login', {}, '', nobody), { status: 404 })
  t.match(ask('POST /.twinserve/logout', {}, '', nobody), { status: 404 })
})

t.test('where one comes to afterwards', async (t) => {
  const places: readonly (readonly [to: string, where: string])[] = [
    ['/mine/?sort=size', '/mine/?sort=size'],
    ['', '/'],
    ['//elsewhere', '/'],
    ['/\\elsewhere', '/'],
    ['http://elsewhere/', '/'],
    ['/a\r\nSet-Cookie: x', '/'],
    ['/ü', '/'],
    ['/delete=mine', '/'],
    ['/delete=mine?x', '/'],
    ['/move=a', '/'],
    ['/.twinserve/logout', '/'],
  ]
  for (const [to, where] of places) {
    const body = new URLSearchParams({ user: 'bob', password: 'pw', to }).toString()
    t.equal(ask('POST /.twinserve/login', { ...html, ...form }, body).fields.get('location'), where, to)
  }
  t.match(ask('GET /delete=mine/m', { ...html, 'Sec-Fetch-Site': 'none' }).body, 'name=to value="/"')
})

t.test('logging out', async (t) => {
  const answer = ask('POST /.twinserve/logout', { ...html, ...form })
  t.match(answer, { status: 303 })
  t.equal(answer.fields.get('location'), '/')
  t.match(answer.fields.get('set-cookie'), /^twinserve-[0-9a-f]{8}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/)
  t.match(ask('POST /.twinserve/logout', form), { status: 200, body: 'Logged out.\n' })
  t.match(ask('GET /.twinserve/logout', html), { status: 405 })
  t.match(ask('POST /.twinserve/logout', { ...form, 'Sec-Fetch-Site': 'cross-site' }), { status: 403 })
  t.notOk(ask('POST /.twinserve/logout', form, '', { tree: {} }).fields.has('set-cookie'), 'of nobody')
})

t.test('guessing is slowed down, and who has logged in is not', async (t) => {
  const guess = textOf('GET /pub/a HTTP/1.1', { Authorization: basic('ann', 'guess') })
  const right = textOf('GET /mine/m HTTP/1.1', ann)
  const { answers } = talk([right, ...Array<string>(11).fill(guess), right], {})
  t.strictSame(
    answers.map(({ status }) => status),
    [200, ...Array<number>(9).fill(401), 429, 429, 200],
  )
  t.equal(answers[11]?.fields.get('retry-after'), '1')
  const body = 'user=ann&password=guess'
  const posted =
    textOf('POST /.twinserve/login HTTP/1.1', { ...html, ...form, 'Content-Length': `${body.length}` }) + body
  const last = talk(Array<string>(11).fill(posted), {}).answers[10] as Answer
  t.match(last, { status: 429, body: /role=alert>There were too many attempts/ })
  t.ok(last.fields.has('retry-after'))
})

t.test('a page has who looks at it', async (t) => {
  const log = '<a class=who href="/.twinserve/login?to=%2Fpub%2F%3Fsort%3Dsize">Log in</a>'
  t.match(ask('GET /pub/?sort=size', html).body, log)
  const { body } = ask('GET /mine/', { ...html, ...ann })
  t.match(body, 'Logged in as <bdi>ann</bdi>')
  t.match(body, '<form class=who method=post action="/.twinserve/logout">')
  t.notMatch(ask('GET /pub/', html, '', { ends: open }).body, 'class=who')
  t.notMatch(ask('GET /pub/', html, '', { site: { accounts: accountsOf(['@/pub']) } }).body, 'class=who')
})

t.test('the file of users is looked at by those who ask', async (t) => {
  const accounts = accountsOf([], { file: '/etc/users' })
  const prepare: Scene['prepare'] = ({ memory }) =>
    memory.configurations.set('/etc/users', `eve:${hashOf('pw')}@/mine\n`)
  const eve = { Authorization: basic('eve', 'pw') }
  t.match(ask('GET /mine/m', eve, '', { site: { accounts }, prepare }), { status: 200, body: 'private' })
})

t.test('the log has who it was', async (t) => {
  t.match(play('GET /mine/m', ann).log[0], /^127\.0\.0\.1 - ann \[/)
  t.match(play('GET /pub/a').log[0], /^127\.0\.0\.1 - - \[/)
  t.match(play('GET /pub/a', { Authorization: basic('ann', 'no') }).log[0], /^127\.0\.0\.1 - - \[/)
  t.match(JSON.parse(play('GET /mine/m', ann, '', { site: { logFormat: 'json' } }).log[0] as string), { user: 'ann' })
})

t.test('a session has the rights of whoever opened it', async (t) => {
  const calls = [
    rpc(1, 'list', { path: '/' }),
    rpc(2, 'mkdir', { path: '/mine/new' }),
    rpc(3, 'mkdir', { path: '/pub/x' }),
  ]
  const opened = (fields: string) => {
    const input = conversation(...calls).replace('\r\n', `\r\n${fields}`)
    return saidIn(talk([input], {}, ['GET'])).map((each) => each.replace(/"modified":"[^"]*"/g, ''))
  }
  const [list, made, refused] = opened(`Authorization: ${ann.Authorization}\r\n`)
  t.match(list, /"mine".*"pub"/)
  t.match(made, /"result":\{"path":"\/mine\/new"\}/)
  t.match(refused, /"code":"forbidden","status":403/)
  const [fewer, not] = opened('')
  t.notMatch(fewer, /"mine"/)
  t.match(not, /"code":"unauthorized","status":401/)
})
