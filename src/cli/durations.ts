/** Times as people write them: `30s`, `2m`, `1.5h`, `500ms`; a number alone is seconds, as for `sleep` and `timeout`. */
const units: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60 * 1000,
  h: 60 * 60 * 1000,
  d: 24 * 60 * 60 * 1000,
}

/** @returns milliseconds, or undefined when the text is not a time */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|[smhd]?)$/i.exec(text.trim())
  if (match === null) return undefined
  const [, digits = '', unit = ''] = match
  const milliseconds = Math.round(Number(digits) * (units[unit.toLowerCase()] as number))
  return Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}
