/**
 * Sizes and times as a person reads them, the same for every reader: no locale, no time zone but UTC.
 */

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `512 B`, `1.4 KiB`, `3.0 GiB`: binary units (IEC 80000-13) with one decimal. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let unit = 0
  let value = bytes / 1024
  // 1023.95 would be rounded to 1024.0, which is 1.0 of the next unit.
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** `1,234,567 bytes`. */
export function formatBytes(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${formatCount(bytes)} bytes`
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** The years that `2026-11-21` can write, in milliseconds: 0001 to 9999. */
const earliest = -62_135_596_800_000
const latest = 253_402_300_799_999

/** A `<time>` element: `2026-11-21 02:41`, in UTC; nothing for a time that no calendar page has. */
export function timeHtml(ns: bigint): string {
  const ms = Number(ns / 1_000_000n)
  if (ms < earliest || ms > latest) return ''
  const iso = new Date(ms).toISOString()
  return `<time datetime=${iso.slice(0, 19)}Z>${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`
}
