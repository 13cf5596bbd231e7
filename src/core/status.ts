/**
 * What a `stat` structure says, in the parts that twinserve uses: the same mapping for both engines.
 *
 * Pure: the engines make the call, with `{ bigint: true }`, because a time in nanoseconds does not fit a number.
 */
import type { FileKind, FileStatus } from './calls.ts'

/** The fields of `fs.BigIntStats` that are read. */
export interface RawStatus {
  readonly mode: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly dev: bigint
  readonly ino: bigint
}

/** The file type bits of `st_mode` (inode(7)). Node gives these numbers on every platform. */
function kindOf(mode: number): FileKind {
  switch (mode & 0o170000) {
    case 0o100000:
      return 'file'
    case 0o040000:
      return 'directory'
    case 0o120000:
      return 'link'
    default:
      return 'other'
  }
}

export function statusOf(raw: RawStatus): FileStatus {
  return {
    kind: kindOf(Number(raw.mode)),
    size: Number(raw.size),
    mtimeNs: raw.mtimeNs,
    device: Number(raw.dev),
    inode: Number(raw.ino),
    permissions: Number(raw.mode) & 0o777,
  }
}

/** The most that is read of a configuration: what is larger is something else. */
const mostConfiguration = 1_048_576n

/**
 * What tells one state of a configuration file from another.
 *
 * @throws EINVAL for what is no regular file, EFBIG for what is too large
 */
export function versionOf(raw: RawStatus): string {
  const code = kindOf(Number(raw.mode)) !== 'file' ? 'EINVAL' : raw.size > mostConfiguration ? 'EFBIG' : undefined
  if (code !== undefined) throw Object.assign(new Error(code), { code })
  return `${raw.dev} ${raw.ino} ${raw.size} ${raw.mtimeNs}`
}

/** What is added so that a time is never below its microsecond once it is a number of seconds: half of what such a number can be off by. */
const bias = 1.5e-7

/**
 * A time as `fs.futimes` takes it: seconds since 1970, of which a number holds a quarter of a microsecond. Cut to
 * microseconds it is the time that was meant.
 */
export function secondsOf(ns: bigint): number {
  return Number(ns / 1000n) / 1e6 + bias
}
