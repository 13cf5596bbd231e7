/**
 * The entry of a file thread: loads small files, one after the other, and blocks while it does.
 *
 * The only place of this engine where `…Sync` functions are called. It has no connection and no event loop that
 * anybody waits for: it is to the loop what a thread of libuv's pool is, but does the four calls of a small file in
 * one go, and takes as many files at a time as there are (see `loader.ts` for what that saves).
 */
import fs from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { Calls, Directory } from '../core/calls.ts'
import { errnoOf } from '../core/errors.ts'
import { type SmallFile, storeSmall } from '../core/files/small.ts'
import type { Program, Step } from '../core/program.ts'
import { secondsOf, statusOf } from '../core/status.ts'
import { declined, Slots } from './slots.ts'
import { Stretch, scheduled } from './stalls.ts'

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants
const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
const bigint = { bigint: true } as const
const bigintIfAny = { bigint: true, throwIfNoEntry: false } as const
/** Milliseconds for which a thread may stand still for a small file: longer, and its disk is slow. */
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

/** Never tried again: close(2) frees the descriptor even when it fails, and by then it may be somebody else's. */
function close(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch {
    // What was to be read, or kept, has been.
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
    if (length !== undefined) close(fd)
  } catch (error) {
    close(fd)
    throw error
  }
}

/** What is asked of a program that runs here: the calls of `small.ts`. */
type OwnCalls = Pick<
  Calls,
  'openDirectory' | 'open' | 'close' | 'fstat' | 'lstat' | 'write' | 'fsync' | 'futimens' | 'unlink' | 'rename' | 'link'
>

const at = (parent: Directory, name: string) => `${parent.path}/${name}`

const calls: OwnCalls = {
  openDirectory(parent, name) {
    const fd = fs.openSync(at(parent, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    return { fd, path: `/proc/self/fd/${fd}` }
  },
  open: (parent, name) => fs.openSync(at(parent, name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666),
  close,
  fstat: (file) => statusOf(fs.fstatSync(file, bigint)),
  lstat(parent, name) {
    const raw = fs.lstatSync(at(parent, name), bigintIfAny)
    return raw && statusOf(raw)
  },
  write: (file, from, position) => fs.writeSync(file, from, 0, from.length, position),
  fsync: (file) => fs.fsyncSync(file),
  futimens: (file, mtimeNs) => fs.futimesSync(file, secondsOf(mtimeNs), secondsOf(mtimeNs)),
  unlink: (parent, name) => fs.unlinkSync(at(parent, name)),
  rename: (from, name, to, newName) => fs.renameSync(at(from, name), at(to, newName)),
  link: (from, name, to, newName) => fs.linkSync(at(from, name), at(to, newName)),
}

/** The blocking driver, for a program that makes no other calls. */
function run<T>(program: Program<T>): T {
  const answers = calls as unknown as Record<string, (...args: Step['args']) => unknown>
  let result = program.next()
  while (!result.done) {
    const { name, args } = result.value
    let answer: unknown
    try {
      answer = answers[name]?.(...args)
    } catch (error) {
      result = program.throw(error)
      continue
    }
    result = program.next(answer)
  }
  return result.value
}

function store(slot: number, file: SmallFile, length: number): void {
  const stored = run(storeSmall(file, slots.room(slot).subarray(0, length)))
  if (stored === undefined) slots.fail(slot, declined)
  else slots.tell(slot, stored.status, -1, stored.confirmed ? 1 : 0)
}

/**
 * What a thread is given: whether it is to be done even where the disk is slow, and in turn a slot, what is to be done, and how many bytes are wanted at
 * most, or given.
 */
export type Batch = readonly [anyway: boolean, ...(number | string | SmallFile)[]]

/** What it tells: the slots that it has filled, those that it leaves to others, and whether the disk is slow. */
export interface Told {
  readonly done: readonly number[]
  readonly left: readonly number[]
  readonly slow: boolean
}

function attempt(slot: number, what: string | SmallFile, length: number): void {
  try {
    if (typeof what === 'string') load(slot, what, length)
    else store(slot, what, length)
  } catch (error) {
    // EIO, should it be no system call that failed.
    slots.fail(slot, (error as NodeJS.ErrnoException).errno ?? -5)
  }
}

const numbers = Buffer.alloc(64)

/** What Linux keeps of this thread: see `scheduled`. */
function schedstat(): string {
  try {
    const fd = fs.openSync('/proc/thread-self/schedstat', O_RDONLY)
    const count = fs.readSync(fd, numbers)
    fs.closeSync(fd)
    return numbers.toString('latin1', 0, count)
  } catch {
    return ''
  }
}

const stretch = new Stretch(patience, { now: () => performance.now(), scheduled: () => scheduled(schedstat()) })

function work(batch: Batch): Told {
  const done: number[] = []
  const left: number[] = []
  const [anyway] = batch
  stretch.begin(anyway)
  for (let at = 1; at < batch.length; at += 3) {
    const slot = batch[at] as number
    if (stretch.heldUp() && !anyway) left.push(slot)
    else {
      attempt(slot, batch[at + 1] as string | SmallFile, batch[at + 2] as number)
      done.push(slot)
    }
  }
  return { done, left, slow: stretch.heldUp() }
}

parentPort?.on('message', (message: Batch | 'end') => {
  if (message === 'end') parentPort?.close()
  else parentPort?.postMessage(work(message))
})
// Ready: until now what it was given has waited for the thread, not for a disk.
parentPort?.postMessage({ done: [], left: [], slow: false } satisfies Told)
