/** The opening handshake (RFC 6455, section 4.2): what is accepted, and what is refused in which way. */
import t from 'tap'
import { acceptOf } from '../../../src/core/websocket/handshake.ts'
import { converse, however, type Scene } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'
import { accept, conversation, handshake, key, rpc, saidIn } from '../../fixtures/session.ts'

const bytes = (input: string) => Buffer.from(input, 'latin1')

t.test('the example of RFC 6455', async (t) => {
  t.equal(acceptOf(key), accept)
})

however(t, 'a handshake', {
  input: handshake(),
  check(t, { text, fates, log, connection, site, peer }) {
    t.equal(
      text,
      'HTTP/1.1 101 Switching Protocols\r\nDate: Sat, 21 Nov 2026 02:41:00 GMT\r\nServer: twinserve\r\n' +
        `Upgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: twinserve.v1\r\n` +
        'Connection: Upgrade\r\n\r\n',
    )
    t.strictSame(fates, ['keep'])
    t.strictSame(log, ['192.0.2.1 - - [21/Nov/2026:02:41:00 +0000] "GET /.twinserve/session HTTP/1.1" 101 0'])
    t.equal(connection.protocol?.patience, site.limits.pingInterval)
    t.equal(site.sessions, 1)
    t.equal(peer.sent.length, 1)
    connection.protocol?.ended()
    t.equal(site.sessions, 0)
  },
})

however(t, 'frames that come with the handshake', {
  input: conversation(rpc(1, 'pwd')),
  check(t, outcome) {
    t.strictSame(saidIn(outcome), ['{"jsonrpc":"2.0","id":1,"result":{"path":"/"}}'])
    t.strictSame(outcome.fates, ['keep', 'keep'])
  },
})

const accepted: readonly (readonly [what: string, input: string])[] = [
  ['fields in any case', handshake({ Upgrade: 'WebSocket', Connection: 'keep-alive, UPGRADE' })],
  ['other things to upgrade to', handshake({ Upgrade: 'h2c, websocket' })],
  ['several sub-protocols', handshake({ 'Sec-WebSocket-Protocol': 'soap, twinserve.v1 ,chat' })],
  ['extensions, which are not answered', handshake({ 'Sec-WebSocket-Extensions': 'permessage-deflate' })],
  ['a page of this origin', handshake({ Origin: 'http://localhost', 'Sec-Fetch-Site': 'same-origin' })],
  ['a query', handshake({}, 'GET /.twinserve/session?x=y HTTP/1.1')],
]
for (const [what, input] of accepted) {
  t.test(what, async (t) => {
    const { answers, connection } = converse([bytes(input)])
    t.equal(answers[0]?.status, 101)
    t.equal(answers[0]?.fields.get('sec-websocket-accept'), accept)
    t.notOk(answers[0]?.fields.has('sec-websocket-extensions'))
    t.ok(connection.protocol)
  })
}

