/**
 * Names for running processes, so that what one has left behind can be told from what another is still making.
 *
 * A name says on which machine, since which boot, in which PID namespace (pid_namespaces(7)), under which number and
 * since when the process runs: numbers are given out again, but not with the same start time. What ran before the machine
 * was booted has ended. Pure: the engines look it up.
 */
import { createHash } from 'node:crypto'

/** Whether a process still runs. `unknown`: it is one of another machine, or cannot be seen from here. */
export type OwnerState = 'running' | 'ended' | 'unknown'

/** A running system, as seen by a process on it. Each is a mark: 12 hexadecimal digits. */
export interface Machine {
  /** What it still has after it was booted again, and no other has: `nowhere` when that is not known. */
  readonly host: string
  /** What each boot has anew. */
  readonly boot: string
  /** The PID namespace. */
  readonly space: string
}

export interface Owner extends Machine {
  readonly pid: number
  /** When the process started, in ticks since the boot, or 0 where the system does not tell. */
  readonly started: string
}

/** The host of a machine that has no identifier of its own. */
export const nowhere = '0'.repeat(12)

export function markOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/**
 * @param hostname also a part of the host, because machines that were cloned may share an identifier
 * @param id the identifier of the machine (machine-id(5)), where it has one
 * @param boot the identifier of the boot (proc(5)), where the system tells it
 */
export function machineOf(hostname: string, id = '', boot = '', space = ''): Machine {
  const host = id === '' ? nowhere : markOf(`${id} ${hostname}`)
  return { host, boot: markOf(boot === '' ? hostname : boot), space: markOf(space) }
}

/** A process as the name of something it owns may hold it: lower case letters, digits and `-`. */
export function ownerName({ host, boot, space, pid, started }: Owner): string {
  return [host, boot, space, pid, started].join('-')
}

/** The process that such a name stands for, or undefined when it is no such name. */
export function parseOwner(name: string): Owner | undefined {
  const m = /^([0-9a-f]{12})-([0-9a-f]{12})-([0-9a-f]{12})-([1-9]\d{0,9})-(\d{1,20})$/.exec(name)
  if (m === null) return undefined
  const [, host, boot, space, pid, started] = m as unknown as string[]
  return { host, boot, space, pid: Number(pid), started } as Owner
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
 * @param here the machine that asks
 * @param exists whether a process has its number here
 * @param stat that process's line in `/proc/PID/stat`, where it can be read
 */
export function judge(owner: Owner, here: Machine, exists: boolean, stat: string | undefined): OwnerState {
  if (owner.boot !== here.boot) return owner.host === here.host && here.host !== nowhere ? 'ended' : 'unknown'
  if (owner.space !== here.space) return 'unknown'
  if (!exists) return 'ended'
  if (stat === undefined) return 'unknown'
  return startOf(stat) === owner.started ? 'running' : 'ended'
}
