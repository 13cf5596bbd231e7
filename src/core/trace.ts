/**
 * The phases of one request: the one record that the log line, `Server-Timing`, the metrics, the trace events and the bench read.
 *
 * Times are milliseconds of `Environment.now`. A phase that has not happened is NaN.
 */
import type { Environment } from './calls.ts'
import type { Program, Step } from './program.ts'

export interface Trace {
  /** The engine saw that the request had begun to arrive. */
  readonly ready: number
  /** The engine turned to it: until here it waited for its turn. */
  readonly begun: number
  /** The header section was complete. */
  headRead: number
  /** The header section of the answer was about to be sent. */
  answered: number
  /** The last byte of the answer was in the kernel's hands. */
  done: number
  /** Time spent waiting for the peer's bytes, in `recv`. */
  receiving: number
  /** Time spent in `send` and `sendfile`. */
  sending: number
  /** Time spent in calls on files and directories. */
  files: number
  /** How many such calls there were. */
  fileCalls: number
  /** Bytes that came from the peer, and bytes that went to it. */
  received: number
  sent: number
}

export function newTrace(ready: number, begun: number): Trace {
  return {
    ready,
    begun,
    headRead: Number.NaN,
    answered: Number.NaN,
    done: Number.NaN,
    receiving: 0,
    sending: 0,
    files: 0,
    fileCalls: 0,
    received: 0,
    sent: 0,
  }
}

/** What a call spends its time on, by the names of `metrics/slots.ts`. */
export function phaseOf(name: string): 'receive' | 'send' | 'files' {
  if (name === 'recv') return 'receive'
  return name === 'send' || name === 'sendfile' ? 'send' : 'files'
}

/** @param answer of the call; undefined when it failed */
function charge(trace: Trace, { name, args }: Step, elapsed: number, answer: unknown): void {
  if (name === 'recv') {
    trace.receiving += elapsed
    if (answer !== undefined) trace.received += (answer as Uint8Array).length
  } else if (name === 'send') {
    trace.sending += elapsed
    trace.sent += (args[1] as Uint8Array).length
  } else if (name === 'sendfile') {
    trace.sending += elapsed
    if (answer !== undefined) trace.sent += answer as number
  } else {
    trace.files += elapsed
    trace.fileCalls += 1
  }
}

/**
 * The same program, with the time of each of its calls added to `trace`.
 *
 * Written by hand rather than as a generator around a generator: it stands in the path of every call.
 *
 * @param seen is told of each call when it has ended, and from when to when it took
 */
export function traced<T>(
  program: Program<T>,
  trace: Trace,
  environment: Environment,
  seen?: (name: string, from: number, to: number) => void,
): Program<T> {
  let pending: Step | undefined
  let asked = 0
  const settle = (answer: unknown) => {
    if (pending === undefined) return
    const now = environment.now()
    charge(trace, pending, now - asked, answer)
    seen?.(pending.name, asked, now)
    pending = undefined
  }
  const note = (result: IteratorResult<Step, T>) => {
    if (!result.done) {
      pending = result.value
      asked = environment.now()
    }
    return result
  }
  return {
    next(answer?: unknown) {
      settle(answer)
      return note(program.next(answer))
    },
    throw(error: unknown) {
      settle(undefined)
      return note(program.throw(error))
    },
    return(value: T) {
      return note(program.return(value))
    },
    [Symbol.iterator]() {
      return this
    },
    [Symbol.toStringTag]: 'Program',
  } as Program<T>
}

/** A duration as `Server-Timing` has it: milliseconds with a fraction to the microsecond. */
function milliseconds(value: number): string {
  const micros = Math.max(0, Math.round(value * 1000))
  const whole = Math.trunc(micros / 1000)
  return `${whole}.${String(micros - whole * 1000).padStart(3, '0')}`
}

/**
 * The value of the `Server-Timing` field (W3C Server Timing, section 3), from what is known when the answer begins.
 * A header section that could not be read has no time of its own.
 */
export function serverTiming(trace: Trace): string {
  const wait = milliseconds(trace.begun - trace.ready)
  const head = Number.isNaN(trace.headRead) ? '' : ` head;dur=${milliseconds(trace.headRead - trace.begun)},`
  const files = milliseconds(trace.files)
  const total = milliseconds(trace.answered - trace.ready)
  return `wait;dur=${wait},${head} files;dur=${files}, total;dur=${total}`
}
