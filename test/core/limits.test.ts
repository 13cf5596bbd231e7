/** Every bound has its sentence in docs/limits.md. */
import t from 'tap'
import { blockingLimits, defaultLimits, limitsOf } from '../../src/core/limits.ts'
import { limitsPage, limitsTable } from '../fixtures/limits-table.ts'

t.test('docs/limits.md has the table that src/core/limits.ts makes', async (t) => {
  const { is, wanted } = limitsPage()
  const command = 'node --import=./scripts/typescript.js test/fixtures/limits-table.ts'
  t.equal(is, wanted, `write it anew: ${command}`)
  t.equal(limitsTable().split('\n').length, Object.keys(defaultLimits).length + 3, 'a row for each')
})

t.test('what is changed, and what is not', async (t) => {
  t.strictSame(limitsOf(undefined), defaultLimits)
  t.strictSame(limitsOf({ idleTime: 7 }), { ...defaultLimits, idleTime: 7 })
  t.ok((blockingLimits.requestTime as number) < defaultLimits.requestTime)
})
