/**
 * Programs: everything twinserve does, written once.
 *
 * A program is a generator that yields each call that could wait and is sent back its answer. It does
 * no I/O itself, so the same program runs on both engines, and in tests on scripted answers:
 *
 * - A program reaches the world only through `call`. There is no untyped yield.
 * - A driver (`sync/run.ts`, `async/run.ts`) answers every call exactly once, with a value or by throwing.
 * - A program yields once per system call, never per byte.
 * - A program is cancelled by failing its calls that only look (`looking` in `calls.ts`), so that its `finally` blocks
 *   still run, and may themselves make calls.
 */
import type { Calls } from './calls.ts'

/** One call a program waits for: the name of a line of `Calls`, and its arguments. */
export interface Step<Name extends keyof Calls = keyof Calls> {
  readonly name: Name
  readonly args: Parameters<Calls[Name]>
}

/** A computation that ends with a `T` once a driver has answered each of its calls. */
export type Program<T> = Generator<Step, T, unknown>

/**
 * Make one call: `const n = yield* call('read', fd, into, 0)`.
 *
 * @returns what the engine answers, with the type that `Calls` gives this line
 * @throws whatever the engine throws, as `Calls` documents it
 */
export function* call<Name extends keyof Calls>(
  name: Name,
  ...args: Parameters<Calls[Name]>
): Generator<Step<Name>, ReturnType<Calls[Name]>, unknown> {
  return (yield { name, args }) as ReturnType<Calls[Name]>
}
