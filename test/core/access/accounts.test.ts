import t from 'tap'
import { Accounts } from '../../../src/core/access/accounts.ts'
import { pathFromText } from '../../../src/core/paths.ts'
import { allowedBy } from '../../../src/core/policy.ts'
import { accountsOf, authOf, hashOf } from '../../fixtures/accounts.ts'
import { MemoryFiles } from '../../fixtures/memory.ts'
import { run, siteOn } from '../../fixtures/site.ts'

const allowed = allowedBy({ readOnly: false })
const file = '/etc/users'

t.test('nobody to log in as: everybody may do everything', async (t) => {
  const accounts = new Accounts(allowed, undefined)
  t.strictSame([accounts.any, accounts.changing, accounts.insecure, accounts.fallbackKey], [false, false, false, ''])
  t.equal(accounts.everybody.may('delete', []), true)
  run(accounts.open(), new MemoryFiles())
  run(accounts.freshen(siteOn(new MemoryFiles())), new MemoryFiles())
})

t.test('users, and everybody else', async (t) => {
  const accounts = accountsOf(['ann:pw', 'bob:pw@/bob', '@/pub'], { insecure: true })
  t.strictSame([accounts.any, accounts.insecure, accounts.fallbackKey], [true, true, 'fallback'])
  t.equal(accounts.find('ann')?.access.may('delete', []), true)
  t.equal(accounts.find('bob')?.access.may('delete', []), false)
  t.equal(accounts.find('bob')?.access.may('delete', ['bob', 'x']), true)
  t.equal(accounts.find('bob')?.access.may('read', ['pub']), true)
  t.equal(accounts.find('carl'), undefined)
  t.equal(accounts.everybody.may('read', ['pub']), true)
  t.throws(() => accounts.everybody.demand('read', pathFromText('/x')), { code: 'unauthorized' })
  t.equal(accounts.decoy.cost.ln, 1, 'as costly as theirs')
  t.equal(accountsOf(['@/pub']).decoy.cost.ln, 15)
  t.equal(accountsOf(['@/pub']).any, false)
  t.equal(accountsOf(['ann:pw@/a', 'ann:pw@/b']).find('ann')?.access.may('upload', ['b', 'x']), true)
})

t.test('what contradicts itself', async (t) => {
  t.throws(() => accountsOf(['ann:pw@/a', 'ann:other@/b']), { message: 'ann has two passwords' })
  t.throws(() => accountsOf(['ann:pw@/a', 'ann:pw@/a']), { message: 'ann has rights to /a twice' })
  t.throws(() => accountsOf(['@/a', '@/a:rw']), { message: 'everybody has rights to /a twice' })
})

function stage(text: string) {
  const memory = new MemoryFiles()
  memory.configurations.set(file, text)
  const site = siteOn(memory)
  const log: string[] = []
  const accounts = new Accounts(allowed, authOf(['root:pw'], { file }))
  const watched = { ...site, log: (line: string) => void log.push(line) }
  const later = (changed: string | undefined) => {
    if (changed === undefined) memory.configurations.delete(file)
    else memory.configurations.set(file, changed)
    site.clock.now += 1000
    run(accounts.freshen(watched), memory)
  }
  return { memory, site, log, accounts, later, watched }
}
const line = (name: string, password: string, paths = '') => `${name}:${hashOf(password)}${paths}\n`

t.test('a file of users, read at the start and when it has changed', async (t) => {
  const { accounts, later, log, memory, site, watched } = stage(line('ann', 'pw') + line('bob', 'pw'))
  t.equal(accounts.any, true)
  run(accounts.open(), memory)
  const [ann, bob, root] = ['ann', 'bob', 'root'].map((name) => accounts.find(name)?.access)
  t.ok(ann && bob && root)
  const { everybody } = accounts
  later(line('ann', 'pw') + line('bob', 'another') + line('carl', 'pw'))
  t.equal(accounts.find('ann')?.access, ann, 'who is as before stays logged in')
  t.equal(accounts.everybody, everybody)
  t.strictSame([ann?.revoked, bob?.revoked, root?.revoked, everybody.revoked], [false, true, false, false])
  t.ok(accounts.find('carl'))
  later(`${line('ann', 'pw', '@/a')}@/pub\n`)
  t.strictSame([ann?.revoked, everybody.revoked], [true, true], 'other rights')
  t.equal(accounts.find('bob'), undefined)
  memory.configurations.set(file, line('dora', 'pw'))
  run(accounts.freshen(watched), memory)
  t.equal(accounts.find('dora'), undefined, 'not before a second has passed')
  site.clock.now += 1000
  run(accounts.freshen(watched), memory)
  t.ok(accounts.find('dora'))
  t.strictSame(log, [])
})

t.test('a file that cannot be used any more', async (t) => {
  const { accounts, later, log, memory } = stage(line('ann', 'pw'))
  run(accounts.open(), memory)
  later(undefined)
  later(undefined)
  t.ok(accounts.find('ann'), 'changes nothing')
  later('nonsense\n')
  later('nonsense\n')
  t.ok(accounts.find('ann'))
  later(line('bob', 'pw'))
  t.ok(accounts.find('bob'))
  later(undefined)
  t.strictSame(
    log.map((each) => /\((ENOENT|line 1)/.exec(each)?.[1]),
    ['ENOENT', 'line 1', 'ENOENT'],
    'it is told once',
  )
  memory.failOn('readConfiguration', 1, 'EACCES')
  later(line('bob', 'pw'))
  t.match(
    log.at(-1),
    /twinserve: the file of users \/etc\/users cannot be used \(EACCES\), and they stay as they were\./,
  )
  const broken = stage(line('ann', 'pw'))
  broken.memory.before('readConfiguration', 1, () => {
    throw new TypeError('a mistake')
  })
  t.throws(() => broken.later(line('ann', 'pw')), TypeError)
  t.throws(() => run(stage('nonsense').accounts.open(), stage('nonsense').memory), { name: 'BadEntry' })
})
