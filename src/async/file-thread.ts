/**
 * The entry of a file thread: loads small files, one after the other, and blocks while it does.
 *
 * The only place of this engine where `…Sync` functions are called. It has no connection and no event loop that
 * anybody waits for: it is to the loop what a thread of libuv's pool is, but does the four calls of a small file in
 * one go, and takes as many files at a time as there are (see `loader.ts` for what that saves).
 */
import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { errnoOf } from '../core/errors.ts'
import { statusOf } from '../core/status.ts'
import { Slots } from './slots.ts'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
const bigint = { bigint: true } as const
/** Milliseconds that a small file may take: longer, and it came from a slow disk. */
const patience = 1

const slots = new Slots(workerData as SharedArrayBuffer)

/** Read a regular file that fits. @returns its length, or undefined when it has another than it said */
function readWhole(fd: number, size: number, room: Buffer): number | undefined {
  for (;;) {
    try {
      // One byte more than it should have, to see whether it has grown.
      const count = fs.readSync(fd, room, 0, size + 1, 0)
      return count === size ? size : undefined
    } catch (error) {
      // Again, if a signal interrupted it (signal(7)): libuv repeats all calls but this.
      if (errnoOf(error) !== 'EINTR') throw error
    }
  }
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

/** What a thread is given: a slot, a path, and how many bytes are wanted at most, in turn. */
export type Batch = readonly (number | string)[]

/** What it tells: the slots that it has filled, and those that it leaves to others because the disk is slow. */
export interface Told {
  readonly done: readonly number[]
  readonly left: readonly number[]
}

function attempt(slot: number, path: string, capacity: number): void {
  try {
    load(slot, path, capacity)
  } catch (error) {
    // EIO, should it be no system call that failed.
    slots.fail(slot, (error as NodeJS.ErrnoException).errno ?? -5)
  }
}

function work(batch: Batch): Told {
  const done: number[] = []
  const left: number[] = []
  const begun = performance.now()
  for (let at = 0; at < batch.length; at += 3) {
    const slot = batch[at] as number
    if (performance.now() - begun > patience * (done.length + 1)) left.push(slot)
    else {
      attempt(slot, batch[at + 1] as string, batch[at + 2] as number)
      done.push(slot)
    }
  }
  return { done, left }
}

parentPort?.on('message', (message: Batch | 'end') => {
  if (message === 'end') parentPort?.close()
  else parentPort?.postMessage(work(message))
})
// Ready: until now what it was given has waited for the thread, not for a disk.
parentPort?.postMessage({ done: [], left: [] } satisfies Told)
