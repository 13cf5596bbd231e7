/**
 * The time of a file as clients send it, so that a copy is as old as its original: `X-OC-Mtime` with `PUT`, as
 * ownCloud's clients and rclone have it, and `mtime` in the metadata of a resumable upload.
 */
import { Refusal } from '../errors.ts'

/** Seconds since 1970, with a fraction or without. Ten digits last until the year 2286; ext4 until 2446. */
const seconds = /^(\d{1,10})(?:\.(\d{1,9})\d*)?$/

/**
 * @param text undefined when there is none
 * @param source what it is called, for the sentence
 * @returns nanoseconds since 1970, to the microsecond that every engine can set
 * @throws Refusal bad_parameter
 */
export function mtimeOf(text: string | undefined, source: string): bigint | undefined {
  if (text === undefined) return undefined
  const m = seconds.exec(text)
  if (m === null) {
    throw new Refusal('bad_parameter', `${source} must be the seconds since 1970, such as 1700000000 or 1700000000.25`)
  }
  const microseconds = (m[2] ?? '').padEnd(6, '0').slice(0, 6)
  return BigInt(`${m[1]}${microseconds}`) * 1000n
}
