/**
 * The blocking driver: answers each call of a program by making it.
 *
 * - A call is answered when it returns, so the thread does one thing at a time, in the program's order.
 * - What a call throws is thrown into the program, at the place of the call, which may go on.
 * - There is no promise here, and so no turn of the JavaScript event loop between two calls.
 */
import { type Calls, looking } from '../core/calls.ts'
import type { Program, Step } from '../core/program.ts'
import { systemError } from '../posix/platform.ts'

/** The calls by name, when the name and its arguments come from the same step. */
type AnyCalls = Record<keyof Calls, (...args: Step['args']) => unknown>

/**
 * Run a program to its end.
 *
 * @param cancelled whether it is to end as soon as it can: its calls that only look then fail
 * @returns what the program returns
 * @throws what the program does not catch
 */
export function run<T>(program: Program<T>, calls: Calls, cancelled = () => false): T {
  const answers = calls as unknown as AnyCalls
  let result = program.next()
  while (!result.done) {
    const { name, args } = result.value
    let answer: unknown
    try {
      if (looking.has(name) && cancelled()) throw systemError(name, 'ECANCELED')
      answer = answers[name](...args)
    } catch (error) {
      result = program.throw(error)
      continue
    }
    result = program.next(answer)
  }
  return result.value
}
