/**
 * Looking whether a name is there.
 */
import type { Directory, FileStatus } from '../calls.ts'
import { call, type Program } from '../program.ts'

/** What has the name, a symbolic link as itself, or undefined when nothing has. */
export function* statusOf(parent: Directory, name: string): Program<FileStatus | undefined> {
  return yield* call('lstat', parent, name)
}
