/**
 * What a call brings with it, checked by its type before anything is done with it.
 *
 * Only members that a method names are ever read, and only an object's own, so that `__proto__` is a name like any other.
 */
import { Refusal } from '../errors.ts'

/** What a parameter must be. `count` is an integer of at least 1. */
type Kind = 'string' | 'boolean' | 'count'

interface Parameter {
  readonly kind: Kind
  readonly required: boolean
}

type KindOf<T> = [T] extends [string | undefined] ? 'string' : [T] extends [boolean | undefined] ? 'boolean' : 'count'

/** The parameters of a method, as `messages.ts` has their types. */
export type Shape<P> = {
  readonly [Name in keyof P]-?: {
    readonly kind: KindOf<P[Name]>
    readonly required: undefined extends P[Name] ? false : true
  }
}

export const text = { kind: 'string', required: true } as const
export const maybeText = { kind: 'string', required: false } as const
export const maybeFlag = { kind: 'boolean', required: false } as const
export const maybeCount = { kind: 'count', required: false } as const

const descriptions: Readonly<Record<Kind, string>> = {
  string: 'a string',
  boolean: 'true or false',
  count: 'an integer of at least 1',
}

function isOf(kind: Kind, value: unknown): boolean {
  if (kind === 'count') return Number.isSafeInteger(value) && (value as number) >= 1
  return typeof value === kind
}

/** Whether a value is what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @param params undefined when there were none @throws Refusal bad_parameter */
export function checkParams<P>(method: string, shape: Shape<P>, params: unknown = {}): P {
  if (!isObject(params)) throw new Refusal('bad_parameter', 'parameters are the members of an object')
  const wanted = shape as Readonly<Record<string, Parameter>>
  for (const name of Object.keys(params)) {
    const parameter = Object.hasOwn(wanted, name) ? wanted[name] : undefined
    if (parameter === undefined) throw new Refusal('bad_parameter', `${method} has no parameter ${name.slice(0, 64)}`)
    if (!isOf(parameter.kind, params[name])) {
      throw new Refusal('bad_parameter', `${name} must be ${descriptions[parameter.kind]}`)
    }
  }
  for (const [name, { required }] of Object.entries(wanted)) {
    if (required && !Object.hasOwn(params, name)) throw new Refusal('bad_parameter', `${method} needs ${name}`)
  }
  return params as P
}
