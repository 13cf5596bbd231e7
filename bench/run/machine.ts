/** The machine that was measured on, as far as results need it to be understood. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const project = path.join(import.meta.dirname, '../..')

export function machine(): Readonly<Record<string, string | number>> {
  return {
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    processors: os.cpus().length,
    memory: os.totalmem(),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    virtualized: virtualized(),
    node: process.version,
    twinserve: (JSON.parse(fs.readFileSync(path.join(project, 'package.json'), 'utf8')) as { version: string }).version,
    commit: commit(),
    loadAverage: os.loadavg()[0] ?? 0,
  }
}

/** A processor that says so runs below a hypervisor (cpuid); elsewhere it is not known. */
function virtualized(): string {
  try {
    return /\bhypervisor\b/.test(fs.readFileSync('/proc/cpuinfo', 'latin1')) ? 'yes' : 'no'
  } catch {
    return 'unknown'
  }
}

function commit(): string {
  try {
    const run = (...words: string[]) =>
      execFileSync('git', words, { encoding: 'utf8', stdio: 'pipe', cwd: project }).trim()
    // What is being measured lies there itself.
    const changed = run('status', '--porcelain', '--', '.', ':!bench/results') !== ''
    return `${run('rev-parse', '--short', 'HEAD')}${changed ? ', changed' : ''}`
  } catch {
    return 'unknown'
  }
}
