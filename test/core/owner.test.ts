/** Names for running processes. */
import t from 'tap'
import { judge, machineOf, nowhere, ownerName, parseOwner, startOf } from '../../src/core/owner.ts'

const machine = machineOf('a name', 'an identifier', 'a boot', 'a namespace')
const owner = { ...machine, pid: 4321, started: '778899' }
const line = (state: string, started: string, command = 'node') =>
  `4321 (${command}) ${[state, ...Array.from({ length: 18 }, (_, at) => at), started, 5, 6].join(' ')}\n`

t.test('a name says whose it is, and can be read again', async (t) => {
  const { host, boot, space } = machine
  for (const mark of [host, boot, space]) t.match(mark, /^[0-9a-f]{12}$/)
  t.equal(ownerName(owner), `${host}-${boot}-${space}-4321-778899`)
  t.strictSame(parseOwner(ownerName(owner)), owner)
  const name = `${host}-${boot}-${space}`
  for (const wrong of ['', 'unique1', name, `${name}-0-1`, `${name}-1`, `${name}-1-1-1`, `x${name}-1-1`]) {
    t.equal(parseOwner(wrong), undefined, wrong)
  }
})

t.test('when a process started', async (t) => {
  t.equal(startOf(line('S', '778899')), '778899')
  t.equal(startOf(line('R', '778899', 'a) b (c')), '778899', 'whatever its command is called')
  t.equal(startOf(line('Z', '778899')), undefined, 'it has ended, and only has not been waited for')
  t.equal(startOf(line('X', '778899')), undefined)
  t.equal(startOf(''), undefined)
})

t.test('what is known of an owner', async (t) => {
  t.equal(judge(owner, machine, true, line('S', '778899')), 'running')
  t.equal(judge(owner, machine, true, line('S', '778900')), 'ended', 'another has its number now')
  t.equal(judge(owner, machine, true, line('Z', '778899')), 'ended')
  t.equal(judge(owner, machine, false, undefined), 'ended')
  t.equal(judge(owner, machine, true, undefined), 'unknown', 'it cannot be told apart from its successor')
  const judged = (...marks: Parameters<typeof machineOf>) => judge(owner, machineOf(...marks), false, undefined)
  t.equal(judged('a name', 'an identifier', 'a boot', 'another namespace'), 'unknown')
  t.equal(
    judged('a name', 'an identifier', 'another boot', 'another namespace'),
    'ended',
    'before the machine was booted',
  )
  t.equal(judged('another name', 'an identifier', 'another boot', 'a namespace'), 'unknown', 'a clone')
  t.equal(judged('a name', 'another identifier', 'another boot', 'a namespace'), 'unknown')
})

t.test('a machine without an identifier may be any other', async (t) => {
  const here = machineOf('a name', '', 'a boot', 'a namespace')
  t.equal(here.host, nowhere)
  const there = { ...machineOf('a name', '', 'another boot', 'a namespace'), pid: 1, started: '1' }
  t.equal(judge(there, here, false, undefined), 'unknown')
  t.not(machineOf('a name').boot, machineOf('another name').boot, 'nor does every system tell its boot')
})
