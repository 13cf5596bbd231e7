/**
 * Answering `GET` and `HEAD` for something that has a length and validators: conditions, then ranges.
 */
import { createHash } from 'node:crypto'
import type { FileDescriptor } from '../calls.ts'
import { Refusal } from '../errors.ts'
import type { Site } from '../site.ts'
import { evaluate, rangeHolds, type Validators } from './conditional.ts'
import type { RequestHead } from './head.ts'
import { type ByteRange, contentRange, parseRange } from './ranges.ts'
import type { Part, Response } from './response.ts'

export interface Representation extends Validators {
  readonly size: number
  readonly type: string
  /** Further field lines, each ended by CRLF, that go with the content. */
  readonly extra: string
  /** Where the bytes are: in memory, or in an open file. */
  readonly content: Uint8Array | FileDescriptor
}

type Release = Response['release']

function partOf(content: Uint8Array | FileDescriptor, start: number, end: number): Part {
  if (typeof content !== 'number') return content.subarray(start, end)
  return { file: content, offset: start, length: end - start }
}

function whole(of: Representation, fields: string, release: Release): Response {
  const parts = [partOf(of.content, 0, of.size)]
  return { status: 200, headers: `Content-Type: ${of.type}\r\n${fields}${of.extra}`, parts, of, release }
}

function single(of: Representation, fields: string, release: Release, range: ByteRange): Response {
  const headers = `Content-Type: ${of.type}\r\nContent-Range: ${contentRange(range, of.size)}\r\n${fields}${of.extra}`
  return { status: 206, headers, parts: [partOf(of.content, range.start, range.end)], of, release }
}

/** Several ranges as `multipart/byteranges` (RFC 9110, section 14.6). */
function several(of: Representation, fields: string, release: Release, ranges: readonly ByteRange[]): Response {
  // The same for the same version of the same file on both engines, and not to be guessed from the content alone.
  const boundary = createHash('sha256').update(`${of.etag}${of.modified}`).digest('hex').slice(0, 32)
  const parts: Part[] = []
  for (const range of ranges) {
    const head = `\r\n--${boundary}\r\nContent-Type: ${of.type}\r\nContent-Range: ${contentRange(range, of.size)}\r\n\r\n`
    parts.push(Buffer.from(head, 'latin1'), partOf(of.content, range.start, range.end))
  }
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'))
  const headers = `Content-Type: multipart/byteranges; boundary=${boundary}\r\n${fields}${of.extra}`
  return { status: 206, headers, parts, of, release }
}

/**
 * The answer to a request for this representation.
 *
 * @param release what the answer gives back once it has ended
 * @param what the path, for the sentence of a refusal
 * @throws Refusal precondition_failed, range_not_satisfiable
 */
export function represent(
  head: RequestHead,
  of: Representation,
  site: Site,
  what: string,
  release?: Response['release'],
): Response {
  const now = site.environment.date()
  const outcome = evaluate(head, of, now)
  const fields = `Last-Modified: ${of.modified}\r\nETag: ${of.etag}\r\nAccept-Ranges: bytes\r\n`
  if (outcome === 'failed') throw new Refusal('precondition_failed', what)
  // RFC 9110, section 15.4.5: the fields that a cache updates, and no content.
  if (outcome === 'unchanged') return { status: 304, headers: fields, parts: [], release }
  // A Range is defined for GET alone (section 14.2).
  const field = head.method === 'GET' ? head.field('range') : undefined
  if (field === undefined || !rangeHolds(head, of, now)) return whole(of, fields, release)
  const ranges = parseRange(field, of.size, site.limits.ranges)
  if (ranges === 'whole') return whole(of, fields, release)
  if (ranges === 'unsatisfiable') {
    throw new Refusal('range_not_satisfiable', '', `Content-Range: bytes */${of.size}\r\n`)
  }
  if (ranges.length === 1) return single(of, fields, release, ranges[0] as ByteRange)
  return several(of, fields, release, ranges)
}
