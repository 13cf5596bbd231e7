/**
 * Range requests (RFC 9110, section 14): which bytes a `Range` field asks for.
 */

/** A run of bytes: from `start`, up to and without `end`. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const spec = /^(\d*)-(\d*)$/

function parseOne(text: string, size: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const m = spec.exec(text)
  if (!m || text === '-') return 'invalid'
  const [, first, last] = m as unknown as [string, string, string]
  if (first === '') {
    const suffix = Number(last)
    if (suffix === 0 || size === 0) return 'unsatisfiable'
    return { start: Math.max(0, size - suffix), end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return 'invalid'
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}

/**
 * The ranges to serve.
 *
 * A field that is malformed, has another unit, asks for more ranges than `most`, or for more bytes than there
 * are (ranges that overlap) is ignored, as section 14.2 allows: the whole is then served.
 *
 * @param size of the representation, in bytes
 * @returns at least one range, or `whole`, or `unsatisfiable` when every range lies outside
 */
export function parseRange(
  field: string,
  size: number,
  most: number,
): readonly ByteRange[] | 'whole' | 'unsatisfiable' {
  if (!/^bytes=/i.test(field)) return 'whole'
  const texts = field
    .slice(6)
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
  if (texts.length === 0 || texts.length > most) return 'whole'
  const ranges: ByteRange[] = []
  for (const text of texts) {
    const range = parseOne(text, size)
    if (range === 'invalid') return 'whole'
    if (range !== 'unsatisfiable') ranges.push(range)
  }
  if (ranges.length === 0) return 'unsatisfiable'
  const total = ranges.reduce((sum, range) => sum + range.end - range.start, 0)
  return ranges.length > 1 && total > size ? 'whole' : ranges
}

/** The value of `Content-Range` (section 14.4). */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`
}
