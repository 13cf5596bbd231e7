/** Sessions as a connection has them: turn by turn, whole, byte by byte and cut at random. */
import t from 'tap'
import { Connection, type Fate } from '../../../src/core/http/connection.ts'
import { lapse, patienceWith, turn } from '../../../src/core/http/turn.ts'
import type { Limits } from '../../../src/core/limits.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import type { Program } from '../../../src/core/program.ts'
import { Session } from '../../../src/core/session/session.ts'
import type { Site } from '../../../src/core/site.ts'
import { converse, however } from '../../fixtures/converse.ts'
import { close, fragments, frame, framesIn, ping, pong, text, told } from '../../fixtures/frames.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { siteWith, textOf } from '../../fixtures/request.ts'
import { type Arrival, drive, Peer, pure, ScriptedEnvironment } from '../../fixtures/script.ts'
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

/** A session alone, and what can be done with it. */
function stage(
  arrivals: readonly Arrival[] = [],
  details: { limits?: Partial<Limits>; site?: Partial<Site>; memory?: MemoryFiles } = {},
) {
  const environment = new ScriptedEnvironment()
  const peer = new Peer(environment, arrivals)
  const connection = new Connection(peer.socket, { remote: '192.0.2.1', secure: false })
  const memory = details.memory ?? new MemoryFiles().tree(tree)
  const log: string[] = []
  const site = siteWith({
    root: memory.root,
    environment,
    limits: { ...defaultLimits, ...details.limits },
    log: (each) => void log.push(each),
    ...details.site,
  })
  site.sessions = 1
  connection.protocol = new Session(connection, site)
  const run = (program: Program<Fate>) =>
    drive(program, { ...memory.calls, recv: (...a) => peer.recv(...a), send: (...a) => peer.send(...a) })
  return {
    environment,
    peer,
    connection,
    site,
    log,
    turn: () => run(turn(connection, site)),
    lapse: () => run(lapse(connection)),
    said: () => framesIn(Buffer.concat(peer.sent)).map(told),
  }
}

t.test('silence: a ping, and if that is not answered, the end', async (t) => {
  const { lapse, said, peer, connection, site } = stage()
  t.equal(patienceWith(connection, site), site.limits.pingInterval)
  t.equal(lapse(), 'keep')
  t.strictSame(said(), ['ping'])
  t.equal(lapse(), 'close')
  t.strictSame(said(), ['ping', 'close 1001 a ping was not answered'])
  t.ok(peer.calls.every((each) => each.patience === site.limits.lingerTime))
})

t.test('whatever comes is a sign of life', async (t) => {
  for (const bytes of [pong(), ping(), pwd, pwd.subarray(0, 3)]) {
    const { lapse, turn } = stage([bytes, { pause: 1 }, pwd.subarray(3)])
    t.equal(lapse(), 'keep')
    t.equal(turn(), 'keep')
    t.equal(lapse(), 'keep')
    t.equal(lapse(), 'close')
  }
})

t.test('a peer that is gone when it is sent a ping, or a close', async (t) => {
  for (const errno of ['EPIPE', 'ETIMEDOUT']) {
    const gone = stage()
    gone.peer.sendFails.set(0, errno)
    t.equal(gone.lapse(), 'abort')
    const closing = stage([text('x', { key: undefined })])
    closing.peer.sendFails.set(0, errno)
    t.equal(closing.turn(), 'abort')
  }
})

t.test('a connection that still speaks HTTP has nothing to say', async (t) => {
  const connection = new Connection({ id: 1 }, { remote: '-', secure: false })
  const site = siteWith()
  t.equal(pure(lapse(connection)), 'abort')
  t.equal(patienceWith(connection, site), site.limits.idleTime)
})

t.test('a server that is stopping', async (t) => {
  const idle = stage([], { site: { draining: true } })
  t.equal(idle.lapse(), 'close')
  t.strictSame(idle.said(), ['close 1001 the server is stopping'])
  const busy = stage([Buffer.concat([pwd, pwd])], { site: { draining: true } })
  t.equal(busy.turn(), 'close', 'the message whose turn had come is answered')
  t.strictSame(busy.said(), [root, 'close 1001 the server is stopping'])
})

