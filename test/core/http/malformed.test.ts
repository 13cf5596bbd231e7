/** What cannot be framed with certainty is refused, once, and the connection ended (RFC 9112, sections 2.2, 6 and 11). */
import t from 'tap'
import { however } from '../../fixtures/converse.ts'
import { textOf } from '../../fixtures/request.ts'

const host = 'Host: localhost\r\n'
const put = (fields: string, body = '') => `PUT /n HTTP/1.1\r\n${host}${fields}\r\n${body}`

/** Refused in the header section. What follows must be neither answered nor done. */
const heads: readonly (readonly [what: string, input: string, status?: number, code?: string])[] = [
  ['both framings (RFC 9112, 6.1)', put('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n')],
  ['both framings, the other way round', put('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n')],
  ['two lengths that differ (6.3)', put('Content-Length: 4\r\nContent-Length: 5\r\n')],
  ['two lengths that agree', put('Content-Length: 4\r\nContent-Length: 4\r\n')],
  ['a list of lengths', put('Content-Length: 4, 4\r\n')],
  ['a length with a sign', put('Content-Length: +4\r\n')],
  ['a negative length', put('Content-Length: -4\r\n')],
  ['a hexadecimal length', put('Content-Length: 0x4\r\n')],
  ['an empty length', put('Content-Length: \r\n')],
  ['a length beyond 64 bits', put('Content-Length: 18446744073709551617\r\n')],
  ['a length beyond any file', put('Content-Length: 9007199254740993\r\n'), 413, 'too_large'],
  ['chunked not last (6.1)', put('Transfer-Encoding: chunked, identity\r\n')],
  ['chunked twice', put('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
  ['a control character before chunked', put('Transfer-Encoding:\x0bchunked\r\n')],
  ['chunked in HTTP/1.0', `PUT /n HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n`],
  ['gzip before chunked', put('Transfer-Encoding: gzip, chunked\r\n'), 501, 'not_implemented'],
  ['a coding that only looks like chunked', put('Transfer-Encoding: xchunked\r\n'), 501, 'not_implemented'],
  ['identity', put('Transfer-Encoding: identity\r\n'), 501, 'not_implemented'],
  ['an empty coding', put('Transfer-Encoding: \r\n'), 501, 'not_implemented'],
  ['a bare LF behind the request line (2.2)', `GET /a HTTP/1.1\n${host}\r\n`],
  ['a bare LF behind a field', `GET /a HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n`],
  ['a bare CR behind a field', `GET /a HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n`],
  ['a folded field (5.2)', `GET /a HTTP/1.1\r\n${host}X: y\r\n z\r\n\r\n`],
  ['a space before the colon (5.1)', 'GET /a HTTP/1.1\r\nHost : localhost\r\n\r\n'],
  ['NUL in a value (RFC 9110, 5.5)', `GET /a HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`],
  ['DEL in a value', `GET /a HTTP/1.1\r\n${host}X: a\x7fb\r\n\r\n`],
  ['a field without a name', `GET /a HTTP/1.1\r\n${host}: y\r\n\r\n`],
  ['a line that is no field', `GET /a HTTP/1.1\r\n${host}nonsense\r\n\r\n`],
  ['a space in the target (3.2)', `GET /a b HTTP/1.1\r\n${host}\r\n`],
  ['bytes in the target that are not ASCII', `GET /\xc3\xa9 HTTP/1.1\r\n${host}\r\n`, 400, 'bad_target'],
  ['a method in lower case', `get /a HTTP/1.1\r\n${host}\r\n`],
  ['an unknown method', `FROB /a HTTP/1.1\r\n${host}\r\n`],
  ['no method', ` /a HTTP/1.1\r\n${host}\r\n`],
  ['an unknown version', `GET /a HTTP/1.2\r\n${host}\r\n`],
  ['no Host (3.2)', 'GET /a HTTP/1.1\r\n\r\n', 400, 'no_host'],
  ['two Hosts', `GET /a HTTP/1.1\r\n${host}${host}\r\n`, 400, 'no_host'],
  ['two Hosts in HTTP/1.0', `GET /a HTTP/1.0\r\n${host}${host}\r\n`, 400, 'no_host'],
  ['HTTP/2 without its preface', `GET /a HTTP/2.0\r\n${host}\r\n`, 505, 'version_not_supported'],
  ['HTTP/0.9', 'GET /a\r\n\r\n', 505, 'version_not_supported'],
  ['the preface of HTTP/2 (RFC 9113, 3.4)', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'version_not_supported'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['garbage', 'hello, is there anybody?\r\n\r\n'],
]

for (const [what, input, status = 400, code = 'bad_request'] of heads) {
  however(t, what, {
    tree: { a: 'aaa' },
    input: input + textOf('GET /a HTTP/1.1'),
    check(t, { answers, fates, files, log }) {
      t.equal(answers.length, 1, 'one answer')
      t.equal(answers[0]?.status, status)
      t.equal(answers[0]?.fields.get('connection'), 'close')
      t.equal(answers[0]?.body.split(': ')[0], code)
      t.strictSame(fates, ['close'], 'and nothing after it')
      t.strictSame(files, [], 'no file was touched')
      t.equal(log.length, 1)
    },
  })
}

/** Refused in a chunked body (RFC 9112, section 7.1), of a request that reads it. */
const chunks: readonly (readonly [what: string, body: string])[] = [
  ['no size', '\r\nabc\r\n0\r\n\r\n'],
  ['a size that is no number', 'g\r\nabc\r\n0\r\n\r\n'],
  ['a size with a sign', '+3\r\nabc\r\n0\r\n\r\n'],
  ['a size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
  ['a size with a space before it', ' 3\r\nabc\r\n0\r\n\r\n'],
  ['a size beyond 64 bits', '10000000000000000\r\nabc\r\n0\r\n\r\n'],
  ['more than the size', '3\r\nabcd\r\n0\r\n\r\n'],
  ['a bare LF behind the size', '3\nabc\r\n0\r\n\r\n'],
  ['a bare LF behind the data', '3\r\nabc\n0\r\n\r\n'],
  ['an extension with a control character', '3;x\x01y\r\nabc\r\n0\r\n\r\n'],
  ['an extension with a bare LF', '3;x=y\nabc\r\n0\r\n\r\n'],
  ['a bare LF at the end', '3\r\nabc\r\n0\r\n\n'],
  ['a trailer that would frame the message (RFC 9110, 6.5.1)', '3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n'],
  ['a trailer that is no field', '3\r\nabc\r\n0\r\nnonsense\r\n\r\n'],
]

for (const [what, body] of chunks) {
  however(t, `chunks: ${what}`, {
    input: put('Transfer-Encoding: chunked\r\n', body) + textOf('GET /n HTTP/1.1'),
    check(t, { answers, fates, memory }) {
      t.equal(answers.length, 1, 'one answer')
      t.match(answers[0], { status: 400, body: /^bad_request: / })
      t.equal(answers[0]?.fields.get('connection'), 'close')
      t.strictSame(fates, ['close'])
      t.strictSame(memory.snapshot(), {}, 'nothing is stored')
      t.strictSame(memory.temporaries, {}, 'nor left behind')
    },
  })
}

however(t, 'a body that proves malformed behind its answer: that still arrives whole, and nothing after it', {
  tree: { a: 'aaa' },
  input: `${textOf('GET /a HTTP/1.1', { 'Transfer-Encoding': 'chunked' })}zz\r\n${textOf('GET /a HTTP/1.1')}`,
  check(t, { answers, fates }) {
    t.strictSame(
      answers.map((answer) => answer.body),
      ['aaa'],
    )
    t.strictSame(fates, ['close'], 'closed, not cut: a reset could take the answer with it')
  },
})
