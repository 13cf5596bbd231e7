/**
 * Bytes into files.
 */
import type { FileDescriptor } from '../calls.ts'
import type { ByteSource } from '../http/body.ts'
import { call, type Program } from '../program.ts'
import type { Room } from './quota.ts'

/**
 * Write all that a source has.
 *
 * @param room is asked before each write
 * @param position where in the file to begin
 * @returns where it ended
 */
export function* writeAll(fd: FileDescriptor, source: ByteSource, room?: Room, position = 0): Program<number> {
  let at = position
  for (;;) {
    const bytes = yield* source.next()
    if (bytes.length === 0) return at
    if (room !== undefined) yield* room.take(bytes.length)
    let done = 0
    while (done < bytes.length) done += yield* call('write', fd, bytes.subarray(done), at + done)
    at += done
  }
}
