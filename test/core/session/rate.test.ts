/** So much a second, and as much at once. */
import t from 'tap'
import { Allowance } from '../../../src/core/session/rate.ts'

/** How many can be taken now. */
function drain(allowance: Allowance, now: number): number {
  let count = 0
  while (allowance.take(now)) count += 1
  return count
}

t.test('it fills by the time that has passed, and not beyond a second’s worth', async (t) => {
  const allowance = new Allowance(10, 1000)
  t.equal(drain(allowance, 1000), 10)
  t.equal(drain(allowance, 1099), 0)
  t.equal(drain(allowance, 1100), 1)
  t.equal(drain(allowance, 1350), 2)
  t.equal(drain(allowance, 1400), 1, 'what is less than one is kept')
  t.equal(drain(allowance, 60_000), 10)
})
