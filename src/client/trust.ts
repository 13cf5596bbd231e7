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
import type { Endpoint } from './endpoint.ts'
import { ClientError } from './errors.ts'

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
    const wrong = distrust(socket, trust, url.href)
    if (wrong !== undefined) return fail(wrong)
    clearTimeout(timer)
    then(undefined, socket)
  })
  return () => {
    clearTimeout(timer)
    socket.destroy()
  }
}

/** What is wrong with the server's certificate, if anything is. */
function distrust(socket: TLSSocket, { fingerprint }: Trust, where: string): ClientError | undefined {
  const shown = socket.getPeerX509Certificate()?.fingerprint256
  if (fingerprint !== undefined) {
    if (shown === fingerprint) return undefined
    return new ClientError(
      'untrusted',
      `The server at ${where} has not the certificate that is expected of it. Its SHA-256 fingerprint is ${shown}, ` +
        `and not ${fingerprint}. Ask whoever runs the server whether it has a new one; otherwise somebody else answers in its place.`,
    )
  }
  if (socket.authorized) return undefined
  const code = String(socket.authorizationError)
  return new ClientError(
    'untrusted',
    `The server at ${where} cannot be trusted: ${reasons[code] ?? `its certificate is refused (${code})`}. Its SHA-256 fingerprint is ${shown}. ` +
      'If the server shows the same at its start, give it with --fingerprint or TWINSERVE_FINGERPRINT; ' +
      'or name the file with the certificate of its authority with --cacert or TWINSERVE_CACERT.',
  )
}

/** By OpenSSL's names (verify(1)), and Node's. */
const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that is not known here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** What a failed handshake says of the server; undefined for a failure of another kind. */
export function handshakeReason(error: Error): string | undefined {
  const { code = '' } = error as NodeJS.ErrnoException
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return 'it does not speak TLS, so that its address begins with http://'
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return `TLS failed (${code})`
  return undefined
}
