/** Sessions as a connection has them: turn by turn, whole, byte by byte and cut at random. */
import t from 'tap'
import { converse, however } from '../../fixtures/converse.ts'
import { close, fragments, frame, ping, pong, text } from '../../fixtures/frames.ts'
import { textOf } from '../../fixtures/request.ts'
import type { Arrival } from '../../fixtures/script.ts'
import { conversation, handshake, rpc, saidIn } from '../../fixtures/session.ts'

const tree = { a: 'aaa', docs: { b: 'bb' } }
const root = '{"jsonrpc":"2.0","id":1,"result":{"path":"/"}}'
const pwd = rpc(1, 'pwd')
const line = (what: string, status: number, bytes: number) =>
  `192.0.2.1 - - [21/Nov/2026:02:41:00 +0000] ${what} ${status} ${bytes}`
const latin1 = (input: string) => Buffer.from(input, 'latin1')
const opened = line('"GET /.twinserve/session HTTP/1.1"', 101, 0)

however(t, 'calls, answered in their order, each in a turn of its own', {
  tree,
  input: conversation(rpc(1, 'pwd'), rpc('x', 'cd', { path: 'docs' }), rpc(undefined, 'cd', { path: '/' }), pwd),
  check(t, outcome) {
    t.strictSame(saidIn(outcome), [root, '{"jsonrpc":"2.0","id":"x","result":{"path":"/docs"}}', root])
    t.strictSame(outcome.fates, ['keep', 'keep', 'keep', 'keep', 'keep'])
    t.strictSame(outcome.log, [
      opened,
      line('"pwd / twinserve.v1"', 200, 48),
      line('"cd /docs twinserve.v1"', 200, 54),
      line('"cd / twinserve.v1"', 200, 0),
      line('"pwd / twinserve.v1"', 200, 48),
    ])
  },
})

however(t, 'a call in fragments, with control frames between them, is one turn', {
  tree,
  input: conversation(
    frame(1, '{"jsonrpc":"2.0",', { fin: false }),
    ping('one'),
    frame(0, '"id":1,', { fin: false }),
    pong(),
    frame(0, '"method":"pwd"}'),
    ping('two'),
    close(1000, 'bye'),
  ),
  afterwards: ['end'],
  check(t, outcome) {
    t.strictSame(saidIn(outcome), ['pong one', root, 'pong two', 'close 1000'])
    t.strictSame(outcome.fates, ['keep', 'keep', 'keep', 'close'], 'the handshake, the call, the ping, the close')
    t.equal(outcome.log.length, 2, 'control frames are not logged')
  },
})

however(t, 'a close without a code is answered without one', {
  input: conversation(close()),
  check: (t, outcome) => t.strictSame([saidIn(outcome), outcome.fates], [['close'], ['keep', 'close']]),
})

const violations: readonly (readonly [what: string, bytes: Buffer, said: string])[] = [
  ['a frame that is not masked', text('x', { key: undefined }), 'close 1002 a frame is not masked'],
  ['a reserved bit', text('x', { reserved: 4 }), 'close 1002 a reserved bit is set'],
  ['a fragmented ping', frame(9, '', { fin: false }), 'close 1002 a control frame is fragmented'],
  ['a binary message', frame(2, 'x'), 'close 1003 messages are text'],
  ['text that is not UTF-8', text(Buffer.from([0xff])), 'close 1007 this is not UTF-8'],
  ['a message that is too big', text('x'.repeat(65_537)), 'close 1009 a message has more than 65536 bytes'],
  ['too many fragments', fragments(...'x'.repeat(129)), 'close 1008 a message comes in too many fragments'],
]
for (const [what, bytes, said] of violations) {
  however(t, `${what} ends the session, and what came before it is done`, {
    tree,
    input: conversation(pwd, bytes, rpc(2, 'mkdir', { path: 'never' })),
    check(t, outcome) {
      t.strictSame(saidIn(outcome), [root, said])
      t.strictSame(outcome.fates, ['keep', 'keep', 'close'])
      t.notOk(outcome.memory.has('never'))
    },
  })
}

however(t, 'a peer that ends its side between two messages', {
  input: conversation(pwd),
  afterwards: ['end'],
  check: (t, outcome) => t.strictSame([saidIn(outcome), outcome.fates], [[root], ['keep', 'keep', 'abort']]),
})

however(t, 'a peer that ends its side within a message', {
  input: conversation(pwd.subarray(0, -1)),
  afterwards: ['end'],
  check: (t, outcome) => t.strictSame([saidIn(outcome), outcome.fates], [[], ['keep', 'abort']]),
})

however(t, 'a connection that breaks', {
  input: conversation(pwd),
  afterwards: [{ fails: 'ECONNRESET' }],
  check: (t, outcome) => t.strictSame([saidIn(outcome), outcome.fates], [[root], ['keep', 'keep', 'abort']]),
})

t.test('a message that does not come whole in time', async (t) => {
  const at = (ms: number): Arrival => ({ pause: ms })
  const [head, tail] = [pwd.subarray(0, 9), pwd.subarray(9)]
  const slow = converse([latin1(handshake()), head, at(10_000), tail])
  t.strictSame(saidIn(slow), ['close 1008 the message did not arrive in time'])
  t.strictSame(slow.fates, ['keep', 'close'])
  const enough = converse([latin1(handshake()), head, at(9_999), tail])
  t.strictSame(saidIn(enough), [root])
  const first = frame(1, '{"jsonrpc":"2.0","id":1,', { fin: false })
  const pings = [ping(), at(5_000), ping(), at(5_000), frame(0, '"method":"pwd"}')]
  const kept = converse([latin1(handshake()), first, ...pings])
  t.strictSame(saidIn(kept).at(-1), 'close 1008 the message did not arrive in time', 'pings gain no time')
})

t.test('the log tells of calls as of requests', async (t) => {
  const names = { 'ä "b"': { c: '' } }
  const { log } = converse(
    [
      latin1(handshake()),
      Buffer.concat([rpc(1, 'list', { path: 'ä "b"/' }), rpc(2, 'stat', { path: 'none' }), rpc(3, 'fly'), text('{')]),
    ],
    { tree: names },
  )
  t.strictSame(
    log.map((each) => each.slice(line('', 0, 0).length - 4)),
    [
      '"GET /.twinserve/session HTTP/1.1" 101 0',
      '"list /%C3%A4%20%22b%22/ twinserve.v1" 200 154',
      '"stat /none twinserve.v1" 404 125',
      '"-" 501 176',
      '"-" 400 162',
    ],
  )
  const asJson = converse([latin1(conversation(rpc(1, 'mkdir', { path: 'x' })))], { site: { logFormat: 'json' } })
  t.match(JSON.parse(asJson.log[1] ?? ''), { method: 'mkdir', target: '/x', status: 200, fileCalls: Number })
  t.notOk('agent' in JSON.parse(asJson.log[1] ?? ''))
  t.strictSame(converse([latin1(conversation(pwd))], { site: { logFormat: 'off' } }).log, [])
})

t.test('HTTP goes on as before on a connection where the handshake was refused', async (t) => {
  const refused = handshake({ 'Sec-WebSocket-Version': '12' })
  const { answers } = converse([latin1(refused + textOf('GET /a HTTP/1.1'))], { tree })
  t.match(answers, [{ status: 426 }, { status: 200, body: 'aaa' }])
})
