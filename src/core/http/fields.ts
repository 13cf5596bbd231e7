/** The fields of a form that has no files. */
import type { Program } from '../program.ts'
import { gather } from './body.ts'
import type { Request } from './request.ts'

/** @throws Refusal too_large, and what reading the body throws */
export function* fieldsOf(request: Request): Program<URLSearchParams> {
  const text = yield* gather(request.body, request.site.limits.fieldBytes, 'the form')
  return new URLSearchParams(text.toString())
}
