/**
 * Names for running processes, so that what one has left behind can be told from what another is still making.
 *
 * A name says on which machine, in which PID namespace (pid_namespaces(7)), under which number and since when the
 * process runs: numbers are given out again, but not with the same start time. Pure: the engines look it up.
 */
import { createHash } from 'node:crypto'

/** Whether a process still runs. `unknown`: it is one of another machine, or cannot be seen from here. */
export type OwnerState = 'running' | 'ended' | 'unknown'

export interface Owner {
  /** What distinguishes the running system, and the PID namespace in it, from all others. */
  readonly machine: string
  readonly pid: number
  /** When the process started, in ticks since the boot, or 0 where the system does not tell. */
  readonly started: string
}

/** @param marks what no other running system has all of: the boot's identifier, the PID namespace, a host name */
export function machineOf(...marks: readonly string[]): string {
  return createHash('sha256').update(marks.join(' ')).digest('hex').slice(0, 12)
}

/** A process as the name of something it owns may hold it: lower case letters, digits and `-`. */
export function ownerName({ machine, pid, started }: Owner): string {
  return `${machine}-${pid}-${started}`
}

/** The process that such a name stands for, or undefined when it is no such name. */
export function parseOwner(name: string): Owner | undefined {
  const m = /^([0-9a-f]{12})-([1-9]\d{0,9})-(\d{1,20})$/.exec(name)
  return m === null ? undefined : { machine: m[1] as string, pid: Number(m[2]), started: m[3] as string }
}

/**
 * When a process started, by its line in `/proc/PID/stat` (proc(5)): field 22, behind the command's name, which may
 * itself hold spaces and parentheses.
 *
 * @returns undefined for one that has ended, and only has not been waited for yet
 */
export function startOf(stat: string): string | undefined {
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return /^[ZXx]$/.test(state) ? undefined : fields[18]
}

/**
 * What is known of an owner.
 *
 * @param exists whether a process has its number here
 * @param stat that process's line in `/proc/PID/stat`, where it can be read
 */
export function judge(owner: Owner, machine: string, exists: boolean, stat: string | undefined): OwnerState {
  if (owner.machine !== machine) return 'unknown'
  if (!exists) return 'ended'
  if (stat === undefined) return 'unknown'
  return startOf(stat) === owner.started ? 'running' : 'ended'
}
