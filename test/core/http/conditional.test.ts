/** Conditional requests (RFC 9110, section 13). */
import t from 'tap'
import { demandPreconditions, evaluate, rangeHolds, validatorsOf } from '../../../src/core/http/conditional.ts'
import { getWith } from '../../fixtures/request.ts'

/** 6 November 1994, 08:49:37.5 UTC. */
const status = {
  kind: 'file',
  size: 0x1f,
  mtimeNs: 784_111_777_500_000_000n,
  device: 1,
  inode: 2,
  permissions: 0o644,
} as const
const seen = validatorsOf(status)
const same = 'Sun, 06 Nov 1994 08:49:37 GMT'
const before = 'Sun, 06 Nov 1994 08:49:36 GMT'
const after = 'Sun, 06 Nov 1994 08:49:38 GMT'
const now = Date.UTC(2026, 10, 21)
const { etag } = seen

t.test('validators', async (t) => {
  t.strictSame(seen, { etag: '"1f-ae1b981da166f00"', modified: same, modifiedAt: 784_111_777_000 })
  t.not(validatorsOf({ ...status, mtimeNs: status.mtimeNs + 1n }).etag, etag, 'a nanosecond is another version')
  t.not(validatorsOf({ ...status, size: 0x20 }).etag, etag)
})

/** Section 13.2.2, step by step: fields, and the outcome for GET, for PUT, and for either when nothing is there. */
type Outcome = 'proceed' | 'unchanged' | 'failed'
const precedence: readonly (readonly [fields: Record<string, string>, get: Outcome, put: Outcome, absent: Outcome])[] =
  [
    [{}, 'proceed', 'proceed', 'proceed'],
    // Step 1: If-Match, by strong comparison (section 8.8.3.2).
    [{ 'If-Match': etag }, 'proceed', 'proceed', 'failed'],
    [{ 'If-Match': '"other"' }, 'failed', 'failed', 'failed'],
    [{ 'If-Match': `"other", ${etag}` }, 'proceed', 'proceed', 'failed'],
    [{ 'If-Match': `W/${etag}` }, 'failed', 'failed', 'failed'],
    [{ 'If-Match': `W/${etag},${etag}` }, 'proceed', 'proceed', 'failed'],
    [{ 'If-Match': '*' }, 'proceed', 'proceed', 'failed'],
    [{ 'If-Match': 'nonsense' }, 'failed', 'failed', 'failed'],
    [{ 'If-Match': etag.slice(1, -1) }, 'failed', 'failed', 'failed'],
    // Step 2: If-Unmodified-Since, only without If-Match.
    [{ 'If-Unmodified-Since': same }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-Unmodified-Since': after }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-Unmodified-Since': before }, 'failed', 'failed', 'proceed'],
    [{ 'If-Unmodified-Since': 'nonsense' }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-Match': etag, 'If-Unmodified-Since': before }, 'proceed', 'proceed', 'failed'],
    [{ 'If-Match': '"other"', 'If-Unmodified-Since': after }, 'failed', 'failed', 'failed'],
    // Step 3: If-None-Match, by weak comparison.
    [{ 'If-None-Match': etag }, 'unchanged', 'failed', 'proceed'],
    [{ 'If-None-Match': `W/${etag}` }, 'unchanged', 'failed', 'proceed'],
    [{ 'If-None-Match': `"other" , ${etag}` }, 'unchanged', 'failed', 'proceed'],
    [{ 'If-None-Match': '*' }, 'unchanged', 'failed', 'proceed'],
    [{ 'If-None-Match': '"other"' }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-None-Match': 'nonsense' }, 'proceed', 'proceed', 'proceed'],
    // Step 4: If-Modified-Since, only for GET and HEAD, and only without If-None-Match.
    [{ 'If-Modified-Since': same }, 'unchanged', 'proceed', 'proceed'],
    [{ 'If-Modified-Since': after }, 'unchanged', 'proceed', 'proceed'],
    [{ 'If-Modified-Since': before }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-Modified-Since': 'nonsense' }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-None-Match': '"other"', 'If-Modified-Since': after }, 'proceed', 'proceed', 'proceed'],
    [{ 'If-None-Match': etag, 'If-Modified-Since': before }, 'unchanged', 'failed', 'proceed'],
    // A precondition that fails comes before one that says unchanged, and one that holds leads on to it.
    [{ 'If-Match': '"other"', 'If-None-Match': etag }, 'failed', 'failed', 'failed'],
    [{ 'If-Match': etag, 'If-None-Match': etag }, 'unchanged', 'failed', 'failed'],
    [{ 'If-Match': etag, 'If-Modified-Since': same }, 'unchanged', 'proceed', 'failed'],
    [{ 'If-Unmodified-Since': same, 'If-None-Match': '*' }, 'unchanged', 'failed', 'proceed'],
    [{ 'If-Unmodified-Since': before, 'If-None-Match': '"other"' }, 'failed', 'failed', 'proceed'],
  ]

t.test('precedence of preconditions (section 13.2.2)', async (t) => {
  for (const [fields, get, put, absent] of precedence) {
    const what = JSON.stringify(fields)
    t.equal(evaluate(getWith(fields), seen, now), get, `GET ${what}`)
    t.equal(evaluate(getWith(fields, 'HEAD'), seen, now), get, `HEAD ${what}`)
    t.equal(evaluate(getWith(fields, 'PUT'), seen, now), put, `PUT ${what}`)
    t.equal(evaluate(getWith(fields), undefined, now), absent, `GET of nothing ${what}`)
    t.equal(evaluate(getWith(fields, 'PUT'), undefined, now), absent, `PUT of nothing ${what}`)
  }
})

t.test('a change whose preconditions do not hold is refused', async (t) => {
  for (const [fields, , put] of precedence) {
    const check = () => demandPreconditions(getWith(fields, 'PUT'), seen, now, '/a')
    if (put === 'failed') t.throws(check, { code: 'precondition_failed', message: /^\/a is not in the state/ })
    else t.doesNotThrow(check, JSON.stringify(fields))
  }
})

/** If-Range must name exactly this version (section 13.1.5). */
const ranges: readonly (readonly [field: string, holds: boolean])[] = [
  [etag, true],
  [` ${etag} `, true],
  ['"other"', false],
  [`W/${etag}`, false],
  [`${etag}, "other"`, false],
  [same, true],
  [before, false],
  [after, false],
  ['Sunday, 06-Nov-94 08:49:37 GMT', true],
  ['nonsense', false],
]
t.test('If-Range', async (t) => {
  t.equal(rangeHolds(getWith({}), seen, now), true, 'without the field')
  for (const [field, holds] of ranges) t.equal(rangeHolds(getWith({ 'If-Range': field }), seen, now), holds, field)
})
