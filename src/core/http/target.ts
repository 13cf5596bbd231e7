/**
 * The request target (RFC 9112, section 3.2): origin-form, or absolute-form as clients of proxies send it.
 */
import { Refusal } from '../errors.ts'

export interface Target {
  /** The path as it was sent, percent-encoded. `*` for `OPTIONS *`. */
  readonly path: string
  /** What stands behind the question mark: empty when there is none. */
  readonly query: URLSearchParams
  /** Host and port of an absolute-form target, which then counts instead of `Host` (RFC 9112, section 3.2.2). */
  readonly authority: string | undefined
}

const absolute = /^https?:\/\/([^/?#]+)(.*)$/i
const noQuery = new URLSearchParams()

/** @throws Refusal bad_target for authority-form, an absolute-form of another scheme, or a fragment */
export function parseTarget(raw: string, method: string): Target {
  if (raw === '*' && method === 'OPTIONS') return { path: '*', query: noQuery, authority: undefined }
  const whole = absolute.exec(raw)
  const text = whole ? (whole[2] as string) : raw
  const rest = whole && !text.startsWith('/') ? `/${text}` : text
  if (!rest.startsWith('/')) throw new Refusal('bad_target', 'it must begin with a slash')
  if (rest.includes('#')) throw new Refusal('bad_target', 'a fragment is never sent to a server')
  const mark = rest.indexOf('?')
  const authority = whole?.[1]
  if (mark < 0) return { path: rest, query: noQuery, authority }
  return { path: rest.slice(0, mark), query: new URLSearchParams(rest.slice(mark + 1)), authority }
}
