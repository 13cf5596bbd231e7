/**
 * Conditional requests (RFC 9110, section 13): pure decisions over what the request says and what is there.
 */
import type { FileStatus } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { fixdate, parseHttpDate } from './dates.ts'
import type { RequestHead } from './head.ts'

/** What a client can have seen of a resource. */
export interface Validators {
  /** Entity tag, with its quotes. Always a strong one. */
  readonly etag: string
  /** As the `Last-Modified` field has it. */
  readonly modified: string
  /** Milliseconds since 1970, to the whole second, as `modified` says. */
  readonly modifiedAt: number
}

/** The validators of a file: its entity tag is its size and its time in nanoseconds. */
export function validatorsOf(status: FileStatus): Validators {
  const modifiedAt = Number(status.mtimeNs / 1_000_000_000n) * 1000
  const etag = `"${status.size.toString(16)}-${status.mtimeNs.toString(16)}"`
  return { etag, modified: fixdate(modifiedAt), modifiedAt }
}

const listMember = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g

/** Whether a list of entity tags names this one. Tags that are weak match only in a weak comparison (section 8.8.3.2). */
function lists(field: string, etag: string, weak: boolean): boolean {
  for (const [, mark, tag] of field.matchAll(listMember)) {
    if (tag === etag && (weak || mark === undefined)) return true
  }
  return false
}

function matchHolds(field: string, seen: Validators | undefined): boolean {
  if (seen === undefined) return false
  return field.trim() === '*' || lists(field, seen.etag, false)
}

function noneMatchHolds(field: string, seen: Validators | undefined): boolean {
  if (seen === undefined) return true
  return field.trim() !== '*' && !lists(field, seen.etag, true)
}

function unmodifiedHolds(field: string, seen: Validators | undefined, now: number): boolean {
  const date = parseHttpDate(field, now)
  return date === undefined || seen === undefined || seen.modifiedAt <= date
}

/**
 * The decision of section 13.2.2, in its order of precedence.
 *
 * @param seen the validators of what is there, or undefined when nothing is
 * @param now milliseconds since 1970
 */
export function evaluate(
  head: RequestHead,
  seen: Validators | undefined,
  now: number,
): 'proceed' | 'unchanged' | 'failed' {
  const reading = head.method === 'GET' || head.method === 'HEAD'
  const match = head.field('if-match')
  const unmodified = head.field('if-unmodified-since')
  if (match !== undefined) {
    if (!matchHolds(match, seen)) return 'failed'
  } else if (unmodified !== undefined && !unmodifiedHolds(unmodified, seen, now)) return 'failed'
  const noneMatch = head.field('if-none-match')
  if (noneMatch !== undefined) {
    if (noneMatchHolds(noneMatch, seen)) return 'proceed'
    return reading ? 'unchanged' : 'failed'
  }
  const since = reading ? head.field('if-modified-since') : undefined
  const date = since === undefined ? undefined : parseHttpDate(since, now)
  return date !== undefined && seen !== undefined && seen.modifiedAt <= date ? 'unchanged' : 'proceed'
}

/** Refuse a change whose preconditions do not hold. @param what the path, for the sentence @throws Refusal precondition_failed */
export function demandPreconditions(head: RequestHead, seen: Validators | undefined, now: number, what: string): void {
  if (evaluate(head, seen, now) === 'failed') throw new Refusal('precondition_failed', what)
}

/** Whether `If-Range`, if any, lets a range be served (section 13.1.5): it must name exactly this version. */
export function rangeHolds(head: RequestHead, seen: Validators, now: number): boolean {
  const field = head.field('if-range')?.trim()
  if (field === undefined) return true
  if (field.startsWith('"')) return field === seen.etag
  return parseHttpDate(field, now) === seen.modifiedAt
}
