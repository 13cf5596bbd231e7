/** Who sent the browser here. */
import t from 'tap'
import { authorityOf, checkHost, checkOrigin } from '../../../src/core/http/origin.ts'
import { parseTarget } from '../../../src/core/http/target.ts'
import { getWith, headOf, siteWith } from '../../fixtures/request.ts'

t.test('the authority: absolute-form before Host (RFC 9112, section 3.2.2), in lower case', async (t) => {
  const head = getWith({ Host: 'Example:80' })
  t.equal(authorityOf(head, parseTarget('/', 'GET')), 'example:80')
  t.equal(authorityOf(head, parseTarget('http://OTHER/', 'GET')), 'other')
  t.equal(authorityOf(headOf('GET / HTTP/1.0\r\n\r\n'), parseTarget('/', 'GET')), '')
})

/** Against DNS rebinding: loopback names, literal addresses, and the names the server was started with. */
const hosts: Readonly<Record<string, boolean>> = {
  '': true,
  localhost: true,
  'localhost:8080': true,
  'localhost.': true,
  'localhost.:8080': true,
  'app.localhost': true,
  '127.0.0.1': true,
  '127.0.0.1:8080': true,
  '192.168.1.20': true,
  '[::1]': true,
  '[::1]:8080': true,
  '[fe80::1]': true,
  '[::ffff:127.0.0.1]:80': true,
  'files.example': true,
  'files.example:443': true,
  'files.example.': true,
  'other.example': false,
  'www.files.example': false,
  'files.example.evil.example': false,
  'localhost.evil.example': false,
  'evil.example:127.0.0.1': false,
  evillocalhost: false,
  'a.b.localhost': false,
  '127.0.0.1.evil.example': false,
  '127.0.0.1@evil.example': false,
  'user@localhost': false,
  'localhost:80:80': false,
  'localhost:x': false,
  '::1': false,
  '[::1': false,
  '[evil.example]': false,
  '[::1]evil.example': false,
  '1.2.3': false,
  '0x7f000001': false,
}
t.test('Host must be ours', async (t) => {
  const site = siteWith({ hostNames: new Set(['files.example']) })
  for (const [authority, ours] of Object.entries(hosts)) {
    if (ours) t.doesNotThrow(() => checkHost(authority, site), authority)
    else t.throws(() => checkHost(authority, site), { code: 'wrong_host', status: 421 }, authority)
  }
})

/** By Fetch Metadata, and by Origin for browsers without it. */
const requests: readonly (readonly [fields: Record<string, string>, allowed: boolean])[] = [
  [{}, true],
  [{ 'Sec-Fetch-Site': 'none' }, true],
  [{ 'Sec-Fetch-Site': 'same-origin' }, true],
  [{ 'Sec-Fetch-Site': 'same-site' }, false],
  [{ 'Sec-Fetch-Site': 'cross-site' }, false],
  [{ 'Sec-Fetch-Site': 'nonsense' }, false],
  [{ 'Sec-Fetch-Site': '' }, false],
  [{ Origin: 'http://localhost:8080' }, true],
  [{ Origin: 'https://localhost:8080' }, true],
  [{ Origin: 'HTTP://LOCALHOST:8080' }, true],
  [{ Origin: 'http://localhost' }, false],
  [{ Origin: 'http://localhost:8081' }, false],
  [{ Origin: 'http://localhost:8080.evil.example' }, false],
  [{ Origin: 'ftp://localhost:8080' }, false],
  [{ Origin: 'null' }, false],
  [{ Origin: '' }, false],
  [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:8080' }, true],
  [{ 'Sec-Fetch-Site': 'same-origin', Origin: 'http://evil.example' }, false],
  [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'http://localhost:8080' }, false],
]
t.test('a change must not be asked for by a page of another site', async (t) => {
  for (const [fields, allowed] of requests) {
    const check = () => checkOrigin(getWith(fields), 'localhost:8080', false)
    if (allowed) t.doesNotThrow(check, JSON.stringify(fields))
    else t.throws(check, { code: 'cross_origin', status: 403 }, JSON.stringify(fields))
  }
})

t.test('where there is TLS, a page without it is another site', async (t) => {
  const check = (Origin: string) => () => checkOrigin(getWith({ Origin }), 'localhost:8080', true)
  t.doesNotThrow(check('https://localhost:8080'))
  t.throws(check('http://localhost:8080'), { code: 'cross_origin' })
})
