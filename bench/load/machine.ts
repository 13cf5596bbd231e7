/** What the machine did meanwhile, from `/proc` (proc(5)). Where there is none, nothing is known, and that is said. */
import fs from 'node:fs'

/** Time of all processors together, in ticks of the kernel's clock. */
export interface MachineTime {
  readonly total: number
  /** Time in which the machine wanted to run and its host ran something else. */
  readonly stolen: number
  /** Time in which some processor had nothing to do. */
  readonly idle: number
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
  const [, , , idle = 0, iowait = 0, , , stolen = 0] = ticks
  return { total: ticks.reduce((sum, part) => sum + part, 0), stolen, idle: idle + iowait }
}

/** The share of the machine's time that its host took, from 0 to 1; undefined where it cannot be known. */
export function stolenBetween(before: MachineTime | undefined, after: MachineTime | undefined): number | undefined {
  if (before === undefined || after === undefined || after.total === before.total) return undefined
  return (after.stolen - before.stolen) / (after.total - before.total)
}
