/**
 * Which process this is, and whether another still runs (`core/owner.ts`), by proc(5) and kill(2).
 */
import fs from 'node:fs'
import { hostname } from 'node:os'
import { judge, machineOf, type OwnerState, ownerName, parseOwner, startOf } from '../core/owner.ts'

/** What a file or link of /proc says, or undefined where there is none, or it is not for us to see. */
function told(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const statOf = (pid: number | 'self') => told(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))
const boot = told(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim())
const namespace = told(() => fs.readlinkSync('/proc/self/ns/pid'))
const id = told(() => fs.readFileSync('/etc/machine-id', 'latin1').trim())
const machine = machineOf(hostname(), id, boot, namespace)

/** This process, for others. */
export const owner = ownerName({ ...machine, pid: process.pid, started: startOf(statOf('self') ?? '') ?? '0' })

/** kill(2) with signal 0, which only looks. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is somebody else's, and there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

export function ownerState(name: string): OwnerState {
  if (name === owner) return 'running'
  const found = parseOwner(name)
  return found === undefined ? 'unknown' : judge(found, machine, exists(found.pid), statOf(found.pid))
}
