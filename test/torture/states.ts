/**
 * What a directory may hold after a power cut, given what was asked for and what was acknowledged until then.
 */

/** Paths below a directory, and what each has: the digest of a file, or `directory`. */
export type State = ReadonlyMap<string, string>

export const directory = 'directory'

/** One operation of a client that has its directory to itself, and makes one after the other. */
export interface Step {
  readonly what: string
  /** The moment before it was sent. */
  readonly begun: number
  /** The moment at which its answer was there. */
  acknowledged: number
  /** What may be there while it is in progress, besides what was there before. */
  readonly between: readonly State[]
  /** What its success promises. */
  readonly after: State
}

/** Every state that a client's directory may be in. @param cut how many events had happened */
export function allowed(initial: State, steps: readonly Step[], cut: number): State[] {
  const done = steps.findLast((step) => step.acknowledged <= cut)
  const next = steps.find((step) => step.acknowledged > cut && step.begun < cut)
  return [done?.after ?? initial, ...(next === undefined ? [] : [...next.between, next.after])]
}

/** One operation on a name that several clients share. */
export interface Change {
  readonly what: string
  readonly begun: number
  acknowledged: number
  /** What it gives the name: a digest, or undefined for none. */
  readonly value: string | undefined
}

/**
 * Every value that a shared name may have: what nobody has given it is never allowed, nor what an acknowledged change
 * has replaced that was begun after the other had been acknowledged.
 */
export function candidates(changes: readonly Change[], cut: number): (string | undefined)[] {
  const nobody: Change = { what: 'nothing', begun: -1, acknowledged: -1, value: undefined }
  const begun = [nobody, ...changes.filter((change) => change.begun < cut)]
  const sure = begun.filter((change) => change.acknowledged <= cut)
  return begun.filter((one) => !sure.some((later) => later.begun > one.acknowledged)).map(({ value }) => value)
}

/** A state as text, to compare and to show. */
export function describe(state: State): string {
  return [...state]
    .map(([path, value]) => `${path}=${value.slice(0, 12)}`)
    .sort()
    .join(' ')
}

/** What lies directly or deeper in a directory of a state. */
export function below(state: State, path: string): [path: string, value: string][] {
  return [...state].filter(([each]) => each.startsWith(`${path}/`))
}
