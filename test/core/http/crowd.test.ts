/** Connections that are one too many. */
import t from 'tap'
import { Connection } from '../../../src/core/http/connection.ts'
import { Crowd, originOf, turnedAway } from '../../../src/core/http/crowd.ts'
import { answersIn } from '../../fixtures/answers.ts'
import { siteWith } from '../../fixtures/request.ts'

/** What counts as one address. */
const origins: readonly (readonly [remote: string, origin: string])[] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::6', '2001:db8:1:2'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['2001:0DB8:0001::6', '2001:db8:1:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['64:ff9b::192.0.2.33', '64:ff9b:0:0'],
]
t.test('an address counts as what one customer has', async (t) => {
  for (const [remote, origin] of origins) t.equal(originOf(remote), origin, remote)
})

t.test('as many as there are places, in all and for each address', async (t) => {
  const crowd = new Crowd({ connections: 4, connectionsPerAddress: 2 })
  t.strictSame(
    ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1', '2001:db8::1', '-', '192.0.2.2'].map((from) => crowd.enter(from)),
    [true, true, false, true, true, false],
    'the third of an address, and the fifth in all',
  )
  t.equal(crowd.size, 4)
  crowd.leave('-')
  t.notOk(crowd.enter('192.0.2.1'))
  crowd.leave('192.0.2.1')
  t.ok(crowd.enter('192.0.2.1'), 'a place that is free again')
  for (const from of ['192.0.2.1', '192.0.2.1', '2001:db8::1']) crowd.leave(from)
  t.equal(crowd.size, 0)
  t.equal(crowd.mostTurnedAway, 1)
  t.equal(new Crowd({ connections: 10_000, connectionsPerAddress: 1 }).mostTurnedAway, 256)
  t.ok(
    Array.from({ length: 3 }).every(() => crowd.enter('-')),
    'a Unix socket has no address',
  )
})

t.test('one too many is told so, and noted', async (t) => {
  const log: string[] = []
  const site = siteWith({ logFormat: 'combined', log: (line) => void log.push(line) })
  const connection = new Connection({ id: 1 }, { remote: '192.0.2.1', secure: false })
  const text = Buffer.from(turnedAway(connection, site)).toString('latin1')
  const [answer, ...more] = answersIn(text)
  t.equal(more.length, 0)
  t.match(answer, { status: 503, body: 'overloaded: The server has no room for the request now. Try again soon.\n' })
  t.equal(answer?.fields.get('retry-after'), '1')
  t.equal(answer?.fields.get('connection'), 'close')
  t.ok(answer?.fields.has('date'))
  t.strictSame(log, ['192.0.2.1 - - [21/Nov/2026:02:41:00 +0000] "-" 503 72 "-" "-"'])
})
