import t from 'tap'
import { Attempts } from '../../../src/core/access/attempts.ts'
import { defaultLimits, type Limits } from '../../../src/core/limits.ts'

const limits: Limits = {
  ...defaultLimits,
  logins: 60,
  loginsAtOnce: 20,
  loginsPerAddress: 3,
  loginsPerUser: 5,
  loginMemory: 1000,
}
const ann = { name: 'ann', secret: 'hash' }

t.test('by address, by name, and in all', async (t) => {
  const attempts = new Attempts(limits, 'key')
  for (let i = 0; i < 3; i += 1) attempts.begin('a', 'ann', 0)
  t.throws(() => attempts.begin('a', 'bob', 0), {
    code: 'too_many_attempts',
    status: 429,
    headers: 'Retry-After: 20\r\n',
    message: 'There were too many attempts to log in. Try again in 20 seconds.',
  })
  t.throws(() => attempts.begin('a', 'bob', 19_999), { code: 'too_many_attempts', headers: 'Retry-After: 1\r\n' })
  t.doesNotThrow(() => attempts.begin('a', 'bob', 20_001), 'one comes back after a third of a minute')
  const others = new Attempts(limits, 'key')
  for (let i = 0; i < 5; i += 1) others.begin(`a${i}`, 'ann', 0)
  t.throws(
    () => others.begin('b', 'ann', 0),
    { code: 'too_many_attempts', headers: 'Retry-After: 12\r\n' },
    'from whatever address',
  )
  for (let i = 0; i < 15; i += 1) others.begin(`b${i}`, `name${i}`, 0)
  t.throws(
    () => others.begin('c', 'carl', 0),
    { code: 'too_many_attempts', headers: 'Retry-After: 1\r\n' },
    'whoever it is',
  )
  t.doesNotThrow(() => others.begin('c', 'carl', 1000))
  t.throws(() => others.begin('c2', 'carl2', 1000), { code: 'too_many_attempts' })
})

t.test('what was right does not count against anybody, and is remembered', async (t) => {
  const attempts = new Attempts(limits, 'key')
  for (let i = 0; i < 10; i += 1) {
    attempts.begin('a', 'ann', 0)
    attempts.succeed('a', ann, 'pw', 0)
  }
  t.equal(attempts.remembers(ann, 'pw', 999), true)
  t.equal(attempts.remembers(ann, 'pw', 1000), false)
  t.equal(attempts.remembers(ann, 'PW', 0), false)
  t.equal(attempts.remembers({ ...ann, secret: 'another' }, 'pw', 0), false, 'not once the password is another')
  t.equal(attempts.remembers({ ...ann, name: 'bob' }, 'pw', 0), false)
  attempts.begin('a', 'bob', 2000)
  attempts.succeed('a', { name: 'bob', secret: 'hash' }, 'pw', 2000)
  t.equal(attempts.remembers(ann, 'pw', 0), false, 'what is too old is forgotten')
})

t.test('what is kept is bounded', async (t) => {
  const attempts = new Attempts({ ...limits, logins: 1e9, loginsAtOnce: 1e9 }, 'key')
  attempts.begin('first', 'ann', 0)
  attempts.begin('first', 'ann', 0)
  attempts.begin('first', 'ann', 0)
  for (let i = 0; i < 10_000; i += 1) attempts.begin(`a${i}`, `n${i}`, 0)
  t.doesNotThrow(() => attempts.begin('first', 'x', 0), 'the one used longest ago is forgotten')
  for (let i = 0; i <= 10_000; i += 1) attempts.succeed('a', { name: `n${i}`, secret: 's' }, 'pw', 0)
  t.equal(attempts.remembers({ name: 'n0', secret: 's' }, 'pw', 0), false)
  t.equal(attempts.remembers({ name: 'n1', secret: 's' }, 'pw', 0), true)
})
