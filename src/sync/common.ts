/**
 * The blocking engine's calls for what all servers on a directory have in common. Each serving thread opens it for itself, and so
 * waits for the other threads as for other processes.
 */
import type { Calls } from '../core/calls.ts'
import { sharedBytes } from '../core/files/shared-memory.ts'
import { type Common, openCommon } from '../posix/common.ts'
import type { Shared } from './shared.ts'

export type CommonCalls = Pick<Calls, 'share' | 'lock' | 'unlock'>

/**
 * @param thread is told what must not outlive it: a lock would be held as long as the file is open, and that is as long as the process runs
 * @returns the calls, and `leave`, which closes what `share` has opened
 */
export function commonCalls(thread: Pick<Shared, 'opened' | 'closing'>): CommonCalls & { leave(): void } {
  let common: Common | undefined
  return {
    share(directory, make) {
      common = openCommon(directory.path, make)
      if (common !== undefined) thread.opened(common.fd)
      return common?.memory ?? new ArrayBuffer(sharedBytes)
    },
    // Without one a program runs to its end before the next begins: there is nobody in this thread to keep out.
    lock: () => common?.lock(),
    unlock: () => common?.unlock(),
    leave() {
      if (common === undefined) return
      thread.closing(common.fd)
      common.close()
    },
  }
}
