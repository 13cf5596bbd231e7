/** Whose an upload is, and what it takes to finish it. */
import t from 'tap'
import { Access, allowedBy } from '../../../src/core/policy.ts'
import { accessTo, member, rules } from '../../fixtures/access.ts'
import { run } from '../../fixtures/site.ts'
import { metadata } from '../../fixtures/tus.ts'
import { add, begun, content, siteOf, stand, stateIn } from '../../fixtures/uploads.ts'

const half = content.slice(0, 12)
const rest = content.slice(12)
const ann = member('/:rw')
const bob = new Access(allowedBy({ readOnly: false }), [], { user: 'bob', own: rules('/:rw') })

t.test('nobody goes on with an upload of another', async (t) => {
  const ours = begun({ user: 'ann' })
  t.equal(run(add(siteOf(ours, 'me', { everybody: ann }), 0, half), ours), 12)
  for (const everybody of [bob, accessTo({})]) {
    const theirs = siteOf(ours, 'me', { everybody })
    t.throws(() => run(stand(theirs), ours), { code: 'not_found', message: 'The upload first1 does not exist.' })
    t.throws(() => run(add(theirs, 12, rest), ours), { code: 'not_found' })
  }
  const open = begun()
  t.throws(() => run(stand(siteOf(open, 'me', { everybody: ann })), open), { code: 'not_found' })
  t.equal(ours.openCount, 0)
})

t.test('it is finished by the rights of then, and waits for them', async (t) => {
  const over = metadata({ path: 'new', overwrite: '' })
  const rows = [
    [{}, {}, accessTo({ readOnly: true }), 'read_only'],
    [{ metadata: over }, { new: 'old' }, accessTo({ allow: ['upload'] }), 'forbidden'],
  ] as const
  for (const [details, tree, everybody, code] of rows) {
    const memory = begun(details, tree, half)
    const before = memory.snapshot()
    t.throws(() => run(add(siteOf(memory, 'me', { everybody }), 12, rest), memory), { code })
    t.strictSame(memory.snapshot(), before)
    t.strictSame(stateIn(memory), { 'free.32.0': '', 'data.0.0': content }, 'with all its bytes')
    t.equal(run(stand(siteOf(memory, 'me')), memory).done, true)
    t.equal(memory.snapshot().new, content)
  }
})
