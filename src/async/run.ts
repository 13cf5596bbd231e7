/**
 * The event-loop driver: answers each call of a program without blocking the thread.
 *
 * - A call may be answered at once, or with a promise. Only a promise is waited for: a call that is answered
 *   at once costs no trip round the microtask queue.
 * - While one program waits, others run; within one program the order is the program's.
 * - What a call throws, or rejects with, is thrown into the program, at the place of the call, which may go on.
 * - A program that is cancelled fails at its next call that only looks.
 */
import { type Calls, looking } from '../core/calls.ts'
import type { Program, Step } from '../core/program.ts'
import { systemError } from './sockets.ts'

/** The calls as this engine has them: each line of `Calls`, with an answer now or later. */
export type LaterCalls = {
  readonly [Name in keyof Calls]: (
    ...args: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>
}

/** The calls by name, when the name and its arguments come from the same step. */
type AnyCalls = Record<keyof Calls, (...args: Step['args']) => unknown>

/** A program under way. */
export interface Running {
  /** Nobody waits for it any more: it is to end as soon as it can. */
  cancel(): void
}

/** One program under way. Its two continuations are made once, not for each call. */
class Run<T> implements Running {
  private readonly program: Program<T>
  private readonly answers: AnyCalls
  private readonly ended: (value: T) => void
  private readonly failed: (error: unknown) => void
  private readonly noted: (error: unknown) => void
  private cancelled = false
  private readonly answered = (answer: unknown) => this.go(answer, false)
  private readonly refused = (error: unknown) => {
    this.noted(error)
    this.go(error, true)
  }

  constructor(
    program: Program<T>,
    calls: LaterCalls,
    ended: (value: T) => void,
    failed: (error: unknown) => void,
    noted: (error: unknown) => void,
  ) {
    this.program = program
    this.answers = calls as unknown as AnyCalls
    this.ended = ended
    this.failed = failed
    this.noted = noted
  }

  cancel(): void {
    this.cancelled = true
  }

  /** Go on with an answer, or a failure, up to the next call that is not answered at once. */
  go(answer: unknown, thrown: boolean): void {
    let result: IteratorResult<Step, T>
    try {
      result = this.advance(answer, thrown)
      if (!result.done) return
    } catch (error) {
      this.failed(error)
      return
    }
    this.ended(result.value)
  }

  private advance(answer: unknown, thrown: boolean): IteratorResult<Step, T> {
    const { program, answers } = this
    let result = thrown ? program.throw(answer) : program.next(answer)
    while (!result.done) {
      const { name, args } = result.value
      let next: unknown
      try {
        if (this.cancelled && looking.has(name)) throw systemError(name, 'ECANCELED')
        next = answers[name](...args)
      } catch (error) {
        result = program.throw(error)
        continue
      }
      if (next instanceof Promise) {
        next.then(this.answered, this.refused)
        return result
      }
      result = program.next(next)
    }
    return result
  }
}

/**
 * Start a program, and run it to its end.
 *
 * @param ended is told what the program returns: before `start` returns, if no call had to be waited for
 * @param failed is told what the program does not catch
 * @param noted is told what a call fails with that was waited for, before the program is
 */
export function start<T>(
  program: Program<T>,
  calls: LaterCalls,
  ended: (value: T) => void,
  failed: (error: unknown) => void,
  noted: (error: unknown) => void = () => {},
): Running {
  const running = new Run(program, calls, ended, failed, noted)
  running.go(undefined, false)
  return running
}

/** Run a program to its end. Resolves with what it returns; rejects with what it does not catch. */
export function run<T>(program: Program<T>, calls: LaterCalls): Promise<T> {
  return new Promise((resolve, reject) => start(program, calls, resolve, reject))
}
