/**
 * Opening a session: the request that turns a connection from HTTP to frames.
 */
import { Refusal } from '../errors.ts'
import type { Request } from '../http/request.ts'
import type { Response } from '../http/response.ts'
import { rootPath } from '../paths.ts'
import { acceptHandshake } from '../websocket/handshake.ts'
import { subprotocol } from './messages.ts'
import { Session } from './session.ts'

/** The session has the rights of whoever opens it. @throws Refusal method_not_allowed, cross_origin, upgrade_required, bad_parameter, overloaded */
export function openSession(request: Request): Response {
  const { access, body, head, method, site } = request
  if (method !== 'GET') throw new Refusal('method_not_allowed', `${method} is not for sessions`, 'Allow: GET\r\n')
  // A page elsewhere can open a WebSocket here, and read what comes: browsers leave it to the server to refuse.
  request.demandOwnOrigin()
  access.demand('read', rootPath)
  const headers = acceptHandshake(head, subprotocol)
  if (!body.ended) throw new Refusal('bad_parameter', 'a handshake has no body')
  if (site.draining || site.sessions >= site.limits.sessions) throw new Refusal('overloaded')
  site.sessions += 1
  let opened = false
  return {
    status: 101,
    headers,
    upgrade(connection) {
      opened = true
      return new Session(connection, site, access)
    },
    // biome-ignore lint/correctness/useYield: nothing to wait for
    *release() {
      if (!opened) site.sessions -= 1
    },
  }
}
