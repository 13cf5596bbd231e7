import t from 'tap'
import { answerInTheClear } from '../../../src/core/http/in-the-clear.ts'

t.test('who speaks HTTP to a port with TLS is told so, and nothing else', async (t) => {
  const [head = '', text = ''] = answerInTheClear(0).split('\r\n\r\n')
  t.same(head.split('\r\n'), [
    'HTTP/1.1 400 Bad Request',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'Server: twinserve',
    'Content-Type: text/plain; charset=utf-8',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${text.length}`,
    'Connection: close',
  ])
  t.equal(text, 'tls_required: This port speaks TLS. Use an address that begins with https://.\n')
})
