/** Listings, the same for both sides. */
import { formatCount, formatSize } from '../../core/pages/format.ts'
import { printable } from '../printable.ts'
import type { Entry } from './sides.ts'

/**
 * One line for each entry: size, time and name; in the long form the kind, all the digits, and what a link leads to.
 * The names come last, because nobody knows how wide a terminal draws them.
 */
export function formatListing(entries: readonly Entry[], long = false): readonly string[] {
  const sizes = entries.map(({ size }) => (size === undefined ? '-' : long ? formatCount(size) : formatSize(size)))
  const width = Math.max(0, ...sizes.map(({ length }) => length))
  return entries.map((entry, index) => {
    const size = (sizes[index] as string).padStart(width)
    const columns = [size, formatTime(entry.modified, long), formatName(entry, long)]
    return (long ? [entry.kind.padEnd('directory'.length), ...columns] : columns).join('  ')
  })
}

/** `2026-11-21 06:36`, in the time zone of the person; blank where there is none. */
export function formatTime(time: Date | undefined, seconds = false): string {
  const width = seconds ? 19 : 16
  if (time === undefined || Number.isNaN(time.getTime())) return ''.padEnd(width)
  const two = (number: number): string => String(number).padStart(2, '0')
  const date = `${String(time.getFullYear()).padStart(4, '0')}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`.slice(0, width)
}

/** Directories with a `/`, as `ls -F` has it, and links with `@`. */
function formatName({ name, kind, target }: Entry, long: boolean): string {
  const mark = kind === 'directory' ? '/' : kind === 'link' ? '@' : ''
  const leads = long && kind === 'link' ? ` -> ${target === undefined ? 'nothing here' : `a ${target}`}` : ''
  return `${printable(name)}${mark}${leads}`
}

/** `3 files, 1 directory, 12.0 KiB` */
export function summary(entries: readonly Entry[]): string {
  const directories = entries.filter(({ kind }) => kind === 'directory').length
  const bytes = entries.reduce((sum, { size = 0 }) => sum + size, 0)
  const files = entries.length - directories
  const parts = [count(files, 'file', 'files'), count(directories, 'directory', 'directories'), formatSize(bytes)]
  return parts.join(', ')
}

export const count = (number: number, one: string, many: string): string =>
  `${formatCount(number)} ${number === 1 ? one : many}`
