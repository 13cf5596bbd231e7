/** Request targets (RFC 9112, section 3.2). */
import t from 'tap'
import { parseTarget } from '../../../src/core/http/target.ts'

const targets: readonly (readonly [raw: string, path: string, query: string, authority: string | undefined])[] = [
  ['/', '/', '', undefined],
  ['/a%2Fb', '/a%2Fb', '', undefined],
  ['/a?b=c&d', '/a', 'b=c&d=', undefined],
  ['/a?', '/a', '', undefined],
  ['/a?b?c=/d', '/a', 'b%3Fc=%2Fd', undefined],
  ['//a', '//a', '', undefined],
  ['http://Example:80/a?b', '/a', 'b=', 'Example:80'],
  ['HTTPS://example', '/', '', 'example'],
  ['http://example?q=1', '/', 'q=1', 'example'],
  ['http://[::1]:8080/', '/', '', '[::1]:8080'],
]
t.test('origin-form and absolute-form', async (t) => {
  for (const [raw, path, query, authority] of targets) {
    const target = parseTarget(raw, 'GET')
    t.strictSame({ ...target, query: `${target.query}` }, { path, query, authority }, raw)
  }
})

t.test('asterisk-form is for OPTIONS alone (3.2.4)', async (t) => {
  t.match(parseTarget('*', 'OPTIONS'), { path: '*', authority: undefined })
  t.throws(() => parseTarget('*', 'GET'), { code: 'bad_target' })
})

t.test('everything else', async (t) => {
  for (const raw of ['localhost:80', 'a', '', 'ftp://localhost/a', 'http:///a', 'http:/a', '?q']) {
    t.throws(() => parseTarget(raw, 'GET'), { code: 'bad_target', message: /begin with a slash/ }, raw)
  }
  for (const raw of ['/a#b', '/a?b#c', 'http://localhost/#', 'http://localhost#a']) {
    t.throws(() => parseTarget(raw, 'GET'), { code: 'bad_target', message: /fragment/ }, raw)
  }
})
