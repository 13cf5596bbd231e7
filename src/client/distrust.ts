/** What there is to say about a certificate that is not trusted. */
import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { ClientError } from './errors.ts'
import type { Trust } from './trust.ts'

/** What is wrong, and what can be done about it besides a fingerprint. */
type Complaint = (shown: X509Certificate, url: URL) => readonly [reason: string, way: string]

/** What is wrong with the server's certificate, if anything is. */
export function distrust(socket: TLSSocket, { fingerprint }: Trust, url: URL): ClientError | undefined {
  const shown = socket.getPeerX509Certificate() as X509Certificate
  const { fingerprint256 } = shown
  if (fingerprint !== undefined) {
    if (fingerprint256 === fingerprint) return undefined
    return new ClientError(
      'untrusted',
      `The server at ${url.href} has not the certificate that is expected of it. Its SHA-256 fingerprint is ${fingerprint256}, ` +
        `and not ${fingerprint}. Ask whoever runs the server whether it has a new one; otherwise somebody else answers in its place.`,
    )
  }
  if (socket.authorized) return undefined
  const code = String(socket.authorizationError)
  const [reason, way] = (complaints[code] ?? refused(code))(shown, url)
  return new ClientError(
    'untrusted',
    `The server at ${url.href} cannot be trusted: its certificate ${reason}. Its SHA-256 fingerprint is ${fingerprint256}. ` +
      `If the server shows the same at its start, give it with --fingerprint or TWINSERVE_FINGERPRINT; or ${way}.`,
  )
}

const authority = 'name the file with the certificate of its authority with --cacert or TWINSERVE_CACERT'
const unknown: Complaint = () => ['is signed by an authority that is not known here', authority]
const refused =
  (code: string): Complaint =>
  () => [`is refused (${code})`, authority]

/** By OpenSSL's names (verify(1)), and Node's. */
const complaints: Readonly<Record<string, Complaint>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: () => ['is signed by itself', authority],
  SELF_SIGNED_CERT_IN_CHAIN: unknown,
  UNABLE_TO_GET_ISSUER_CERT: unknown,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknown,
  CERT_HAS_EXPIRED: ({ validTo }) => [
    `has expired, on ${day(validTo)}`,
    'ask whoever runs it for a new one, and look at the clock of this machine',
  ],
  CERT_NOT_YET_VALID: ({ validFrom }) => [
    `is not valid before ${day(validFrom)}`,
    'set the clock of this machine, if it is late',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: ({ subjectAltName }, { hostname }) => [
    `is for ${namesIn(subjectAltName)}, and not for ${hostname}`,
    'reach the server by a name that its certificate has',
  ],
}

const day = (date: string): string => new Date(date).toISOString().slice(0, 10)

/** How many names are shown of a certificate, which may have any number. */
const most = 5

/** @param list as Node has it: `DNS:localhost, IP Address:127.0.0.1` */
function namesIn(list = ''): string {
  const names = list.split(', ').map((name) => name.replace(/^[^:]*:/, ''))
  return names.length > most ? `${names.slice(0, most).join(', ')} and others` : names.join(', ') || 'no name'
}
