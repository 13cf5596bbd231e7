/**
 * How long a slow peer can keep others waiting, computed from the limits.
 *
 * In the blocking engine a thread serves one request from its first byte to the last of its answer, so whatever a peer may
 * make that last, everybody behind it on the same thread waits for. Only waits for the peer count: disks have no deadline.
 */
import type { Limits } from './limits.ts'

/** What a request moves, in bytes. */
export interface Burden {
  readonly body: number
  readonly answer: number
}

/** How late the engine may notice that a deadline has passed, in milliseconds: `SO_SNDTIMEO` of the blocking engine. */
export function tickOf({ sendStall }: Limits): number {
  return Math.max(1, Math.min(1000, sendStall / 4))
}

/** The worst that each part of a request can last, in milliseconds: its waits one by one. */
export function partsOf(limits: Limits, { body, answer }: Burden): { head: number; body: number; answer: number } {
  const { headerTime, bodyStall, bodyRate, sendStall, sendPiece } = limits
  return {
    head: headerTime,
    // The rate is looked at when something has come: a last silence may follow. Before the first byte the client may have to be told to go on.
    body: body === 0 ? 0 : sendStall + Math.max(bodyStall, (body / bodyRate) * 1000) + bodyStall,
    // Header section and content; each piece may take until its deadline.
    answer: (1 + Math.ceil(answer / sendPiece)) * sendStall,
  }
}

/** The longest that one request can hold a thread of the blocking engine, in milliseconds. */
export function longestHold(limits: Limits, burden: Burden): number {
  const parts = partsOf(limits, burden)
  const all = Math.max(limits.requestTime, ((burden.body + burden.answer) / limits.requestRate) * 1000)
  return Math.min(parts.head + parts.body + parts.answer, all) + tickOf(limits)
}

/**
 * The longest that a request waits for its turn in the blocking engine, in milliseconds, when so many others are before it on
 * its thread, each of which does its worst.
 */
export function longestWait(limits: Limits, burden: Burden, before: number): number {
  return before * longestHold(limits, burden)
}
