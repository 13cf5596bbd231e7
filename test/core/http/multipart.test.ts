/** Multipart bodies (RFC 2046, section 5.1; RFC 7578), cut at every place. */
import t from 'tap'
import { Multipart } from '../../../src/core/http/multipart.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import { end, everywhere, outcome, over, part, type Read } from '../../fixtures/multipart.ts'
import { already, CallFailure, pure } from '../../fixtures/script.ts'

const file = (bytes: string, filename = 'f') => [{ field: 'file', filename, bytes }]

/** Bodies, and what is in them. */
const bodies: readonly (readonly [what: string, body: string, parts: Read[]])[] = [
  [
    'a field and a file',
    part('name="directory"', '/docs') +
      part('name="file"; filename="f"', 'content', 'Content-Type: text/plain\r\n') +
      end,
    [{ field: 'directory', filename: undefined, bytes: '/docs' }, ...file('content')],
  ],
  ['nothing but the end', end, []],
  ['an empty file field', part('name="file"; filename=""', '') + end, file('', '')],
  ['an empty file', part('name="file"; filename="f"', '') + end, file('')],
  [
    'before the first boundary (5.1.1)',
    `preamble\r\n--xy\r\n${part('name="file"; filename="f"', 'x')}${end}`,
    file('x'),
  ],
  ['behind the last', `${part('name="file"; filename="f"', 'x')}--xyz-- \r\nepilogue\r\n--xyz\r\n`, file('x')],
  [
    'white space behind a boundary',
    `--xyz \t\r\nContent-Disposition: x; name="file"; filename="f"\r\n\r\nx\r\n${end}`,
    file('x'),
  ],
  ['line ends in a file', part('name="file"; filename="f"', '\r\n\r\n\n\r') + end, file('\r\n\r\n\n\r')],
  [
    'what looks like a boundary',
    part('name="file"; filename="f"', ' --xyz\n--xyz \r\n--xy\r\n-xyz\r\r\n--xy--xyz\r\n\r\n--') + end,
    file(' --xyz\n--xyz \r\n--xy\r\n-xyz\r\r\n--xy--xyz\r\n\r\n--'),
  ],
  ['names in UTF-8', part('name="file"; filename="Ünï ☃ 𝄞\u2028.txt"', 'ß') + end, file('ß', 'Ünï ☃ 𝄞\u2028.txt')],
  [
    'quotes and line ends in names, as browsers escape them',
    part('name="file"; filename="a%22b%0d%0Ac%25"', 'x') + end,
    file('x', 'a"b\r\nc%25'),
  ],
  ['a backslash is one', part('name="file"; filename="a\\b"', 'x') + end, file('x', 'a\\b')],
  ['a semicolon in a name', part('name="file"; filename="a;name=b"', 'x') + end, file('x', 'a;name=b')],
  ['without quotes', part('name=file; filename=f', 'x') + end, file('x')],
  [
    'fields in any case, and others before',
    `--xyz\r\nX: y\r\nCONTENT-DISPOSITION:form-data;NAME="file";FILENAME="f"\r\n\r\nx\r\n${end}`,
    file('x'),
  ],
  ['a name in capitals is another', `${part('name="file"; filename="F"', 'x')}${end}`, file('x', 'F')],
]

t.test('bodies, cut at every place', async (t) => {
  for (const [what, body, parts] of bodies) everywhere(t, body, parts, what)
})

t.test('a header section exactly as long as allowed', async (t) => {
  const head = '\r\nContent-Disposition: form-data; name="n"'
  const body = part('name="n"', 'x') + end
  everywhere(t, body, [{ field: 'n', filename: undefined, bytes: 'x' }], 'as long', { partHeaderBytes: head.length })
  everywhere(t, body, /too long a header section/, 'a byte longer', { partHeaderBytes: head.length - 1 })
})

t.test('as many parts as allowed: the end is one', async (t) => {
  everywhere(t, part('name="a"', '') + end, [{ field: 'a', filename: undefined, bytes: '' }], 'two', { parts: 2 })
})

t.test('a header section that is not UTF-8', async (t) => {
  const body = Buffer.from(part('name="file"; filename="\xff"', 'x') + end, 'latin1')
  t.match(outcome([body]), /a field is not valid UTF-8/)
})

t.test('a part that is not read is passed over', async (t) => {
  const parts = over([Buffer.from(part('name="a"', 'one') + part('name="b"', 'two') + end)])
  t.equal(pure(parts.nextPart())?.field, 'a')
  t.equal(pure(parts.nextPart())?.field, 'b')
  t.equal(pure(parts.text()), 'two')
  t.equal(pure(parts.next()).length, 0, 'behind its end there is nothing')
  t.equal(pure(parts.nextPart()), undefined)
})

t.test('a field as text', async (t) => {
  const texts: readonly (readonly [Buffer, string | RegExp])[] = [
    [Buffer.from('ü☃'), 'ü☃'],
    [Buffer.from(''), ''],
    [Buffer.from('x'.repeat(10)), 'x'.repeat(10)],
    [Buffer.from('x'.repeat(11)), /a field of the form/],
    [Buffer.from([0xc3]), /not valid UTF-8/],
    [Buffer.from([0xed, 0xa0, 0x80]), /not valid UTF-8/],
  ]
  for (const [content, wanted] of texts) {
    const [before, after] = part('name="a"', '|').split('|') as [string, string]
    const body = Buffer.concat([Buffer.from(before), content, Buffer.from(after + end)])
    for (const pieces of [[body], Array.from(body, (_, i) => body.subarray(i, i + 1))]) {
      const parts = over(pieces, { fieldBytes: 10 })
      pure(parts.nextPart())
      if (typeof wanted === 'string') t.equal(pure(parts.text()), wanted)
      else t.throws(() => pure(parts.text()), { message: wanted })
    }
  }
})

t.test('it tells a body that failed from a part that was refused', async (t) => {
  const refused = over([Buffer.from(part('filename="f"', 'x') + end)])
  t.throws(() => pure(refused.nextPart()), { code: 'bad_body' })
  t.equal(refused.broken, false)
  const ended = over([Buffer.from(part('name="a"', 'x'))])
  pure(ended.nextPart())
  t.throws(() => pure(ended.text()), { code: 'bad_body' })
  t.equal(ended.broken, true)
  const source = {
    next: () =>
      already((): Uint8Array => {
        throw new CallFailure('ECONNRESET')
      }),
  }
  const lost = new Multipart(source, 'xyz', defaultLimits)
  t.throws(() => pure(lost.nextPart()), { code: 'ECONNRESET' })
  t.equal(lost.broken, true)
})
