import t from 'tap'
import type { Account } from '../../../src/core/access/accounts.ts'
import { cookieIn, cookieName, ownerOf, tokenFor } from '../../../src/core/access/token.ts'
import { accountsOf } from '../../fixtures/accounts.ts'

const accounts = accountsOf(['ann:pw', 'bob:pw', 'ü:pw'])
const ann = accounts.find('ann') as Account
const find = (name: string) => accounts.find(name)

t.test('a token is good for its user, until its end, with its key and password', async (t) => {
  const token = tokenFor(ann, 'key', 100)
  const owner = (text: string, now = 99_999, key = 'key', by = find) => ownerOf(text, key, now, by)?.name
  t.equal(owner(token), 'ann')
  t.equal(owner(tokenFor(accounts.find('ü') as Account, 'key', 100)), 'ü')
  t.equal(owner(token, 100_000), undefined)
  t.equal(owner(token, 0, 'another key'), undefined)
  t.equal(
    owner(token, 0, 'key', () => undefined),
    undefined,
    'somebody who is gone',
  )
  t.equal(
    owner(token, 0, 'key', (name) => accountsOf(['ann:new']).find(name)),
    undefined,
    'another password',
  )
  const [name, until, signed] = token.split('.') as [string, string, string]
  const bob = Buffer.from('bob').toString('base64url')
  const forged = [`${bob}.${until}.${signed}`, `${name}.101.${signed}`, `${name}.${until}.${'A'.repeat(43)}`]
  for (const each of [...forged, '', 'x', `${name}.${until}`, `${token}A`, `${name}.1e9.${signed}`]) {
    t.equal(owner(each, 0), undefined, each)
  }
})

t.test('cookies', async (t) => {
  t.match(cookieName('key', false), /^twinserve-[0-9a-f]{8}$/)
  t.equal(cookieName('key', true), `__Host-${cookieName('key', false)}`)
  t.not(cookieName('other', false), cookieName('key', false))
  t.equal(cookieIn('a=1; b=2;c=3', 'b'), '2')
  t.equal(cookieIn('a=1; b=2;c=3=4', 'c'), '3=4')
  t.equal(cookieIn('ab=1; =x; b', 'b'), undefined)
  t.equal(cookieIn(undefined, 'b'), undefined)
})
