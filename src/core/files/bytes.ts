/**
 * Bytes into files.
 */
import type { FileDescriptor } from '../calls.ts'
import type { ByteSource } from '../http/body.ts'
import { call, type Program } from '../program.ts'

/** Write all that a source has, from the beginning of the file. */
export function* writeAll(fd: FileDescriptor, source: ByteSource): Program<void> {
  let position = 0
  for (;;) {
    const bytes = yield* source.next()
    if (bytes.length === 0) return
    let done = 0
    while (done < bytes.length) done += yield* call('write', fd, bytes.subarray(done), position + done)
    position += done
  }
}