t.test('too many frames in a second', async (t) => {
  const flood = Array.from({ length: 40 }, () => pwd)
  const limits = { frameRate: 20, controlRate: 5 }
  const calls = stage([Buffer.concat(flood)], { limits })
  for (let i = 0; i < 20; i += 1) t.equal(calls.turn(), 'keep')
  t.equal(calls.turn(), 'close')
  t.strictSame(calls.said().at(-1), 'close 1008 too many frames in a second')
  const paced = stage([Buffer.concat(flood)], { limits })
  for (let i = 0; i < 40; i += 1) {
    t.equal(paced.turn(), 'keep')
    paced.environment.time += 50
  }
  const pings = stage([Buffer.concat(Array.from({ length: 10 }, () => ping()))], { limits })
  for (let i = 0; i < 5; i += 1) t.equal(pings.turn(), 'keep')
  t.equal(pings.turn(), 'close')
  t.equal(pings.said().at(-1), 'close 1008 too many frames in a second')
  const parts = stage([fragments(...'x'.repeat(30))], { limits })
  t.equal(parts.turn(), 'close', 'each fragment counts')
})

t.test('what is left over is no view of the receive buffer, and is not copied again and again', async (t) => {
  const { turn, connection, peer, said } = stage([Buffer.concat([pwd, pwd, pwd])])
  turn()
  const { leftover } = connection
  peer.clobber()
  turn()
  t.equal(connection.leftover?.buffer, leftover?.buffer)
  turn()
  t.equal(connection.leftover, undefined)
  t.strictSame(said(), [root, root, root])
})

t.test('a long answer goes in pieces, and a peer that does not take them is cut off', async (t) => {
  const memory = new MemoryFiles().tree(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`file${i}`, ''])))
  const limits = { sendPiece: 1000 }
  const { turn, peer, said, site } = stage([rpc(1, 'list')], { memory, limits })
  t.equal(turn(), 'keep')
  t.match(said(), [/"total":50\}\}$/])
  const sends = peer.calls.filter((each) => each.name === 'send')
  t.ok(sends.length > 3)
  t.ok(sends.every((each) => each.bytes <= 1000 && each.patience === site.limits.sendStall))
  const stuck = stage([rpc(1, 'list')], { memory, limits, site: { logFormat: 'common' } })
  stuck.peer.sendFails.set(2, 'ETIMEDOUT')
  t.equal(stuck.turn(), 'abort')
  t.equal(stuck.log.length, 1, 'the call is logged all the same')
})

t.test('a mistake in the program is answered and noted, and the session goes on', async (t) => {
  const broken = new MemoryFiles().tree(tree)
  const calls = broken.calls as { mkdir: unknown }
  calls.mkdir = () => {
    throw new TypeError('a mistake')
  }
  const { turn, said, log } = stage([Buffer.concat([rpc(1, 'mkdir', { path: 'x' }), pwd])], {
    memory: broken,
    site: { logFormat: 'common' },
  })
  t.strictSame([turn(), turn()], ['keep', 'keep'])
  t.match(JSON.parse(said()[0] ?? ''), {
    id: 1,
    error: { code: -32603, data: { code: 'internal', status: 500 } },
  })
  t.equal(said()[1], root)
  t.match(log, [/twinserve: mistake: TypeError: a mistake/, /"mkdir \/x twinserve.v1" 500 /, /"pwd/])
})

t.test('a mistake outside of any call is the engine’s to note', async (t) => {
  const environment = new ScriptedEnvironment()
  const connection = new Connection({ id: 1 }, { remote: '-', secure: false })
  const session = new Session(connection, siteWith({ environment }))
  const recv = () => {
    throw new TypeError('a mistake')
  }
  t.throws(() => drive(session.turn(), { recv }), { message: 'a mistake' })
})

t.test('a call that only reads is given up when nobody waits for it', async (t) => {
  const memory = new MemoryFiles().tree(tree).failOn('opendir', 1, 'ECANCELED')
  const { turn, said, connection } = stage([Buffer.concat([rpc(1, 'list'), rpc(2, 'mkdir', { path: 'x' })])], {
    memory,
  })
  t.equal(turn(), 'abort')
  t.strictSame([said(), connection.reading], [[], true])
  turn()
  t.equal(connection.reading, false)
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
