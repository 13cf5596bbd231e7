/** What answers say, believed only as far as it is well formed. */
import type { IncomingMessage } from 'node:http'
import type { EntryObject, Method, ResultOf } from '../core/session/messages.ts'
import { ClientError, type ClientErrorCode } from './errors.ts'

/** The most of a refusal that is read: a sentence and what is around it. */
const longestRefusal = 64 * 1024

/** An answer that cannot be. */
export function badAnswer(what: string): ClientError {
  return new ClientError('bad_answer', `The server answers what cannot be: ${what}.`)
}

/**
 * The refusal that an HTTP answer with an error status is.
 *
 * @param asked for the sentence of a server that gives none
 * @param otherwise what an answer without a sentence means, where it means something else
 */
export async function readRefusal(
  response: IncomingMessage,
  asked: string,
  otherwise: (status: number) => ClientError | undefined = () => undefined,
): Promise<ClientError> {
  const status = response.statusCode as number
  const told = refusalIn(await readText(response))
  if (told !== undefined) return new ClientError(told.code, told.message, { status })
  const other = otherwise(status)
  if (other !== undefined) return other
  return new ClientError(codeOf(status), `The server refuses ${asked} with status ${status}.`, { status })
}

/** For servers and proxies that speak no code of ours. */
function codeOf(status: number): ClientErrorCode {
  const known: Readonly<Record<number, ClientErrorCode>> = {
    403: 'not_allowed',
    404: 'not_found',
    405: 'method_not_allowed',
    409: 'exists',
    412: 'precondition_failed',
    413: 'too_large',
    416: 'range_not_satisfiable',
    503: 'overloaded',
    507: 'storage_full',
  }
  return known[status] ?? (status >= 500 ? 'failed' : 'bad_request')
}

async function readText(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of response) {
      length += (piece as Buffer).length
      if (length > longestRefusal) break
      pieces.push(piece as Buffer)
    }
  } catch {
    // The status says enough.
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** What is said in the clear where TLS is spoken, and so not in the form that was asked for. */
const inTheClear = 'tls_required: '

function refusalIn(text: string): { readonly code: ClientErrorCode; readonly message: string } | undefined {
  if (text.startsWith(inTheClear)) return { code: 'tls_required', message: text.slice(inTheClear.length).trim() }
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } }
    if (typeof error?.code !== 'string' || typeof error.message !== 'string') return undefined
    return { code: error.code as ClientErrorCode, message: error.message }
  } catch {
    return undefined
  }
}

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const flag: Check = (value) => typeof value === 'boolean'
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const time: Check = (value) => text(value) && !Number.isNaN(Date.parse(value as string))
const kinds: readonly unknown[] = ['file', 'directory', 'link', 'other']
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

function shape(members: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(members)
  return (value) => {
    if (typeof value !== 'object' || value === null) return false
    return checks.every(([name, check]) => check((value as Record<string, unknown>)[name]))
  }
}

const entryMembers = {
  name: text,
  kind: (value: unknown) => kinds.includes(value),
  size: maybe(count),
  modified: time,
  target: maybe((value) => value === 'file' || value === 'directory'),
  reachable: maybe((value) => value === false),
}
const entry = shape(entryMembers)
const path = shape({ path: text })
const transferred = shape({ from: text, to: text, replaced: flag })
const object: Check = (value) => typeof value === 'object' && value !== null
const list: Check = (value) => Array.isArray(value)

const results: Readonly<Record<Method, Check>> = {
  hello: shape({ protocol: text, path: text, rights: object, methods: list, limits: object }),
  pwd: path,
  cd: path,
  list: shape({
    path: text,
    entries: (value) => Array.isArray(value) && value.every(entry),
    total: count,
    next: maybe(text),
  }),
  stat: shape({ path: text, ...entryMembers, etag: maybe(text) }),
  mkdir: path,
  rmdir: path,
  remove: path,
  move: transferred,
  copy: transferred,
  rename: transferred,
}

/** The result of a call, if it is one. @throws ClientError bad_answer */
export function checkResult<M extends Method>(method: M, result: ResultOf<M>): ResultOf<M> {
  if (results[method](result)) return result
  throw badAnswer(`the result of ${method} is malformed`)
}

/** Whether an entry is of a kind that can be fetched as a file. */
export function isFile({ kind, target, reachable }: EntryObject): boolean {
  return reachable !== false && (kind === 'file' || (kind === 'link' && target === 'file'))
}
