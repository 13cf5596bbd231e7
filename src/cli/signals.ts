/**
 * Ctrl-C and SIGTERM: the first lets requests in progress end, the second does not wait for them. SIGHUP makes the server
 * read again what may change; where it has a terminal, the terminal has gone, and SIGHUP means the same as SIGTERM.
 */
import type { RunningServer } from '../core/options.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What signals are about, once there is a server. */
type Attach = (server: RunningServer, reload: () => void) => void

/**
 * Heeds signals from now on: before there is a server that somebody could already ask. A stop that is asked for
 * meanwhile comes as soon as there is one.
 *
 * @param stopping is called when the first signal has come
 * @returns is to be given the server, and what SIGHUP calls
 */
export function heedSignals(stopping: () => void): Attach {
  let asked = false
  let server: RunningServer | undefined
  let reload = () => {}
  const stop = () => {
    stopping()
    // A failure to stop is reported by `closed`, which the caller waits for.
    server?.stop().catch(() => {})
  }
  // Asked now: of a terminal that has gone, there is nothing to ask.
  const terminal = process.stdin.isTTY || process.stderr.isTTY
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal === 'SIGHUP' && !terminal) reload()
      else if (asked) die(server, signal)
      else {
        asked = true
        if (server !== undefined) stop()
      }
    })
  }
  return (started, reloading) => {
    server = started
    reload = reloading
    if (asked) stop()
  }
}

/**
 * Ends by the signal itself, which a shell reports as 130 or 143. `process.exit` would wait for the blocking
 * engine's thread, and that may be held in a system call.
 */
function die(server: RunningServer | undefined, signal: NodeJS.Signals): void {
  // Workers are processes of their own.
  server?.abort()
  for (const each of signals) process.removeAllListeners(each)
  process.kill(process.pid, signal)
}
