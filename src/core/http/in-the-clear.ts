/**
 * What a client is told that speaks HTTP without TLS to a port where TLS is spoken.
 */
import { Refusal } from '../errors.ts'
import { httpDate } from './dates.ts'
import { reasonPhrases } from './response.ts'

/**
 * The first byte of a TLS connection: a record with a handshake message in it (RFC 8446, section 5.1). No request begins
 * with it.
 */
export const firstOfHandshake = 0x16

/**
 * The whole answer, after which the connection ends. Nothing of the request is looked at: what came in the clear may
 * come from anybody.
 *
 * @param date milliseconds since 1970
 */
export function answerInTheClear(date: number): string {
  const { code, status, message } = new Refusal('tls_required')
  const text = `${code}: ${message}\n`
  return (
    `HTTP/1.1 ${status} ${reasonPhrases[status]}\r\nDate: ${httpDate(date)}\r\nServer: twinserve\r\n` +
    'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n' +
    `Content-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`
  )
}
