/**
 * What an event loop counts of itself, and what is told of it when it is asked for the metrics.
 */
import fs from 'node:fs'
import { performance } from 'node:perf_hooks'
import { mostDescriptors } from '../core/descriptors.ts'
import type { ProcessStatus } from '../core/metrics/exposition.ts'
import type { Recorder } from '../core/metrics/recorder.ts'
import { counterSlot } from '../core/metrics/slots.ts'

/** How often the loop is looked at for being late, in milliseconds. */
const lagInterval = 100

/** @returns undefined where there is no `/proc` */
async function openFiles(): Promise<number | undefined> {
  const names = await fs.promises.readdir('/proc/self/fd').catch(() => undefined)
  // One of them is that by which they are listed.
  return names === undefined ? undefined : names.length - 1
}

async function maxFiles(): Promise<number | undefined> {
  return mostDescriptors(await fs.promises.readFile('/proc/self/limits', 'latin1').catch(() => ''))
}

/** What the system says of this process. */
export async function processStatus(): Promise<ProcessStatus> {
  const { user, system } = process.cpuUsage()
  return {
    cpu: (user + system) / 1e6,
    memory: process.memoryUsage.rss(),
    openFiles: await openFiles(),
    maxFiles: await maxFiles(),
    started: Date.now() / 1000 - process.uptime(),
  }
}

/** The loop's own time, as it is now. */
export function noteBusy(recorder: Recorder): void {
  recorder.slots[counterSlot('busy')] = performance.eventLoopUtilization().active
}

/** Look how late the loop comes to a timer, again and again. @returns what ends that */
export function watchLag(recorder: Recorder): () => void {
  let due = performance.now() + lagInterval
  const timer = setInterval(() => {
    const now = performance.now()
    recorder.late(Math.max(0, now - due))
    due = now + lagInterval
  }, lagInterval)
  timer.unref()
  return () => clearInterval(timer)
}
