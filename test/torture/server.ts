/** A server in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ServeOptions } from '../../src/core/options.ts'

export type EngineName = 'sync' | 'async'

const entry = fileURLToPath(new URL('./server-entry.ts', import.meta.url))
const loader = fileURLToPath(new URL('../../scripts/typescript.js', import.meta.url))

export interface Server {
  readonly address: { readonly host: string; readonly port: number }
  readonly pid: number
}

/** Start an engine, use it, and kill it. */
export async function withServer<T>(
  engine: EngineName,
  wishes: Partial<ServeOptions>,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const words = [`--import=${loader}`, entry, engine, JSON.stringify(wishes)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  try {
    const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
    return await use({ address: JSON.parse(String(line)), pid: child.pid as number })
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}

/** Bytes of memory, by a line of `/proc/PID/status` (proc(5)): `VmRSS` now, `VmHWM` at most since `forgetPeak`. */
export function memory(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return 1024 * Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
