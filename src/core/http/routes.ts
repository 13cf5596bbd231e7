/**
 * From a request to what answers it.
 */
import { Refusal } from '../errors.ts'
import { loginPath, logoutPath } from '../pages/page.ts'
import { pathFromTarget, type SafePath } from '../paths.ts'
import type { Program } from '../program.ts'
import { sessionPath } from '../session/messages.ts'
import { openSession } from '../session/open.ts'
import { deleteAt, makeCollection, put, transfer } from './changing.ts'
import { parseCommand } from './commands.ts'
import { login, logout } from './login.ts'
import { post } from './posting.ts'
import { read, serveAsset } from './reading.ts'
import type { Request } from './request.ts'
import type { Response } from './response.ts'
import { health, healthPath, metrics, metricsPath } from './status.ts'
import { isUploads, tus } from './tus.ts'
import { confirmed, type as typeCommand } from './typing.ts'

/** The methods that a path below the shared directory takes. */
export const allowed = 'GET, HEAD, PUT, POST, DELETE, MKCOL, MOVE, COPY, OPTIONS'

const own = /^\/\.twinserve(\/|$)/

const changes: Readonly<Record<string, (request: Request, path: SafePath) => Program<Response>>> = {
  PUT: put,
  POST: post,
  DELETE: deleteAt,
  MKCOL: makeCollection,
  MOVE: transfer,
  COPY: transfer,
}

/** @throws Refusal, and whatever the calls throw */
export function* route(request: Request): Program<Response> {
  const { method, target } = request
  if (isUploads(target.path)) return yield* tus(request)
  if (method === 'OPTIONS') return { status: 204, headers: `Allow: ${allowed}\r\n` }
  if (target.path === sessionPath) return openSession(request)
  if (target.path === healthPath) return health(request)
  if (target.path === metricsPath) return yield* metrics(request)
  if (target.path === loginPath) return yield* login(request)
  if (target.path === logoutPath) return yield* logout(request)
  if (own.test(target.path)) return serveAsset(request, target.path)
  if (request.reading) {
    const command = parseCommand(target.path)
    if (command !== undefined) return yield* typeCommand(request, command)
    request.path = pathFromTarget(target.path)
    return yield* read(request, request.path)
  }
  const change = Object.hasOwn(changes, method) ? changes[method] : undefined
  if (change === undefined)
    throw new Refusal('method_not_allowed', `${method} is not for files`, `Allow: ${allowed}\r\n`)
  request.demandOwnOrigin()
  if (method === 'POST') {
    if (target.path === '/upload') return yield* post(request, undefined)
    const done = yield* confirmed(request)
    if (done !== undefined) return done
  }
  request.path = pathFromTarget(target.path)
  return yield* change(request, request.path)
}
