/** Ranges (RFC 9110, section 14). */
import fc from 'fast-check'
import t from 'tap'
import { Multipart } from '../../../src/core/http/multipart.ts'
import { type ByteRange, contentRange, parseRange } from '../../../src/core/http/ranges.ts'
import { defaultLimits } from '../../../src/core/limits.ts'
import type { Answer } from '../../fixtures/answers.ts'
import { converse, however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'
import { already, pure } from '../../fixtures/script.ts'

const digits = '0123456789'
type Parsed = ReturnType<typeof parseRange>
const one = (start: number, end: number): readonly ByteRange[] => [{ start, end }]

/** Of ten bytes. */
const table: readonly (readonly [field: string, ranges: Parsed, why: string])[] = [
  ['bytes=0-3', one(0, 4), '14.1.2: both ends count'],
  ['bytes=9-9', one(9, 10), 'the last byte'],
  ['bytes=3-', one(3, 10), 'open'],
  ['bytes=-3', one(7, 10), 'suffix'],
  ['bytes=-10', one(0, 10), 'a suffix of all'],
  ['bytes=-99', one(0, 10), '14.1.2: a longer suffix is all'],
  ['bytes=5-99', one(5, 10), '14.1.2: a last position behind the end is the end'],
  ['bytes=0-99999999999999999999999', one(0, 10), 'of any length'],
  ['BYTES=0-3', one(0, 4), '14.1: units are told apart in any case'],
  ['bytes= 0-3 ,\t8-', [...one(0, 4), ...one(8, 10)], '5.6.1: white space between members'],
  ['bytes=,0-3,,8-,', [...one(0, 4), ...one(8, 10)], '5.6.1.2: empty members count for nothing'],
  ['bytes=8-,0-3', [...one(8, 10), ...one(0, 4)], '15.3.7.2: in the order asked for'],
  ['bytes=0-0,-1', [...one(0, 1), ...one(9, 10)], 'the example of 14.1.2'],
  ['bytes=0-1,20-30', one(0, 2), 'what lies outside is left out'],
  ['bytes=0-4,5-9', [...one(0, 5), ...one(5, 10)], 'as many bytes as there are'],
  ['bytes=10-', 'unsatisfiable', '14.1.2: first position behind the end'],
  ['bytes=10-20,99-', 'unsatisfiable', 'all of them'],
  ['bytes=-0', 'unsatisfiable', '14.1.2: a suffix of nothing'],
  ['bytes=99999999999999999999-', 'unsatisfiable', 'of any length'],
  ['bytes=0-5,5-9', 'whole', '14.2: overlapping'],
  ['bytes=0-,0-', 'whole', 'the same twice'],
  ['bytes=3-2', 'whole', '14.1.2: an invalid one is ignored'],
  ['bytes=0-1,3-2', 'whole', 'with the others'],
  ['bytes=20-19', 'whole', 'also behind the end'],
  ['bytes=-', 'whole', 'neither position'],
  ['bytes=--1', 'whole', 'two signs'],
  ['bytes=a-b', 'whole', 'no digits'],
  ['bytes=0x0-0x3', 'whole', 'hexadecimal'],
  ['bytes=1.0-2', 'whole', 'a fraction'],
  ['bytes=0 - 3', 'whole', 'white space within'],
  ['bytes=', 'whole', 'nothing'],
  ['bytes=,', 'whole', 'nothing but a comma'],
  ['bytes=0', 'whole', 'no dash'],
  ['bytes 0-3', 'whole', 'no equals sign'],
  ['0-3', 'whole', 'no unit'],
  ['items=0-3', 'whole', '14.2: another unit'],
  ['bytes=0-0,2-2,4-4', [...one(0, 1), ...one(2, 3), ...one(4, 5)], 'as many as allowed'],
  ['bytes=0-0,2-2,4-4,6-6', 'whole', '14.2: more than allowed'],
]

t.test('what a Range field asks for', async (t) => {
  for (const [field, ranges, why] of table) t.strictSame(parseRange(field, 10, 3), ranges, `${field}: ${why}`)
  for (const field of ['bytes=0-', 'bytes=-1', 'bytes=0-0'])
    t.equal(parseRange(field, 0, 3), 'unsatisfiable', `of nothing: ${field}`)
  t.equal(contentRange({ start: 2, end: 5 }, 10), 'bytes 2-4/10')
})

const ask = (range: string, fields: Record<string, string> = {}, method = 'GET') =>
  textOf(`${method} /f HTTP/1.1`, { Range: range, ...fields })
const play = (range: string, fields?: Record<string, string>, method?: string): Answer =>
  converse([Buffer.from(ask(range, fields, method), 'latin1')], { tree: { f: digits }, methods: [method ?? 'GET'] })
    .answers[0] as Answer

/** The parts of a `multipart/byteranges` answer: where each says that it is from, and its bytes. */
function partsOf({ fields, body }: Answer): (readonly [range: string, bytes: string])[] {
  const boundary = /^multipart\/byteranges; boundary=([0-9a-f]{32})$/.exec(fields.get('content-type') ?? '')?.[1]
  const pieces = body.split(`\r\n--${boundary}`)
  if (pieces.shift() !== '' || pieces.pop() !== '--\r\n') throw new Error('no multipart body')
  return pieces.map((piece) => {
    const m = /^\r\nContent-Type: (\S+)\r\nContent-Range: (.*)\r\n\r\n([\s\S]*)$/.exec(piece)
    if (m?.[1] !== 'application/octet-stream') throw new Error(`no part in ${JSON.stringify(piece)}`)
    return [m[2] as string, m[3] as string]
  })
}

however(t, 'one range', {
  tree: { f: digits },
  input: ask('bytes=2-4') + ask('bytes=-2'),
  check(t, { answers, log }) {
    t.match(answers[0], { status: 206, body: '234' })
    t.equal(answers[0]?.fields.get('content-range'), 'bytes 2-4/10')
    t.equal(answers[0]?.fields.get('content-type'), 'application/octet-stream')
    t.match(answers[1], { status: 206, body: '89' })
    t.match(log[0], / 206 3$/)
  },
})

t.test('several ranges (section 14.6)', async (t) => {
  const answer = play('bytes=0-1,8-')
  t.equal(answer.status, 206)
  t.notOk(answer.fields.has('content-range'), '15.3.7.2: only in the parts')
  t.strictSame(partsOf(answer), [
    ['bytes 0-1/10', '01'],
    ['bytes 8-9/10', '89'],
  ])
  t.equal(play('bytes=0-1,8-').fields.get('content-type'), answer.fields.get('content-type'), 'the same each time')
})

t.test('nothing that can be served', async (t) => {
  const answer = play('bytes=10-')
  t.match(answer, { status: 416, body: /^range_not_satisfiable: / })
  t.equal(answer.fields.get('content-range'), 'bytes */10', 'section 15.5.17')
})

t.test('a range is served only of the version that If-Range names, and only for GET', async (t) => {
  const etag = play('bytes=0-0').fields.get('etag') as string
  t.equal(play('bytes=2-4', { 'If-Range': etag }).status, 206)
  t.match(play('bytes=2-4', { 'If-Range': '"other"' }), { status: 200, body: digits })
  t.match(play('bytes=10-', { 'If-Range': '"other"' }), { status: 200, body: digits })
  t.match(play('bytes=2-4', { 'If-None-Match': etag }), { status: 304, body: '' }, 'conditions come first (13.2.2)')
  const head = play('bytes=2-4', {}, 'HEAD')
  t.equal(head.status, 200, 'section 14.2')
  t.equal(head.fields.get('content-length'), '10')
})

/** Fields that look like ranges, and any other text that a field can hold. */
const number = fc.oneof(fc.nat(14).map(String), fc.constantFrom('', '00', '99999999999999999999'))
const member = fc.tuple(number, number).map(([first, last]) => `${first}-${last}`)
const likely = fc.array(member, { minLength: 1, maxLength: 6 }).map((members) => `bytes=${members.join(',')}`)
const anything = fc.stringMatching(/^[!-~][ -~]{0,20}$/)

t.test('any Range field: 200 with all, 206 with what it says, or 416', async (t) => {
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: likely }, anything), (field) => {
      const answer = play(field)
      if (answer.status === 416) return answer.fields.get('content-range') === 'bytes */10'
      if (answer.status === 200) return answer.body === digits
      const range = answer.fields.get('content-range')
      const parts = range === undefined ? partsOf(answer) : [[range, answer.body] as const]
      return (
        answer.status === 206 &&
        parts.every(([where, bytes]) => {
          const [, first, last] = /^bytes (\d+)-(\d+)\/10$/.exec(where) ?? []
          return bytes !== '' && bytes === digits.slice(Number(first), Number(last) + 1)
        })
      )
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('a reader of multipart bodies reads ours back', async (t) => {
  const answer = play('bytes=0-1,8-')
  const boundary = answer.fields.get('content-type')?.split('=')[1] as string
  const left = [
    Buffer.from(answer.body.replaceAll('Content-Type', 'Content-Disposition: x; name=n\r\nContent-Type'), 'latin1'),
  ]
  const parts = new Multipart(
    {
      next: () => already(() => left.shift() ?? Buffer.alloc(0)),
    },
    boundary,
    defaultLimits,
  )
  t.strictSame(pure(parts.nextPart()), { field: 'n', filename: undefined })
  t.equal(pure(parts.text()), '01')
  t.strictSame(pure(parts.nextPart()), { field: 'n', filename: undefined })
  t.equal(pure(parts.text()), '89')
  t.equal(pure(parts.nextPart()), undefined)
})
