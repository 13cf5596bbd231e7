/** Multipart bodies that cannot be read, cut at every place; and the boundary of a Content-Type. */
import t from 'tap'
import { boundaryOf } from '../../../src/core/http/multipart.ts'
import type { Limits } from '../../../src/core/limits.ts'
import { end, everywhere, part } from '../../fixtures/multipart.ts'

const cut = /^The body cannot be read: it ends before its last boundary\. /
const noName = /^The body cannot be read: a part has no name\. /

/** What cannot be read, and why. */
const broken: readonly (readonly [what: string, body: string, message: RegExp, limits?: Partial<Limits>])[] = [
  ['nothing', '', cut],
  ['no boundary at all', 'hello', cut],
  ['another boundary', '--abc\r\n\r\nhello\r\n--abc--\r\n', cut],
  ['no last boundary', part('name="file"; filename="f"', 'content'), cut],
  ['the last boundary without its end', `${part('name="file"; filename="f"', 'content')}--xyz-`, cut],
  ['it ends within a header section', '--xyz\r\nContent-Disp', cut],
  [
    'a part that ends within its header section',
    `--xyz\r\nContent-Disposition: x\r\n${end}`,
    /a part ends within its header section/,
  ],
  ['no header section', `--xyz\r\n\r\ncontent\r\n${end}`, noName],
  ['no disposition', `--xyz\r\nContent-Type: text/plain\r\n\r\ncontent\r\n${end}`, noName],
  ['no name', part('filename="f"', 'content') + end, noName],
  ['a name that does not end', part('name="file', 'content') + end, noName],
  [
    'another field with the name in it',
    `--xyz\r\nX-Content-Disposition: form-data; name="file"\r\n\r\nx\r\n${end}`,
    noName,
  ],
  [
    'too long a header section',
    part('name="n"', 'x', `X: ${'y'.repeat(100)}\r\n`) + end,
    /too long a header section/,
    { partHeaderBytes: 80 },
  ],
  ['one without end', `--xyz\r\n${'y'.repeat(100)}`, /too long a header section/, { partHeaderBytes: 80 }],
  [
    'too many parts',
    part('name="a"', '') + part('name="b"', '') + part('name="c"', '') + end,
    /more than 2 parts/,
    { parts: 2 },
  ],
]

t.test('what cannot be read, cut at every place', async (t) => {
  for (const [what, body, message, limits] of broken) everywhere(t, body, message, what, limits)
})

t.test('the boundary of a Content-Type', async (t) => {
  const most = 'b'.repeat(70)
  const fields: Record<string, string | undefined> = {
    'multipart/form-data; boundary=abc': 'abc',
    'multipart/form-data;boundary=abc;charset=utf-8': 'abc',
    'multipart/form-data; charset=utf-8; Boundary="a b:c"': 'a b:c',
    [`multipart/form-data; boundary=${most}`]: most,
    [`multipart/form-data; boundary=${most}b`]: undefined,
    [`multipart/form-data; boundary="${most}b"`]: undefined,
    'multipart/form-data; boundary=abc ': 'abc',
    'multipart/form-data; boundary=': undefined,
    'multipart/form-data; boundary=""': undefined,
    'multipart/form-data; boundary="abc': undefined,
    'multipart/form-data': undefined,
  }
  for (const [field, boundary] of Object.entries(fields)) {
    if (boundary === undefined)
      t.throws(() => boundaryOf(field), { code: 'bad_body', message: /has no boundary/ }, field)
    else t.equal(boundaryOf(field), boundary, field)
  }
})
