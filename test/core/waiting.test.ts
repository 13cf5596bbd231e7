/** How long a slow peer can keep others waiting. */
import t from 'tap'
import { blockingLimits, defaultLimits, limitsOf } from '../../src/core/limits.ts'
import { longestHold, longestWait, partsOf, tickOf } from '../../src/core/waiting.ts'

const second = 1000
const minute = 60 * second
const MiB = 1024 ** 2
const GiB = 1024 ** 3

t.test('part by part, with the limits as they are', async (t) => {
  const { head, body, answer } = partsOf(defaultLimits, { body: 0, answer: 0 })
  t.strictSame({ head, body, answer }, { head: 10 * second, body: 0, answer: 30 * second }, 'a request for nothing')
  t.equal(partsOf(defaultLimits, { body: 1, answer: 0 }).body, 90 * second, 'told to go on, silence, and silence')
  t.equal(partsOf(defaultLimits, { body: 100 * 1024, answer: 0 }).body, 160 * second, '100 s at the lowest rate')
  t.equal(partsOf(defaultLimits, { body: 0, answer: 256 * 1024 }).answer, minute)
  t.equal(partsOf(defaultLimits, { body: 0, answer: 256 * 1024 + 1 }).answer, 90 * second)
})

t.test('all in all', async (t) => {
  const limits = limitsOf(blockingLimits)
  t.equal(longestHold(limits, { body: 0, answer: 0 }), 41 * second, 'and a tick to notice it')
  t.equal(longestHold(limits, { body: 0, answer: 4 * GiB }), 10 * minute + second)
  t.equal(longestHold(limits, { body: 4 * GiB, answer: 0 }), 10 * minute + second)
  t.equal(longestHold(limits, { body: 0, answer: 10_000 * MiB }), 1001 * second, 'so much takes longer at 10 MiB/s')
  t.equal(longestWait(limits, { body: 0, answer: 0 }, 3), 123 * second)
  t.equal(tickOf({ ...limits, sendStall: 100 }), 25)
  t.equal(tickOf({ ...limits, sendStall: 1 }), 1)
})
