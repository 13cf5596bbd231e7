/**
 * A slow disk, for scenarios that say that they have one: loaded before an engine (`--import`), it delays each read of a file.
 *
 * - Where a thread makes the call and waits, the delay is a sleep that blocks it: in the blocking engine, and in the file
 *   threads of the other.
 * - Where the event loop asks for it, the delay is a timer. That holds no thread of libuv's pool, as a slow disk would.
 */
import fs from 'node:fs'

const delay = Number(process.env.TWINSERVE_BENCH_READ_DELAY)
const bed = new Int32Array(new SharedArrayBuffer(4))
const { readSync, read } = fs
type Any = (...args: unknown[]) => unknown

// Reads with a position are of files: sockets have none.
fs.readSync = ((...args: unknown[]) => {
  if (typeof args[4] === 'number') Atomics.wait(bed, 0, 0, delay)
  return (readSync as unknown as Any)(...args)
}) as unknown as typeof readSync

fs.read = ((...args: unknown[]) => {
  const ask = () => (read as unknown as Any)(...args)
  if (typeof args[4] === 'number') setTimeout(ask, delay)
  else ask()
}) as unknown as typeof read
