/**
 * Making what was changed outlast the machine's own end.
 *
 * The one place that calls `fsync`: a server that was started without it (`--no-fsync`) promises only what outlasts the
 * process's end.
 */
import type { FileDescriptor } from '../calls.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Wait until a file, or the names in a directory, are on the disk. @throws as `fsync`: what failed must be discarded */
export function* flush(site: Site, fd: FileDescriptor): Program<void> {
  if (site.durable) yield* call('fsync', fd)
}
