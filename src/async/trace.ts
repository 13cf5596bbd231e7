/**
 * Where an event loop writes its trace events.
 */
import { type ServingLoop, traceGivenUp, tracePieceBytes } from '../core/trace-events.ts'
import { Log } from './log.ts'

/** This process, which has one event loop that serves. */
export function servingLoop(): ServingLoop {
  return { id: process.pid, name: `twinserve async, process ${process.pid}` }
}

/** @param log where it is said when the trace has to be given up */
export function traceOf(file: number, log: Log): Log {
  return new Log(file, { piece: tracePieceBytes, failed: ({ code }) => void log.line(traceGivenUp(code)) })
}
