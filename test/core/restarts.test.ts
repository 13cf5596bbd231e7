import t from 'tap'
import { Restarts } from '../../src/core/restarts.ts'

t.test('each restart waits twice as long as the one before, up to a bound', async (t) => {
  const restarts = new Restarts()
  const delays: number[] = []
  for (let now = 0; delays.length < 11; now += 1000) {
    restarts.started(now)
    delays.push(restarts.ended(now + 500))
  }
  t.strictSame(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
})

t.test('what has run for a minute begins anew', async (t) => {
  const restarts = new Restarts()
  restarts.started(0)
  t.equal(restarts.ended(1), 100)
  restarts.started(1000)
  t.equal(restarts.ended(60_999), 200, 'not quite a minute')
  restarts.started(100_000)
  t.equal(restarts.ended(160_000), 100)
})
