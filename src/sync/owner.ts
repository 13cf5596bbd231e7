/**
 * Which process this is, and whether another still runs (`core/owner.ts`), by proc(5) and kill(2).
 *
 * Linux numbers threads as it does processes, with a start time of their own (gettid(2)). So a serving thread goes by
 * its own number: what it leaves behind when it ends by mistake is nobody's, although the process goes on.
 */
import fs from 'node:fs'
import { hostname } from 'node:os'
import { judge, machineOf, type OwnerState, ownerName, parseOwner, startOf } from '../core/owner.ts'
import { threadNumber } from './thread-number.ts'

/** What a file or link of /proc says, or undefined where there is none, or it is not for us to see. */
function told(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const statOf = (pid: number | 'self' | 'thread-self') => told(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))
const boot = told(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
const namespace = told(() => fs.readlinkSync('/proc/self/ns/pid'))
const id = told(() => fs.readFileSync('/etc/machine-id', 'latin1').trim())
const machine = machineOf(hostname(), id, boot, namespace)

/** kill(2) with signal 0, which only looks. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is somebody else's, and there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function stateOf(name: string): OwnerState {
  const found = parseOwner(name)
  return found === undefined ? 'unknown' : judge(found, machine, exists(found.pid), statOf(found.pid))
}

function ownOf(pid: number, self: 'self' | 'thread-self'): string {
  return ownerName({ ...machine, pid, started: startOf(statOf(self) ?? '') ?? '0' })
}

const thread = threadNumber === undefined ? undefined : ownOf(threadNumber, 'thread-self')

/** This thread, for others; the process, where threads cannot be seen as processes are. */
export const owner = thread !== undefined && stateOf(thread) === 'running' ? thread : ownOf(process.pid, 'self')

export function ownerState(name: string): OwnerState {
  return name === owner ? 'running' : stateOf(name)
}
