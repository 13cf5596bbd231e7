/** Sizes as people write them: `64M`, `1.5 GiB`, `4096`. The units are powers of 1024, as for `ls -h` and `dd`. */
const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }

/** @returns bytes, or undefined when the text is not a size */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim())
  if (match === null) return undefined
  const [, digits = '', unit = ''] = match
  const bytes = Math.round(Number(digits) * (units[unit.toUpperCase()] as number))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
