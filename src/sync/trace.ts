/**
 * Who a serving thread is in its trace events.
 */
import { threadId } from 'node:worker_threads'
import type { ServingLoop } from '../core/trace-events.ts'
import { threadNumber } from './thread-number.ts'

/** This thread. Where the system tells no number of it, any will do that is another one for each thread. */
export function servingLoop(): ServingLoop {
  const { pid } = process
  const id = threadNumber ?? pid + threadId
  return { id, name: `twinserve sync, thread ${id} of process ${pid}` }
}
