/**
 * The event-loop engine's calls for what all servers on a directory have in common.
 *
 * - In this process there is a queue, which is served in order; whoever is first in it asks the system for the lock. If it is free, that
 *   is one call that does not wait. If not, a thread of libuv's pool waits for it.
 * - There is one queue, whatever directories are served. So there is no thread that waits while a program here has a lock: that program
 *   may need the very thread to go on.
 */
import { sharedBytes } from '../core/files/shared-memory.ts'
import type { Common } from '../posix/common.ts'
import type { LaterCalls } from './run.ts'

export type CommonCalls = Pick<LaterCalls, 'share' | 'lock' | 'unlock'>

let busy = false
const waiting: (() => void)[] = []

function leaveQueue(): void {
  const next = waiting.shift()
  if (next === undefined) busy = false
  else next()
}

/** Where there is native code, it is loaded only here: elsewhere a server has a lock and memory of its own. */
async function open(path: string, make: boolean): Promise<Common | undefined> {
  if (process.platform === 'win32') return undefined
  try {
    return (await import('../posix/common.ts')).openCommon(path, make)
  } catch {
    // There is no koffi for this processor.
    return undefined
  }
}

/** @returns the calls, and `leave`, which closes what `share` has opened */
export function commonCalls(): CommonCalls & { leave(): void } {
  let common: Common | undefined
  const take = (): Promise<void> | undefined => {
    if (common === undefined || (common.instant && common.tryLock())) return undefined
    return common.lockLater()
  }
  return {
    async share(directory, make) {
      common = await open(directory.path, make)
      return common?.memory ?? new ArrayBuffer(sharedBytes)
    },
    lock() {
      if (busy) return new Promise<void>((resolve) => waiting.push(resolve)).then(take)
      busy = true
      return take()
    },
    unlock() {
      if (common !== undefined && !common.instant) return common.unlockLater().then(leaveQueue)
      common?.unlock()
      leaveQueue()
      return undefined
    },
    leave: () => common?.close(),
  }
}
