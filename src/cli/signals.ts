/**
 * Ctrl-C and SIGTERM: the first lets requests in progress end, the second does not wait for them. SIGHUP makes the server
 * read again what may change; where it has a terminal, the terminal has gone, and SIGHUP means the same as SIGTERM.
 */
import type { RunningServer } from '../core/options.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * @param stopping is called when the first signal has come
 * @param reload is called by SIGHUP
 */
export function heedSignals(server: RunningServer, stopping: () => void, reload: () => void): void {
  let asked = false
  // Asked now: of a terminal that has gone, there is nothing to ask.
  const terminal = process.stdin.isTTY || process.stderr.isTTY
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && !terminal) {
        reload()
        return
      }
      if (asked) die(server, signal)
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
function die(server: RunningServer, signal: NodeJS.Signals): void {
  // Workers are processes of their own.
  server.abort()
  for (const each of signals) process.removeAllListeners(each)
  process.kill(process.pid, signal)
}
