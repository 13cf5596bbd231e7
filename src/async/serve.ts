/**
 * Starting the event-loop engine: in this thread, or in several processes.
 */
import type { Serve } from '../core/options.ts'
import { serveHere } from './server.ts'

/** Starts the event-loop engine. */
export const serve: Serve = async (options) => {
  const { threads = 1, workers = 1 } = options
  if (threads !== 1) throw new Error('Threads are for the blocking engine. The event loop has workers.')
  if (workers === 1) return await serveHere(options)
  if (process.platform === 'win32') {
    throw new Error('Several workers need a listening socket that processes share, which this system does not have.')
  }
  // Loaded only here: one event loop can do without native code.
  return await (await import('./workers.ts')).serveWithWorkers(options, workers)
}
