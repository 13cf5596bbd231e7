/**
 * Where a serving thread writes its trace events.
 */
import fs from 'node:fs'
import { threadId } from 'node:worker_threads'
import { type ServingLoop, traceGivenUp, tracePieceBytes } from '../core/trace-events.ts'
import { Log } from './log.ts'

/** This thread: by the number that the kernel has for it (gettid(2)), which on Linux no other thread or process has. */
export function servingLoop(): ServingLoop {
  const { pid } = process
  let id = pid + threadId
  try {
    // proc(5): PID/task/TID
    id = Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    // Not Linux: the number need only be another one for each thread.
  }
  return { id, name: `twinserve sync, thread ${id} of process ${pid}` }
}

/** @param log where it is said when the trace has to be given up */
export function traceOf(file: number, log: Log): Log {
  return new Log(file, { piece: tracePieceBytes, failed: ({ code }) => void log.line(traceGivenUp(code)) })
}
