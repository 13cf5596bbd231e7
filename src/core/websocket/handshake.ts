/**
 * The opening handshake, the server's side (RFC 6455, section 4.2).
 */
import { createHash } from 'node:crypto'
import { Refusal } from '../errors.ts'
import type { RequestHead } from '../http/head.ts'

/** Section 1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** 16 bytes in base64. */
const keyPattern = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** What an answer must say that asks for a WebSocket (RFC 9110, section 15.5.22). `Connection` is added to it. */
const upgradeField = 'Upgrade: websocket\r\n'
const versionField = 'Sec-WebSocket-Version: 13\r\n'

/** Whether a field that is a list of tokens has this one, in any case. */
function lists(value: string | undefined, token: string): boolean {
  return (value ?? '').split(',').some((each) => each.trim().toLowerCase() === token)
}

/** What proves that the handshake was understood (section 4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + guid)
    .digest('base64')
}

/**
 * The fields that accept a handshake.
 *
 * @param protocol the sub-protocol that must be among those offered
 * @throws Refusal upgrade_required, bad_parameter
 */
export function acceptHandshake(head: RequestHead, protocol: string): string {
  // RFC 9110, section 7.8: an Upgrade field in an HTTP/1.0 request must be ignored.
  const asked =
    head.minor > 0 && lists(head.field('upgrade'), 'websocket') && lists(head.field('connection'), 'upgrade')
  if (!asked) throw new Refusal('upgrade_required', 'ask for one, by HTTP/1.1', upgradeField + versionField)
  if (head.field('sec-websocket-version') !== '13') {
    throw new Refusal('upgrade_required', 'ask for version 13', upgradeField + versionField)
  }
  const key = head.field('sec-websocket-key') ?? ''
  if (!keyPattern.test(key)) throw new Refusal('bad_parameter', 'Sec-WebSocket-Key must be 16 bytes in base64')
  // Sub-protocols are compared as they are written (section 4.1).
  const offered = head.field('sec-websocket-protocol')?.split(',') ?? []
  if (!offered.some((each) => each.trim() === protocol)) {
    throw new Refusal('bad_parameter', `Sec-WebSocket-Protocol must offer ${protocol}`)
  }
  return `${upgradeField}Sec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: ${protocol}\r\n`
}
