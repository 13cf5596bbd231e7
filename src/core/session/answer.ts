/**
 * From one message to its answer (JSON-RPC 2.0).
 *
 * - Whatever the message is, it is answered, save a notification; and no answer is more than one message.
 * - `JSON.parse` is bounded by the size of a message. What it makes is read member by member, and never copied from.
 */
import { errnoOf, Refusal, refusalOf } from '../errors.ts'
import { lost } from '../http/connection.ts'
import type { Program } from '../program.ts'
import { type AnswerMessage, type ErrorMessage, type Id, type RpcCode, rpcCodes } from './messages.ts'
import { methodOf, type Place } from './methods.ts'
import { checkParams, isObject } from './params.ts'

/** The longest string that is taken for an `id`, in UTF-16 units: it comes back in the answer. */
const longestId = 128

/** What a message has led to. */
export interface Answered {
  /** Undefined for a notification. */
  readonly message: AnswerMessage | undefined
  /** The method, if there is such a one. */
  readonly method: string | undefined
  /** What HTTP would have answered with. */
  readonly status: number
  /** A mistake of the program itself, for the log. */
  readonly mistake: unknown
}

/** A call that could be read. */
interface Call {
  /** Undefined for a notification. */
  readonly id: Id | undefined
  readonly method: string
  readonly params: unknown
}

/** What a call could not be read for. */
class Unreadable extends Error {
  readonly id: Id | null
  readonly code: RpcCode

  constructor(code: RpcCode, reason: string, id: Id | null = null) {
    super(reason)
    this.code = code
    this.id = id
  }
}

function isId(value: unknown): value is Id {
  if (typeof value === 'string') return value.length <= longestId
  // Others would not come back as they were sent.
  return Number.isSafeInteger(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable(rpcCodes.parse, 'it is not JSON')
  }
}

/** @throws Unreadable */
function callIn(text: string): Call {
  const value = parse(text)
  const invalid = (reason: string, id: Id | null = null) => new Unreadable(rpcCodes.invalidRequest, reason, id)
  if (Array.isArray(value)) throw invalid('send calls one by one, not as a batch')
  if (!isObject(value)) throw invalid('a call is an object')
  const id = Object.hasOwn(value, 'id') ? value.id : undefined
  if (id !== undefined && !isId(id))
    throw invalid(`id must be an integer or a string of at most ${longestId} characters`)
  if (value.jsonrpc !== '2.0') throw invalid('jsonrpc must be "2.0"', id)
  if (typeof value.method !== 'string') throw invalid('method must be a string', id)
  return { id, method: value.method, params: Object.hasOwn(value, 'params') ? value.params : undefined }
}

function failure(id: Id | null, code: RpcCode, refusal: Refusal): ErrorMessage {
  const { code: name, status, message } = refusal
  return { jsonrpc: '2.0', id, error: { code, message, data: { code: name, status } } }
}

/** Do what a message asks for. @throws what says that the connection is gone, or that nobody waits any more */
export function* answerTo(place: Place, text: string, begin: (reading: boolean) => void): Program<Answered> {
  let call: Call
  try {
    call = callIn(text)
  } catch (error) {
    const { id, code, message } = error as Unreadable
    const refusal = new Refusal('bad_parameter', message)
    return { message: failure(id, code, refusal), method: undefined, status: refusal.status, mistake: undefined }
  }
  place.subject = place.directory
  return yield* perform(place, call, begin)
}

function* perform(place: Place, call: Call, begin: (reading: boolean) => void): Program<Answered> {
  const { id } = call
  let method: string | undefined
  let code: RpcCode = rpcCodes.methodNotFound
  try {
    const { shape, reading, run } = methodOf(call.method)
    method = call.method
    code = rpcCodes.invalidParams
    const params = checkParams(method, shape, call.params)
    code = rpcCodes.refused
    begin(reading)
    const result = yield* run(place, params)
    return {
      message: id === undefined ? undefined : { jsonrpc: '2.0', id, result },
      method,
      status: 200,
      mistake: undefined,
    }
  } catch (error) {
    if (lost.has(errnoOf(error))) throw error
    const refusal = refusalOf(error, place.subject.text)
    const mistaken = refusal.code === 'internal'
    const message = id === undefined ? undefined : failure(id, mistaken ? rpcCodes.internal : code, refusal)
    return { message, method, status: refusal.status, mistake: mistaken ? error : undefined }
  }
}
