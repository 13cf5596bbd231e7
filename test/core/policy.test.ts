import { test } from 'tap'
import { type Action, allows, demand } from '../../src/core/policy.ts'

const actions: readonly Action[] = ['read', 'upload', 'create', 'move', 'copy', 'delete']

test('a read-only server reads, and nothing else; another does all', async (t) => {
  for (const action of actions) {
    t.equal(allows({ readOnly: false }, action), true, action)
    t.equal(allows({ readOnly: true }, action), action === 'read', `${action}, read-only`)
    t.doesNotThrow(() => demand({ readOnly: false }, action))
    if (action === 'read') t.doesNotThrow(() => demand({ readOnly: true }, action))
    else t.throws(() => demand({ readOnly: true }, action), { code: 'read_only', status: 403 })
  }
})
