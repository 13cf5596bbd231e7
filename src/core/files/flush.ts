/**
 * Making what was changed outlast the machine's own end.
 *
 * The one place that calls `fsync`: a server that was started without it (`--no-fsync`) promises only what outlasts the
 * process's end.
 */
import type { FileDescriptor } from '../calls.ts'
import { Refusal } from '../errors.ts'
import { call, type Program } from '../program.ts'
import type { Site } from '../site.ts'

/** Wait until a file, or the names in a directory, are on the disk. @throws as `fsync`: what failed must be discarded */
export function* flush(site: Site, fd: FileDescriptor): Program<void> {
  if (site.durable) yield* call('fsync', fd)
}

/**
 * Wait until names in a directory are on the disk that were given or taken already, and cannot be given back: whoever is
 * told that it failed must not believe that nothing has happened.
 *
 * @param what the path, for the sentence
 * @throws Refusal unconfirmed
 */
export function* confirm(site: Site, directory: FileDescriptor, what: string): Program<void> {
  try {
    yield* flush(site, directory)
  } catch {
    throw new Refusal('unconfirmed', what)
  }
}
