/** What the machine did meanwhile, from `/proc` (proc(5)). Where there is none, nothing is known, and that is said. */
import fs from 'node:fs'

/** Time of all processors together, in ticks of the kernel's clock. */
export interface MachineTime {
  readonly total: number
  /** Time in which the machine wanted to run and its host ran something else. */
  readonly stolen: number
  /** Time that went into processes, in them or in the kernel for them; interrupts are not among it. */
  readonly busy: number
}

export function machineTime(): MachineTime | undefined {
  try {
    return parseStat(fs.readFileSync('/proc/stat', 'latin1'))
  } catch {
    return undefined
  }
}

/** @param text of `/proc/stat` */
export function parseStat(text: string): MachineTime {
  const [line = ''] = text.split('\n', 1)
  // user nice system idle iowait irq softirq steal; guest time is part of user.
  const ticks = line.split(/\s+/).slice(1, 9).map(Number)
  const [user = 0, nice = 0, system = 0, , , , , stolen = 0] = ticks
  return { total: ticks.reduce((sum, part) => sum + part, 0), stolen, busy: user + nice + system }
}

/** The share of the machine's time that its host took, from 0 to 1; undefined where it cannot be known. */
export function stolenBetween(before: MachineTime | undefined, after: MachineTime | undefined): number | undefined {
  if (before === undefined || after === undefined || after.total === before.total) return undefined
  return (after.stolen - before.stolen) / (after.total - before.total)
}

/** Ticks in a second: `USER_HZ`, which is 100 for every Linux that Node runs on (time(7)). */
const ticksPerSecond = 100

/**
 * How much of one processor's time went to whatever has nothing to do with the run, from 0 upwards: at least.
 *
 * The kernel looks who is running at each tick of its clock, and counts that as all of the tick. Of a server that is busy for a fifth of a
 * run of 2.5 s that is one or two hundredths off by chance alone, so twice that error is taken off. `processesBetween` has a smaller error, and does not see
 * what runs outside this container.
 *
 * @param own seconds that went to those that have to do with it, and to threads of the kernel
 */
export function othersBetween(
  before: MachineTime | undefined,
  after: MachineTime | undefined,
  own: number,
  seconds: number,
): number | undefined {
  if (before === undefined || after === undefined) return undefined
  const [busy, total] = [after.busy - before.busy, after.total - before.total]
  const error = total === 0 ? 0 : Math.sqrt((Math.max(0, busy) * Math.max(0, total - busy)) / total)
  return Math.max(0, (busy - 2 * error) / ticksPerSecond - own) / seconds
}

/** What went to everything that can be seen, seconds on a processor. */
export interface ProcessTimes {
  /** To each process, with those of its children that have ended. */
  readonly processes: ReadonlyMap<number, number>
  /**
   * To all threads of the kernel. They work for others: for a server that flushes what it stores they write the journal of the file system. Who else
   * makes them work shows among the processes.
   */
  readonly kernel: number
}

/** Undefined where it cannot be known. */
export function processTimes(): ProcessTimes | undefined {
  try {
    const pids = fs.readdirSync('/proc').map(Number).filter(Number.isInteger)
    const all = pids.flatMap((pid) => spentBy(pid))
    const kernel = all.reduce((sum, { ofKernel, time }) => sum + (ofKernel ? time : 0), 0)
    return { processes: new Map(all.filter(({ ofKernel }) => !ofKernel).map(({ pid, time }) => [pid, time])), kernel }
  } catch {
    return undefined
  }
}

/** `PF_KTHREAD`, among the flags of the kernel (`include/linux/sched.h`), which has it there since 2.6.27. */
const kernelThread = 0x200000

/** The third on: the second, the name in parentheses, may hold anything. @param stat of a process or thread (proc_pid_stat(5)) */
const fieldsOf = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

type Ticks = readonly [user: number, system: number, users: number, systems: number]

const ticksAmong = (fields: readonly string[]) => fields.slice(11, 15).map(Number) as unknown as Ticks

/**
 * Processor time so far, in ticks of 10 ms, which the kernel scales to what was exactly spent: in user mode and in the kernel, and both of children that have
 * ended (proc_pid_stat(5), fields 14 to 17).
 *
 * @param entry of a process, or of a thread: `/proc/PID`, `/proc/PID/task/TID`
 */
export function ticksIn(entry: string): Ticks {
  return ticksAmong(fieldsOf(fs.readFileSync(`${entry}/stat`, 'latin1')))
}

/** Seconds, with those of children that have ended, and whether they are the kernel's own. @param stat see `fieldsOf` */
export function parseSpent(stat: string): { readonly ofKernel: boolean; readonly time: number } {
  const fields = fieldsOf(stat)
  const ticks = ticksAmong(fields).reduce((sum, one) => sum + one, 0)
  return { ofKernel: (Number(fields[6]) & kernelThread) !== 0, time: ticks / ticksPerSecond }
}

/** None for one that has ended meanwhile: its parent has its time. */
function spentBy(pid: number) {
  try {
    return [{ pid, ...parseSpent(fs.readFileSync(`/proc/${pid}/stat`, 'latin1')) }]
  } catch {
    return []
  }
}

/**
 * How much of one processor's time went to processes that have nothing to do with the run: at least. What the kernel tells of each is rounded down to a
 * tick, so that up to one of what it seems to have had in between is not known: in half a second that is a fiftieth of it.
 *
 * @param own those that have
 */
export function processesBetween(
  before: ProcessTimes['processes'] | undefined,
  after: ProcessTimes['processes'] | undefined,
  own: ReadonlySet<number>,
  seconds: number,
): number | undefined {
  if (before === undefined || after === undefined) return undefined
  const sum = (times: ProcessTimes['processes']) =>
    [...times].reduce((total, [pid, time]) => (own.has(pid) ? total : total + time), 0)
  const changed = [...after].filter(([pid, time]) => !own.has(pid) && time !== (before.get(pid) ?? 0)).length
  return Math.max(0, sum(after) - sum(before) - changed / ticksPerSecond) / seconds
}

/** Seconds that a process and all below it have spent on a processor; undefined where it cannot be known. */
export function processSeconds(pid: number): number | undefined {
  try {
    return family(pid).reduce((sum, member) => sum + threadsSeconds(member), 0)
  } catch {
    return undefined
  }
}

/** The exact time of each thread (`schedstat`, nanoseconds): ticks are too coarse for what takes little. */
function threadsSeconds(pid: number): number {
  let sum = 0
  for (const thread of fs.readdirSync(`/proc/${pid}/task`)) {
    sum += Number(fs.readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e9
  }
  return sum
}

/** A process, its children, and theirs. */
export function family(pid: number): number[] {
  const children = fs
    .readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => fs.readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim().split(' '))
  return [pid, ...children.filter((child) => child !== '').flatMap((child) => family(Number(child)))]
}

/** Memory of a process and all below it, in bytes: what is resident now, with what they share counted once (`Pss`). */
export function processMemory(pid: number): number | undefined {
  try {
    return family(pid).reduce((sum, member) => {
      const text = fs.readFileSync(`/proc/${member}/smaps_rollup`, 'latin1')
      return sum + 1024 * Number(/^Pss: +(\d+) kB$/m.exec(text)?.[1] ?? Number.NaN)
    }, 0)
  } catch {
    return undefined
  }
}
