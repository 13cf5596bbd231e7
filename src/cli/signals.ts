/** Ctrl-C and SIGTERM: the first lets requests in progress end, the second does not wait for them. */
import type { RunningServer } from '../core/options.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

/** @param stopping is called when the first signal has come */
export function stopOnSignals(server: RunningServer, stopping: () => void): void {
  let asked = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (asked) die(signal)
      asked = true
      stopping()
      // A failure to stop is reported by `closed`, which the caller waits for.
      server.stop().catch(() => {})
    })
  }
}

/**
 * Ends by the signal itself, which a shell reports as 130 or 143. `process.exit` would wait for the blocking
 * engine's thread, and that may be held in a system call.
 */
function die(signal: NodeJS.Signals): void {
  for (const each of signals) process.removeAllListeners(each)
  process.kill(process.pid, signal)
}
