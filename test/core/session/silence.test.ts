/** What a session does when nothing comes, when too much does, and when something fails. */
import t from 'tap'
import { Connection } from '../../../src/core/http/connection.ts'
import { lapse, patienceWith } from '../../../src/core/http/turn.ts'
import { Session } from '../../../src/core/session/session.ts'
import { everything } from '../../fixtures/access.ts'
import { accountsOf } from '../../fixtures/accounts.ts'
import { fragments, ping, pong, text } from '../../fixtures/frames.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { siteWith } from '../../fixtures/request.ts'
import { drive, pure, ScriptedEnvironment } from '../../fixtures/script.ts'
import { rpc } from '../../fixtures/session.ts'
import { stage } from '../../fixtures/session-stage.ts'

const root = '{"jsonrpc":"2.0","id":1,"result":{"path":"/"}}'
const pwd = rpc(1, 'pwd')

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
  const broken = new MemoryFiles()
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
  const session = new Session(connection, siteWith({ environment }), everything)
  const recv = () => {
    throw new TypeError('a mistake')
  }
  t.throws(() => drive(session.turn(), { recv }), { message: 'a mistake' })
})

t.test('a call that only reads is given up when nobody waits for it', async (t) => {
  const memory = new MemoryFiles().failOn('opendir', 1, 'ECANCELED')
  const { turn, said, connection } = stage([Buffer.concat([rpc(1, 'list'), rpc(2, 'mkdir', { path: 'x' })])], {
    memory,
  })
  t.equal(turn(), 'abort')
  t.strictSame([said(), connection.reading], [[], true])
  turn()
  t.equal(connection.reading, false)
})

t.test('whoever has lost his rights meanwhile has lost them in his session', async (t) => {
  const file = '/etc/users'
  const memory = new MemoryFiles()
  memory.configurations.set(file, '@/:ro\n')
  const accounts = accountsOf([], { file })
  drive(accounts.open(), memory.calls)
  const { turn, said, environment, site } = stage([rpc(1, 'list'), rpc(2, 'list')], { memory, site: { accounts } })
  turn()
  memory.configurations.set(file, '@/a:ro\n')
  environment.time += site.limits.usersFresh
  turn()
  t.match(
    said().map((each) => JSON.parse(each)),
    [
      { id: 1, result: {} },
      { id: 2, error: { data: { code: 'unauthorized' } } },
    ],
  )
})
