/**
 * The header section of an answer: the response's own fields, and those that frame the message.
 */
import type { Site } from '../site.ts'
import { serverTiming, type Trace } from '../trace.ts'
import { httpDate } from './dates.ts'
import type { RequestHead } from './head.ts'
import { lengthOf, type Response, reasonPhrases } from './response.ts'

/** How the message's end is found (RFC 9112, section 6). */
function framing(head: RequestHead, response: Response): string {
  const { status, parts, stream } = response
  // RFC 9110, section 8.6: 101 and 204 have no length; 304 may only have the one that 200 would have.
  if (status === 101 || status === 204 || status === 304) return ''
  if (stream !== undefined) return head.minor > 0 ? 'Transfer-Encoding: chunked\r\n' : ''
  return `Content-Length: ${parts === undefined ? 0 : lengthOf(parts)}\r\n`
}

function connection(head: RequestHead, status: number, keep: boolean): string {
  // RFC 9110, section 7.8: both have an Upgrade field, which must be named here.
  if (status === 101 || status === 426) return `Connection: Upgrade${keep ? '' : ', close'}\r\n`
  if (!keep) return 'Connection: close\r\n'
  return head.minor === 0 ? 'Connection: keep-alive\r\n' : ''
}

/** @param keep whether the connection is kept behind the answer */
export function answerHead(site: Site, head: RequestHead, response: Response, keep: boolean, trace: Trace): string {
  const { status } = response
  const timing = site.serverTiming ? `Server-Timing: ${serverTiming(trace)}\r\n` : ''
  return (
    `HTTP/1.1 ${status} ${reasonPhrases[status]}\r\nDate: ${httpDate(site.environment.date())}\r\nServer: twinserve\r\n` +
    `${response.headers}${framing(head, response)}${timing}${connection(head, status, keep)}\r\n`
  )
}
