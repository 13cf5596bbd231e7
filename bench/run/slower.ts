/**
 * An engine that is really slower, for scenarios that say so: loaded before it (`--import`), it spends processor time at the read that
 * begins a file, which each request for a small file has one of in either engine.
 */
import fs from 'node:fs'

const spin = Number(process.env.TWINSERVE_BENCH_SPIN)
const { readSync } = fs
type Any = (...args: unknown[]) => unknown

fs.readSync = ((...args: unknown[]) => {
  if (args[4] === 0) for (const end = performance.now() + spin; performance.now() < end; );
  return (readSync as unknown as Any)(...args)
}) as unknown as typeof readSync
