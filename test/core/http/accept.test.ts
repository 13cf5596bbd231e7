/** What form of answer a client reads (RFC 9110, section 12.5.1). */
import t from 'tap'
import { formOf } from '../../../src/core/http/accept.ts'
import { mediaType } from '../../../src/core/http/media.ts'
import { parseTarget } from '../../../src/core/http/target.ts'
import { getWith } from '../../fixtures/request.ts'

const forms: Readonly<Record<string, 'html' | 'json' | 'text'>> = {
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8': 'html',
  'TEXT/HTML': 'html',
  'application/json': 'json',
  'application/json, text/html': 'html',
  'application/json, text/html;q=0.9': 'json',
  'text/html; charset=utf-8; Q=0.5 , application/json;q=0.6': 'json',
  'text/html;q=0.6, application/json;q=0.5': 'html',
  'text/html;q=0': 'text',
  'text/html;q=0, application/json;q=0': 'text',
  'text/html;q=0, application/json': 'json',
  'text/html;q=x, application/json;q=0.1': 'json',
  'text/html;q=-1': 'text',
  'text/html, application/json;q=7': 'html',
  '*/*': 'text',
  'text/*': 'text',
  'text/plain': 'text',
  '': 'text',
  ',;': 'text',
}
t.test('by Accept', async (t) => {
  for (const [accept, form] of Object.entries(forms))
    t.equal(formOf(getWith({ Accept: accept }), undefined), form, accept)
  t.equal(formOf(getWith({}), undefined), 'text', 'without the field')
})

t.test('?json before all', async (t) => {
  const html = getWith({ Accept: 'text/html' })
  for (const target of ['/?json', '/?a=b&json=1']) t.equal(formOf(html, parseTarget(target, 'GET')), 'json', target)
  for (const target of ['/', '/?q=json', '/json']) t.equal(formOf(html, parseTarget(target, 'GET')), 'html', target)
})

/** Media types by name. */
const types: Readonly<Record<string, string>> = {
  'a.html': 'text/html; charset=utf-8',
  'A.HTML': 'text/html; charset=utf-8',
  'a.txt': 'text/plain; charset=utf-8',
  'a.js': 'text/javascript; charset=utf-8',
  'a.json': 'application/json; charset=utf-8',
  'a.xml': 'text/xml; charset=utf-8',
  'a.png': 'image/png',
  'a.pdf': 'application/pdf',
  'a.tar.gz': 'application/gzip',
  'a.ts': 'text/plain; charset=utf-8',
  'a.mts': 'text/plain; charset=utf-8',
  'a.LOG': 'text/plain; charset=utf-8',
  'yarn.lock': 'text/plain; charset=utf-8',
  'a.': 'application/octet-stream',
  'a.nonsense': 'application/octet-stream',
  'no dot': 'application/octet-stream',
  // Names that every object of JavaScript knows are no media types.
  constructor: 'application/octet-stream',
  'a.constructor': 'application/octet-stream',
  'a.__proto__': 'application/octet-stream',
  'a.toString': 'application/octet-stream',
  'a.valueof': 'application/octet-stream',
}
t.test('media types', async (t) => {
  for (const [name, type] of Object.entries(types)) t.equal(mediaType(name), type, name)
})
