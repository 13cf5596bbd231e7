/** What one request may wait for its peer, all in all. */
import t from 'tap'
import { Pace } from '../../../src/core/http/pace.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { converse } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'
import type { Arrival } from '../../fixtures/script.ts'
import { rpc } from '../../fixtures/session.ts'
import { stage } from '../../fixtures/session-stage.ts'

t.test('the sum of the waits is bounded, and what has gone over the connection gives more time', async (t) => {
  const limits = { ...defaultLimits, requestTime: 1000, requestRate: 100 }
  const pace = new Pace()
  t.equal(pace.within(300, limits), 300)
  pace.spend(900, 0)
  t.equal(pace.within(300, limits), 100)
  pace.spend(200, 0)
  t.equal(pace.within(300, limits), 0, 'never less than nothing')
  pace.spend(0, 150)
  t.equal(pace.within(1000, limits), 400, '150 bytes take 1,500 ms')
  t.equal(pace.within(10_000, limits, 50), 900, 'and so does what is coming')
  pace.begin()
  t.equal(pace.within(10_000, limits), 1000)
})

const bytes = (text: string) => Buffer.from(text, 'latin1')
const put = bytes(textOf('PUT /n HTTP/1.1', { 'Content-Length': '100000' }))
const drip = (count: number, pause: number): Arrival[] =>
  Array.from({ length: count }, () => [{ pause }, Buffer.alloc(1000, 'x')]).flat()

t.test('a body that is never silent for long', async (t) => {
  const slow = [put, ...drip(100, 900)]
  const late = converse(slow, { limits: { requestTime: 50_000, requestRate: 10_000 } })
  t.equal(late.answers[0]?.status, 408)
  t.equal(late.environment.time, 51_000, 'at its time: the clock began at 1,000')
  t.equal(converse(slow, { limits: { requestTime: 50_000, requestRate: 1000 } }).answers[0]?.status, 201)
  t.equal(converse(slow, { limits: { requestTime: 91_000, requestRate: 10_000 } }).answers[0]?.status, 201)
})

t.test('the time of the header section counts', async (t) => {
  const slow = [bytes('GET /a HTTP/1.1\r\n'), { pause: 6000 }, bytes('Host: localhost\r\n\r\n')]
  t.equal(converse(slow, { tree: { a: 'a' }, limits: { requestTime: 7000 } }).answers[0]?.status, 200)
  t.equal(converse(slow, { tree: { a: 'a' }, limits: { requestTime: 5000 } }).answers[0]?.status, 408)
})

/** A reader that takes its time over each piece, and a rate below which that is too long. @returns the fate, and the time */
function read(content: string, requestRate: number, sendTime = 10_000) {
  const limits = { requestTime: 45_000, requestRate, sendPiece: 1000 }
  const prepare = ({ peer }: { peer: { sendTime: number } }) => {
    peer.sendTime = sendTime
  }
  const { fates, environment, log } = converse([bytes(textOf('GET /a HTTP/1.1'))], {
    tree: { a: content },
    limits,
    prepare,
  })
  return { fate: fates[0], time: environment.time - 1000, status: / (\d+) \d+$/.exec(log[0] ?? '')?.[1] }
}

t.test('an answer whose reader is slow is cut, whether it goes by send or by sendfile', async (t) => {
  t.strictSame(read('x'.repeat(50_000), 1_000_000), { fate: 'keep', time: 10_000, status: '200' })
  const large = 'x'.repeat(100_000)
  // The header section, and the file: two waits.
  t.strictSame(read(large, 1_000_000), { fate: 'keep', time: 20_000, status: '200' })
  t.strictSame(read(large, 1_000_000, 23_000), { fate: 'abort', time: 45_000, status: '200' })
  t.strictSame(
    read(large, 2000, 23_000),
    { fate: 'keep', time: 46_000, status: '200' },
    'there is time for what is large',
  )
})

t.test('being told to go on is a wait too', async (t) => {
  const head = bytes(textOf('PUT /n HTTP/1.1', { 'Content-Length': '5', Expect: '100-continue' }))
  const prepare = ({ peer }: { peer: { sendTime: number } }) => {
    peer.sendTime = 4000
  }
  const limits = { requestTime: 10_000 }
  const wait = (pause: number) => converse([head, { pause }, bytes('12345')], { limits, prepare })
  t.equal(wait(1000).answers.at(-1)?.status, 201)
  t.strictSame(wait(6001).fates, ['abort'], 'nor is there time to say that it is over')
})

t.test('a message in a session, and its answer', async (t) => {
  const made = stage([rpc(1, 'pwd'), rpc(2, 'pwd')], { limits: { requestTime: 5000 } })
  made.peer.sendTime = 4000
  t.equal(made.turn(), 'keep')
  t.equal(made.turn(), 'keep', 'each has its own time')
  made.peer.sendTime = 6000
  const slow = stage([rpc(1, 'pwd')], { limits: { requestTime: 5000 } })
  slow.peer.sendTime = 6000
  t.equal(slow.turn(), 'abort')
})
