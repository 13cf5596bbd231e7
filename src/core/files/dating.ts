/**
 * Dating files, so that no two versions of a file have one entity tag: it is made of size and time.
 *
 * `fs.futimes` takes seconds as a double and cuts off what is below a microsecond. So a time is handed to it as the middle
 * of a microsecond, which is cut to its beginning whether the double is a little more or a little less. Its beginning
 * would now and then be cut to the microsecond before, and that may be another file's.
 */
import type { FileDescriptor, FileStatus } from '../calls.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

const microsecond = 1000n

/** The microsecond that a time lies in. */
export function microsecondOf(time: bigint): bigint {
  return time / microsecond
}

/** A time within a microsecond, that every engine can set. */
export function timeIn(microseconds: bigint): bigint {
  return microseconds * microsecond + microsecond / 2n
}

/**
 * A time that no other file made by any server on the directory has, for one that is dated without being looked at first. It is by the
 * server's clock, not by that of the kernel.
 *
 * @returns nanoseconds since 1970
 */
export function freshTime(site: Site): bigint {
  return site.shared.giveTime(timeIn(BigInt(site.environment.date()) * 1000n))
}

/**
 * Date a file: as the client says, or with a time that no other file made by any server on the directory has. The kernel dates files
 * by the ticks of its clock, and two versions of one size in one tick would have the same entity tag.
 *
 * @param mtimeNs nanoseconds since 1970, where the client says
 * @returns what the file is then
 */
export function* dated(site: Site, fd: FileDescriptor, mtimeNs?: bigint): Program<FileStatus> {
  if (mtimeNs !== undefined) {
    yield* call('futimens', fd, mtimeNs)
    return yield* call('fstat', fd)
  }
  const status = yield* call('fstat', fd)
  const time = site.shared.giveTime(status.mtimeNs)
  if (time === status.mtimeNs) return status
  yield* call('futimens', fd, time)
  return yield* call('fstat', fd)
}
