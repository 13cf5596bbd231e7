import t from 'tap'
import { urlOf } from '../../src/core/address.ts'

t.test('the URL of a listening address', async (t) => {
  t.equal(urlOf({ host: '127.0.0.1', port: 8080 }), 'http://127.0.0.1:8080/')
  t.equal(urlOf({ host: '::1', port: 80 }), 'http://[::1]:80/')
  t.equal(urlOf({ host: 'fe80::1%eth0', port: 80 }), 'http://[fe80::1%25eth0]:80/')
  t.equal(urlOf({ path: '/run/a b.sock' }), 'http+unix://%2Frun%2Fa%20b.sock/')
  t.equal(urlOf({ host: '::1', port: 443 }, true), 'https://[::1]:443/')
  t.equal(urlOf({ path: '/a' }, true), 'https+unix://%2Fa/')
})
