/**
 * Who an event loop is in its trace events.
 */
import type { ServingLoop } from '../core/trace-events.ts'

/** This process, which has one event loop that serves. */
export function servingLoop(): ServingLoop {
  return { id: process.pid, name: `twinserve async, process ${process.pid}` }
}
