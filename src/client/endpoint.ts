/** The server's address, and the addresses on it. */
import { hrefOf } from '../core/pages/address.ts'
import type { SafePath } from '../core/paths.ts'
import { ClientError } from './errors.ts'
import { parseFingerprint, type Trust } from './trust.ts'

export const defaultUrl = 'http://127.0.0.1:8080/'

export interface Endpoint {
  readonly url: URL
  /** Whether TLS is spoken. */
  readonly secure: boolean
  readonly trust: Trust
  /** The value of `Authorization`, for one who logs in. */
  readonly authorization: string | undefined
  /** What is put into `Host`. */
  readonly host: string
  /** Where to connect: a socket, or a name and a port. */
  readonly target: { readonly socketPath: string } | { readonly host: string; readonly port: number }
}

const schemes: readonly string[] = ['http:', 'https:', 'http+unix:', 'https+unix:']

/** Whom to trust, and as whom to log in, as callers say it. */
export interface Trusted {
  readonly user?: string
  readonly password?: string
  readonly fingerprint?: string
  readonly ca?: string | Uint8Array
}

/** @throws ClientError bad_parameter with the way out */
export function endpointOf(written: string | URL = defaultUrl, trusted: Trusted = {}): Endpoint {
  const url = parse(written)
  const authorization = url && authorizationIn(url, trusted)
  // From here on no sentence, note or log has the password.
  const given = String(written).replace(/\/\/[^/@]*@/, '//')
  if (url === undefined || !schemes.includes(url.protocol) || url.hostname === '') {
    throw new ClientError('bad_parameter', `${given} is not the address of a server. Give one such as ${defaultUrl}.`)
  }
  if (url.pathname !== '/' && url.pathname !== '') {
    throw new ClientError(
      'bad_parameter',
      `The address of a server has no path, and ${given} has ${url.pathname}. Leave it out, and name what is meant in the command.`,
    )
  }
  const secure = url.protocol.startsWith('https')
  const trust = trustIn(trusted, secure, url)
  const known = { url, secure, trust, authorization }
  if (url.protocol.endsWith('+unix:')) {
    return { ...known, host: 'localhost', target: { socketPath: decodeURIComponent(url.hostname) } }
  }
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  // `URL` writes an IPv6 address in brackets, `net` wants it without.
  return { ...known, host: url.host, target: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port } }
}

/** Takes the name and the password out of an address. @returns the `Authorization` that they make (RFC 7617) @throws ClientError bad_parameter */
function authorizationIn(url: URL, { user, password }: Trusted): string | undefined {
  const [name, secret] = [url.username, url.password].map(decoded)
  url.username = ''
  url.password = ''
  const who = name || user
  if (who === undefined) return undefined
  if (who.includes(':')) throw new ClientError('bad_parameter', 'The name of a user has no colon.')
  const pair = `${who}:${name ? secret : (password ?? '')}`.normalize('NFC')
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function trustIn({ fingerprint: text, ca }: Trusted, secure: boolean, url: URL): Trust {
  if (!secure && text !== undefined) {
    throw new ClientError(
      'bad_parameter',
      `A fingerprint is that of a certificate, and ${url.href} speaks no TLS. Give an address that begins with https:// or leave the fingerprint out.`,
    )
  }
  const fingerprint = text === undefined ? undefined : parseFingerprint(text)
  if (text !== undefined && fingerprint === undefined) {
    throw new ClientError(
      'bad_parameter',
      `${text} is no fingerprint. Give the SHA-256 that the server shows at its start: 64 hexadecimal digits, with or without colons.`,
    )
  }
  return { fingerprint, ca }
}

function parse(given: string | URL): URL | undefined {
  try {
    return new URL(given)
  } catch {
    return undefined
  }
}

/** The request target of a path. The server's own encoding, so that no name is taken for an address-bar command. */
export function targetOf(path: SafePath): string {
  return hrefOf(path.segments, false)
}
