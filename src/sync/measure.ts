/**
 * What the serving threads have counted, for the one that is asked for the metrics.
 *
 * Each thread counts in memory that all share, and writes only its own part, so nobody waits for anybody.
 */
import fs from 'node:fs'
import type { Calls } from '../core/calls.ts'
import { mostDescriptors } from '../core/descriptors.ts'
import type { ProcessStatus } from '../core/metrics/exposition.ts'
import { slotCount } from '../core/metrics/slots.ts'

/** Where all threads count: the memory of each, and which of them is whose. */
export interface Counts {
  readonly all: readonly SharedArrayBuffer[]
  readonly own: number
}

export function countsFor(threads: number): SharedArrayBuffer[] {
  return Array.from({ length: threads }, () => new SharedArrayBuffer(slotCount * 8))
}

/** Where there is no `/proc`, it is not known. */
function ifAny<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

function processStatus(): ProcessStatus {
  const { user, system } = process.cpuUsage()
  return {
    cpu: (user + system) / 1e6,
    memory: process.memoryUsage.rss(),
    // One of them is that by which they are listed.
    openFiles: ifAny(() => fs.readdirSync('/proc/self/fd').length - 1),
    maxFiles: ifAny(() => mostDescriptors(fs.readFileSync('/proc/self/limits', 'latin1'))),
    started: Date.now() / 1000 - process.uptime(),
  }
}

/** The call, for one thread. */
export function measureCall(counts: Counts | undefined): Pick<Calls, 'measure'> {
  const loops = (counts?.all ?? []).map((memory) => new Float64Array(memory))
  return { measure: () => ({ loops, processes: [processStatus()] }) }
}
