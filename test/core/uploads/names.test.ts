import fc from 'fast-check'
import t from 'tap'
import {
  coverage,
  isUploadId,
  type Part,
  parsePart,
  parseToken,
  partName,
  type Token,
  tokenName,
} from '../../../src/core/uploads/names.ts'

const count = fc.maxSafeNat().filter((n) => n < 1e16)
const owner = fc.stringMatching(/^[a-z0-9-]{1,40}$/)
const unique = fc.stringMatching(/^[A-Za-z0-9]{1,32}$/)
const tokens: fc.Arbitrary<Token> = fc.oneof(
  fc.record({ kind: fc.constant('free' as const), offset: count, part: count }),
  fc.record({
    kind: fc.constant('held' as const),
    offset: count,
    part: count,
    mode: fc.constantFrom('grow' as const, 'checked' as const),
    owner,
    unique,
  }),
  fc.record({ kind: fc.constant('whole' as const), part: count, owner, unique }),
  fc.record({ kind: fc.constantFrom('done' as const, 'gone' as const) }),
)

t.test('a token is what its name says', async (t) => {
  const same = (token: Token) => {
    const name = tokenName(token)
    t.ok(name.length < 200 && !name.includes('/'))
    return JSON.stringify(parseToken(name)) === JSON.stringify(token)
  }
  fc.assert(fc.property(tokens, same))
  t.equal(tokenName({ kind: 'free', offset: 5, part: 0 }), 'free.5.0')
  t.equal(
    tokenName({ kind: 'held', offset: 5, part: 1, mode: 'grow', owner: 'me-1', unique: 'a' }),
    'held.5.1.grow.me-1.a',
  )
  t.equal(tokenName({ kind: 'whole', part: 2, owner: 'me', unique: 'a' }), 'whole.2.me.a')
})

t.test('what is no token', async (t) => {
  for (const name of [
    '',
    'info',
    'free',
    'free.1',
    'free.01.0',
    'free.1.0 ',
    'free.-1.0',
    'free.1.0.x',
    'free.12345678901234567.0',
    'held.1.0.grow.me',
    'held.1.0.other.me.a',
    'held.1.0.grow.ME.a',
    'whole.1.me',
    'whole.me.a',
    'done.1',
    'Done',
    'data.0.0',
  ]) {
    t.equal(parseToken(name), undefined, name)
  }
})

t.test('parts', async (t) => {
  t.strictSame(parsePart(partName(3, 17)), { name: 'data.3.17', number: 3, start: 17 })
  for (const name of ['data', 'data.1', 'data.1.x', 'data.01.1', 'free.0.0', 'data.1.2.3']) {
    t.equal(parsePart(name), undefined, name)
  }
})

t.test('names of uploads', async (t) => {
  for (const name of ['a', '0123456789abcdef', 'A'.repeat(64)]) t.ok(isUploadId(name), name)
  for (const name of ['', '.', '..', 'a/b', 'a.b', 'a b', 'ä', 'a\n', 'A'.repeat(65), '%41'])
    t.notOk(isUploadId(name), name)
})

t.test('which parts hold the bytes', async (t) => {
  const part = (number: number, start: number): Part => ({ name: partName(number, start), number, start })
  type Row = readonly [what: string, parts: [number, number][], last: number, covering: number[]]
  const rows: readonly Row[] = [
    ['one', [[0, 0]], 0, [0]],
    [
      'two, in any order',
      [
        [1, 9],
        [0, 0],
      ],
      1,
      [0, 1],
    ],
    ['one that has not been begun', [[0, 0]], 1, [0]],
    [
      'one beyond the last',
      [
        [0, 0],
        [1, 9],
      ],
      0,
      [0],
    ],
    [
      'one that was taken over before it had any bytes',
      [
        [0, 0],
        [1, 9],
        [2, 9],
      ],
      2,
      [0, 2],
    ],
    [
      'one that begins before the one before it',
      [
        [0, 0],
        [1, 9],
        [2, 5],
      ],
      2,
      [0, 2],
    ],
    [
      'put together',
      [
        [0, 0],
        [1, 9],
        [2, 0],
      ],
      2,
      [2],
    ],
    [
      'put together, and begun late',
      [
        [1, 9],
        [2, 0],
      ],
      2,
      [2],
    ],
    [
      'numbers beyond nine',
      [
        [0, 0],
        [2, 3],
        [10, 7],
      ],
      10,
      [0, 2, 10],
    ],
    ['named', [], 0, []],
    ['named, and begun late', [[1, 9]], 2, []],
  ]
  for (const [what, parts, last, covering] of rows) {
    const found = coverage(
      parts.map(([number, start]) => part(number, start)),
      last,
    )
    t.strictSame(
      found.map(({ number }) => number),
      covering,
      what,
    )
  }
})
