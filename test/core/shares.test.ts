import t from 'tap'
import { defaultLimits } from '../../src/core/limits.ts'
import type { ServeOptions } from '../../src/core/options.ts'
import { shareOf } from '../../src/core/shares.ts'
import { quiet } from '../fixtures/quiet.ts'

const options: ServeOptions = { ...quiet, root: '/srv', cacheBytes: 1001, limits: { connections: 7, lingerTime: 5 } }

t.test('one loop has everything', async (t) => {
  t.equal(shareOf(options, 1), options)
})

t.test('several loops together have no more than one would', async (t) => {
  const share = shareOf(options, 4)
  t.strictSame(share, {
    ...options,
    cacheBytes: 250,
    limits: { connections: 1, sessions: defaultLimits.sessions / 4, lingerTime: 5 },
  })
  t.equal(shareOf({ ...quiet, root: '/srv' }, 2).limits?.connections, defaultLimits.connections / 2)
})

t.test('each can serve somebody', async (t) => {
  t.equal(shareOf(options, 100).limits?.connections, 1)
})
