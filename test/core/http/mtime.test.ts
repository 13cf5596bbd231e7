/** The time of a file as clients send it. */
import t from 'tap'
import { mtimeOf } from '../../../src/core/http/mtime.ts'

t.test('seconds since 1970', async (t) => {
  const rows: Readonly<Record<string, bigint>> = {
    '0': 0n,
    '1700000000': 1_700_000_000_000_000_000n,
    '1700000000.5': 1_700_000_000_500_000_000n,
    '1700000000.123456789': 1_700_000_000_123_456_000n,
    '1700000000.1234567891234': 1_700_000_000_123_456_000n,
    '9999999999.000001': 9_999_999_999_000_001_000n,
  }
  for (const [text, wanted] of Object.entries(rows)) t.equal(mtimeOf(text, 'X-OC-Mtime'), wanted, text)
  t.equal(mtimeOf(undefined, 'X-OC-Mtime'), undefined)
})

t.test('anything else is refused', async (t) => {
  for (const text of ['', ' 1', '-1', '1.', '.5', '1e9', '10000000000', '1,5', 'now', '0x10']) {
    t.throws(() => mtimeOf(text, 'X-OC-Mtime'), { code: 'bad_parameter' }, text)
  }
  t.throws(() => mtimeOf('now', 'X-OC-Mtime'), {
    message: /X-OC-Mtime must be the seconds since 1970, such as 1700000000 or 1700000000.25/,
  })
})
