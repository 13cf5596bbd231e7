/**
 * The entry of a file thread: loads small files, one after the other, and blocks while it does.
 *
 * The only place of this engine where `…Sync` functions are called. It has no connection and no event loop that
 * anybody waits for: it is to the loop what a thread of libuv's pool is, but does the four calls of a small file in
 * one go, and takes as many files at a time as there are (see `loader.ts` for what that saves).
 */
import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { statusOf } from '../core/status.ts'
import { Slots } from './slots.ts'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
const bigint = { bigint: true } as const
/** Milliseconds after which what is done is told, though more is to do: a slow disk holds up one file, not all behind it. */
const patience = 1

const slots = new Slots(workerData as SharedArrayBuffer)

/** Read a regular file that fits. @returns its length, or undefined when it has another than it said */
function readWhole(fd: number, size: number, room: Buffer): number | undefined {
  // One byte more than it should have, to see whether it has grown.
  const count = fs.readSync(fd, room, 0, size + 1, 0)
  return count === size ? size : undefined
}

function load(slot: number, path: string, capacity: number): void {
  const fd = fs.openSync(path, flags)
  try {
    const status = statusOf(fs.fstatSync(fd, bigint))
    const room = slots.room(slot).subarray(0, capacity)
    const fits = status.kind === 'file' && status.size < room.length
    const length = fits ? readWhole(fd, status.size, room) : undefined
    slots.tell(slot, status, length === undefined ? fd : -1, length ?? 0)
    if (length !== undefined) fs.closeSync(fd)
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
}

/** @param jobs a slot, a path, and how many bytes are wanted at most, in turn */
function work(jobs: readonly (number | string)[]): void {
  let done: number[] = []
  let told = performance.now()
  for (let at = 0; at < jobs.length; at += 3) {
    const slot = jobs[at] as number
    try {
      load(slot, jobs[at + 1] as string, jobs[at + 2] as number)
    } catch (error) {
      // EIO, should it be no system call that failed.
      slots.fail(slot, (error as NodeJS.ErrnoException).errno ?? -5)
    }
    done.push(slot)
    if (performance.now() - told < patience) continue
    parentPort?.postMessage(done)
    done = []
    told = performance.now()
  }
  if (done.length > 0) parentPort?.postMessage(done)
}

parentPort?.on('message', (jobs: readonly (number | string)[] | 'end') => {
  if (jobs === 'end') parentPort?.close()
  else work(jobs)
})