const version = { 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'Upgrade' }
const refused: readonly (readonly [
  what: string,
  input: string,
  status: number,
  code: string,
  fields?: Readonly<Record<string, string>>,
  scene?: Scene,
])[] = [
  ['HEAD', handshake({}, 'HEAD /.twinserve/session HTTP/1.1'), 405, '', { allow: 'GET' }, { methods: ['HEAD'] }],
  ['POST', handshake({}, 'POST /.twinserve/session HTTP/1.1'), 405, 'method_not_allowed', { allow: 'GET' }],
  ['no handshake at all', textOf('GET /.twinserve/session HTTP/1.1'), 426, 'upgrade_required', version],
  ['no Upgrade', handshake({ Upgrade: undefined }), 426, 'upgrade_required', version],
  ['another Upgrade', handshake({ Upgrade: 'h2c' }), 426, 'upgrade_required', version],
  ['no Connection', handshake({ Connection: undefined }), 426, 'upgrade_required', version],
  ['another Connection', handshake({ Connection: 'keep-alive' }), 426, 'upgrade_required', version],
  ['a Connection that only begins so', handshake({ Connection: 'upgrade-soon' }), 426, 'upgrade_required', version],
  [
    'HTTP/1.0',
    handshake({}, 'GET /.twinserve/session HTTP/1.0'),
    426,
    'upgrade_required',
    { ...version, connection: 'Upgrade, close' },
  ],
  [
    'the last request of a connection',
    handshake({ Connection: 'close' }),
    426,
    'upgrade_required',
    { ...version, connection: 'Upgrade, close' },
  ],
  ['no version', handshake({ 'Sec-WebSocket-Version': undefined }), 426, 'upgrade_required', version],
  ['version 8', handshake({ 'Sec-WebSocket-Version': '8' }), 426, 'upgrade_required', version],
  ['two versions', handshake({ 'Sec-WebSocket-Version': '13, 8' }), 426, 'upgrade_required', version],
  ['no key', handshake({ 'Sec-WebSocket-Key': undefined }), 400, 'bad_parameter'],
  ['a key of 15 bytes', handshake({ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAA' }), 400, 'bad_parameter'],
  ['a key of 17 bytes', handshake({ 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAAA=' }), 400, 'bad_parameter'],
  ['a key that is no base64', handshake({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZ*==' }), 400, 'bad_parameter'],
  ['a key with bits to spare', handshake({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZR==' }), 400, 'bad_parameter'],
  ['two keys', handshake({ 'Sec-WebSocket-Key': `${key}, ${key}` }), 400, 'bad_parameter'],
  ['no sub-protocol', handshake({ 'Sec-WebSocket-Protocol': undefined }), 400, 'bad_parameter'],
  ['another sub-protocol', handshake({ 'Sec-WebSocket-Protocol': 'twinserve.v2' }), 400, 'bad_parameter'],
  ['in another case', handshake({ 'Sec-WebSocket-Protocol': 'TWINSERVE.V1' }), 400, 'bad_parameter'],
  ['a page of another site', handshake({ Origin: 'http://evil.example' }), 403, 'cross_origin'],
  ['a page without an origin', handshake({ Origin: 'null' }), 403, 'cross_origin'],
  ['a page of another port', handshake({ Origin: 'http://localhost:81' }), 403, 'cross_origin'],
  ['a page of the same site', handshake({ 'Sec-Fetch-Site': 'same-site' }), 403, 'cross_origin'],
  ['another host', handshake({ Host: 'evil.example' }), 421, 'wrong_host'],
  ['as many sessions as may be', handshake(), 503, 'overloaded', {}, { limits: { sessions: 0 } }],
  ['a server that is stopping', handshake(), 503, 'overloaded', {}, { site: { draining: true } }],
  ['below it', handshake({}, 'GET /.twinserve/session/ HTTP/1.1'), 404, 'not_found'],
]
for (const [what, input, status, code, fields = {}, scene] of refused) {
  however(t, `refused: ${what}`, {
    ...scene,
    input,
    check(t, { answers: [answer], connection, site }) {
      t.equal(answer?.status, status)
      if (code !== '') t.equal(answer?.body.split(':')[0], code)
      for (const [name, value] of Object.entries(fields)) t.equal(answer?.fields.get(name), value, name)
      t.equal(connection.protocol, undefined)
      t.equal(site.sessions, 0)
    },
  })
}

however(t, 'a handshake with a body', {
  input: `${handshake({ 'Content-Length': '3' })}abc${textOf('GET /none HTTP/1.1')}`,
  check(t, { answers, connection }) {
    t.match(answers, [{ status: 400, body: /^bad_parameter: .*no body/ }, { status: 404 }])
    t.equal(connection.protocol, undefined)
  },
})

t.test('a handshake whose answer cannot be sent leaves no session', async (t) => {
  const { connection, site, fates } = converse([bytes(handshake())], {
    prepare: ({ peer }) => void peer.sendFails.set(0, 'EPIPE'),
  })
  t.strictSame([connection.protocol, site.sessions, fates], [undefined, 0, ['abort']])
})

t.test('as many sessions as may be, and one that ends makes room', async (t) => {
  const { site, connection } = converse([bytes(handshake())], { limits: { sessions: 1 } })
  t.equal(converse([bytes(handshake())], { site }).answers[0]?.status, 503)
  connection.protocol?.ended()
  t.equal(converse([bytes(handshake())], { site }).answers[0]?.status, 101)
})
