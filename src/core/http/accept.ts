/**
 * What form of answer a client reads: a page for a browser, JSON for a program that asks for it, and a line
 * of text for everybody else, such as curl.
 */
import type { RequestHead } from './head.ts'
import type { Target } from './target.ts'

export type Form = 'html' | 'json' | 'text'

/** The quality of a media type in an `Accept` field (RFC 9110, section 12.5.1): 0 when it is not named. */
function quality(accept: string, type: string): number {
  for (const member of accept.split(',')) {
    const [name, ...parameters] = member.split(';').map((part) => part.trim().toLowerCase())
    if (name !== type) continue
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const value = q === undefined ? 1 : Number(q.slice(2))
    return value >= 0 && value <= 1 ? value : 0
  }
  return 0
}

/** The form that the request asks for, by `?json` or by `Accept`. */
export function formOf(head: RequestHead, target: Target | undefined): Form {
  if (target?.query.has('json')) return 'json'
  const accept = head.field('accept')
  if (accept === undefined) return 'text'
  const html = quality(accept, 'text/html')
  const json = quality(accept, 'application/json')
  if (html === 0 && json === 0) return 'text'
  return json > html ? 'json' : 'html'
}
