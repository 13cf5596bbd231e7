/**
 * Connections through TLS, to the server that is meant and to no other.
 *
 * - Nothing is sent to a server before its certificate has been looked at.
 * - With a fingerprint it must be exactly that certificate, whatever its names and dates are and whoever signed it.
 *   Otherwise it must be for the server's name, be good now, and lead to an authority: one that this machine trusts, or
 *   the one that was given.
 */
import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { distrust } from './distrust.ts'
import type { Endpoint } from './endpoint.ts'

/** What a server's certificate is held against. */
export interface Trust {
  /** SHA-256 of the one certificate, as `parseFingerprint` returns it. */
  readonly fingerprint: string | undefined
  /** Certificates in PEM of those who may have signed it, in place of the authorities that Node trusts. */
  readonly ca: string | Uint8Array | undefined
}

/**
 * A fingerprint as people write it: 64 hexadecimal digits in either case, with colons or without, and perhaps with the name
 * of the digest before them.
 *
 * @returns as browsers and openssl show it, or undefined when it is none
 */
export function parseFingerprint(text: string): string | undefined {
  const digits = /^\s*(?:sha-?256\s*(?:fingerprint)?\s*[:= ]\s*)?((?:[0-9a-f]{2}:?){32})\s*$/i.exec(text)?.[1]
  return digits?.replaceAll(':', '').toUpperCase().match(/../g)?.join(':')
}

/**
 * Connect to a server that speaks TLS.
 *
 * @param timeout milliseconds until the server must have shown its certificate
 * @param then is given the connection to a server that can be trusted, or what is wrong: once
 * @returns a function that gives up
 */
export function connectSecure(
  endpoint: Endpoint,
  timeout: number,
  then: (error: Error | undefined, socket?: TLSSocket) => void,
): () => void {
  const { target, trust, url } = endpoint
  const name = 'socketPath' in target ? 'localhost' : target.host
  const socket = connect({
    ...('socketPath' in target ? { path: target.socketPath } : target),
    // RFC 6066, section 3: an address is no server name.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(trust.ca === undefined ? {} : { ca: trust.ca as Buffer }),
    ALPNProtocols: ['http/1.1'],
    // It is looked at below, where there is something to say about it.
    rejectUnauthorized: false,
  })
  const fail = (error: Error) => {
    clearTimeout(timer)
    socket.destroy()
    then(error)
  }
  const late = () => fail(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' }))
  const timer = setTimeout(late, timeout)
  const broken = (error: Error) => fail(error)
  const ended = () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
  socket.once('error', broken)
  socket.once('close', ended)
  socket.once('secureConnect', () => {
    socket.off('error', broken)
    socket.off('close', ended)
    const wrong = distrust(socket, trust, url)
    if (wrong !== undefined) return fail(wrong)
    clearTimeout(timer)
    then(undefined, socket)
  })
  return () => {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** What a failed handshake says of the server, and the way out; undefined for a failure of another kind. */
export function handshakeReason(error: Error): readonly [reason: string, way: string] | undefined {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return ['it does not speak TLS', 'Give its address with http:// in place of https://.']
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    return [`TLS failed (${code})`, 'Ask whoever runs it whether it speaks TLS 1.2 or 1.3, or give another address.']
  }
  return undefined
}
