/** The server's address, and the addresses on it. */
import { hrefOf } from '../core/pages/address.ts'
import type { SafePath } from '../core/paths.ts'
import { ClientError } from './errors.ts'

export const defaultUrl = 'http://127.0.0.1:8080/'

export interface Endpoint {
  readonly url: URL
  readonly secure: boolean
  /** What is put into `Host`. */
  readonly host: string
  /** Where to connect: a socket, or a name and a port. */
  readonly target: { readonly socketPath: string } | { readonly host: string; readonly port: number }
}

/** @throws ClientError bad_parameter with the way out */
export function endpointOf(given: string | URL = defaultUrl): Endpoint {
  const url = parse(given)
  if (url === undefined || !['http:', 'https:', 'http+unix:'].includes(url.protocol) || url.hostname === '') {
    throw new ClientError('bad_parameter', `${given} is not the address of a server. Give one such as ${defaultUrl}.`)
  }
  if (url.pathname !== '/' && url.pathname !== '') {
    throw new ClientError('bad_parameter', `The address of a server has no path, and ${given} has ${url.pathname}.`)
  }
  const secure = url.protocol === 'https:'
  if (url.protocol === 'http+unix:') {
    return { url, secure, host: 'localhost', target: { socketPath: decodeURIComponent(url.hostname) } }
  }
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  // `URL` writes an IPv6 address in brackets, `net` wants it without.
  return { url, secure, host: url.host, target: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port } }
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
