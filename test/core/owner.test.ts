/** Names for running processes. */
import t from 'tap'
import { judge, machineOf, ownerName, parseOwner, startOf } from '../../src/core/owner.ts'

const machine = machineOf('a boot', 'a namespace')
const owner = { machine, pid: 4321, started: '778899' }
const line = (state: string, started: string, command = 'node') =>
  `4321 (${command}) ${[state, ...Array.from({ length: 18 }, (_, at) => at), started, 5, 6].join(' ')}\n`

t.test('a name says whose it is, and can be read again', async (t) => {
  t.match(machine, /^[0-9a-f]{12}$/)
  t.not(machineOf('a boot', 'another namespace'), machine)
  t.equal(ownerName(owner), `${machine}-4321-778899`)
  t.strictSame(parseOwner(ownerName(owner)), owner)
  for (const name of [
    '',
    'unique1',
    machine,
    `${machine}-0-1`,
    `${machine}-1`,
    `${machine}-1-1-1`,
    `x${machine}-1-1`,
  ]) {
    t.equal(parseOwner(name), undefined, name)
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
  t.equal(judge(owner, machineOf('another boot'), false, undefined), 'unknown')
})
