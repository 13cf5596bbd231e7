/**
 * A slow disk, for scenarios that say that they have one: loaded before an engine (`--import`), it delays the read that begins a file, as
 * a disk that has to find it would. No matter how the file is read, it is delayed once.
 *
 * - Where a thread makes the call and waits, the delay is a sleep that blocks it: in the blocking engine, and in the file
 *   threads of the other.
 * - Where the event loop asks libuv, the delay is a sleep in a thread of its pool, as a slow read would be; or a timer, which
 *   holds no thread, to show what remains when nothing does. The scenario says which.
 */
import fs from 'node:fs'
import koffi from 'koffi'
import { posix } from '../../src/posix/posix.ts'
import type { SlowDisk } from './engines.ts'

const { delay, holds } = JSON.parse(process.env.TWINSERVE_BENCH_SLOW_DISK ?? '{}') as SlowDisk
const bed = new Int32Array(new SharedArrayBuffer(4))
const usleep = koffi.load(null).func('int usleep(uint microseconds)')
const { readSync, read } = fs
const { sendfile } = posix
type Any = (...args: unknown[]) => unknown

const block = () => Atomics.wait(bed, 0, 0, delay)

// Reads with a position are of files: sockets have none. The fifth argument is where the read begins.
fs.readSync = ((...args: unknown[]) => {
  if (args[4] === 0) block()
  return (readSync as unknown as Any)(...args)
}) as unknown as typeof readSync

fs.read = ((...args: unknown[]) => {
  const ask = () => (read as unknown as Any)(...args)
  if (args[4] !== 0) ask()
  else if (holds === 'nobody') setTimeout(ask, delay)
  // koffi's asynchronous calls run in libuv's pool.
  else usleep.async(delay * 1000, ask)
}) as unknown as typeof read

// Linux: its third argument points at where it begins.
posix.sendfile = ((...args: unknown[]) => {
  if ((args[2] as BigInt64Array)[0] === 0n) block()
  return (sendfile as unknown as Any)(...args)
}) as unknown as typeof sendfile
