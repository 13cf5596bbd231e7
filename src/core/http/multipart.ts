/**
 * Bodies of type `multipart/form-data` (RFC 7578, over RFC 2046, section 5.1), part by part.
 *
 * - Bytes are pulled through: no part is held in memory, whatever its size.
 * - A body that ends before its last boundary is refused.
 */
import { parse } from 'content-disposition'
import StreamSearch from 'streamsearch'
import { Refusal } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Program } from '../program.ts'
import { type ByteSource, gather } from './body.ts'

/** What a part says of itself. */
export interface PartHead {
  /** The name of the form's field. */
  readonly field: string
  /** The name of the file, if it is one. Empty when a file field was left empty. */
  readonly filename: string | undefined
}

type Event = { readonly bytes: Uint8Array } | 'boundary'

const headEnd = Buffer.from('\r\n\r\n')
const nothing = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { fatal: true })
/** RFC 2046, section 5.1.1: at most 70 characters. */
const boundaryParameter = /;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70})(?=[\s;]|$))/i

/** The boundary of a `Content-Type` field. @throws Refusal bad_body when it is missing */
export function boundaryOf(contentType: string): string {
  const m = boundaryParameter.exec(contentType)
  if (!m) throw new Refusal('bad_body', 'its Content-Type has no boundary')
  return (m[1] ?? m[2]) as string
}

/** A multipart body being read. It is itself the source of the bytes of the part that it has come to. */
export class Multipart implements ByteSource {
  readonly #source: ByteSource
  readonly #limits: Limits
  readonly #search: StreamSearch
  #events: Event[] = []
  /** Whether the part that was begun last has been read to its end. */
  #between = true
  #parts = 0
  #broken = false

  constructor(source: ByteSource, boundary: string, limits: Limits) {
    this.#source = source
    this.#limits = limits
    this.#search = new StreamSearch(Buffer.from(`\r\n--${boundary}`, 'latin1'), (match, data, start, end, safe) => {
      if (data !== undefined && end > start) {
        const bytes = data.subarray(start, end)
        // What is not safe lies in a buffer that the search uses again.
        this.#events.push({ bytes: safe ? bytes : Buffer.from(bytes) })
      }
      if (match) this.#events.push('boundary')
    })
    // The first boundary may stand at the very beginning, without a line end before it.
    this.#search.push(Buffer.from('\r\n'), 0)
  }

  /** Whether the body itself failed, so that nothing more can be read from it. */
  get broken(): boolean {
    return this.#broken
  }

  /** Go to the next part, past what is left of the one before. @returns undefined behind the last one */
  *nextPart(): Program<PartHead | undefined> {
    if (this.#parts === 0) this.#between = false
    while ((yield* this.next()).length > 0) {
      // What stands before the first boundary means nothing (RFC 2046, section 5.1.1), and a part may be left unread.
    }
    this.#parts += 1
    if (this.#parts > this.#limits.parts) throw new Refusal('too_large', `more than ${this.#limits.parts} parts`)
    const text = yield* this.#head()
    if (text === undefined) return undefined
    this.#between = false
    return partHead(text)
  }

  /** The next bytes of the part; none at all at its end. */
  *next(): Program<Uint8Array> {
    if (this.#between) return nothing
    const event = yield* this.#event()
    if (event !== 'boundary') return event.bytes
    this.#between = true
    return nothing
  }

  /** A part as text. @throws Refusal too_large, bad_body when it is not UTF-8 */
  *text(): Program<string> {
    return decode(yield* gather(this, this.#limits.fieldBytes, 'a field of the form'))
  }

  *#event(): Program<Event> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) return event
      this.#broken = true
      const bytes = yield* this.#source.next()
      if (bytes.length === 0) throw new Refusal('bad_body', 'it ends before its last boundary')
      this.#broken = false
      this.#search.push(bytes, 0)
    }
  }

  /** The header section of the part that begins behind a boundary, or undefined behind the last one. */
  *#head(): Program<string | undefined> {
    let seen = Buffer.alloc(0)
    for (;;) {
      const event = yield* this.#event()
      if (event === 'boundary') throw new Refusal('bad_body', 'a part ends within its header section')
      seen = Buffer.concat([seen, event.bytes])
      if (seen.length >= 2 && seen.toString('latin1', 0, 2) === '--') return undefined
      const end = seen.indexOf(headEnd)
      // Where the end is not in sight, it may still begin in the last three bytes.
      if ((end < 0 ? seen.length - 3 : end) > this.#limits.partHeaderBytes) {
        throw new Refusal('bad_body', 'a part has too long a header section')
      }
      if (end < 0) continue
      if (seen.length > end + 4) this.#events.unshift({ bytes: seen.subarray(end + 4) })
      return decode(seen.subarray(0, end))
    }
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Refusal('bad_body', 'a field is not valid UTF-8')
  }
}

const disposition = /^content-disposition:\s*/i

function partHead(text: string): PartHead {
  const line = text.split('\r\n').find((each) => disposition.test(each)) ?? ''
  const { parameters } = parse(line.replace(disposition, ''), { multipart: true })
  if (parameters.name === undefined) throw new Refusal('bad_body', 'a part has no name')
  return { field: parameters.name, filename: parameters.filename }
}
