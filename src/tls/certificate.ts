/**
 * Certificates and keys: whether a server can use them, and what they are known by.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Credentials } from '../core/options.ts'

/** Why a certificate or its key is of no use: a sentence with what is wrong, and one with the way out. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'
}

/** What is known of credentials that can be used. */
export interface Checked {
  /** SHA-256 of the certificate as it is sent, in the form that browsers and openssl show: `AB:CD:…`. */
  readonly fingerprint: string
  /** The DNS names that it is for, in lower case, without those that have a `*`. */
  readonly names: readonly string[]
  /** When it ends to be good, in milliseconds since 1970. */
  readonly until: number
  /** What works, and may not be meant: whole sentences. */
  readonly warnings: readonly string[]
}

/** What to call the two files in sentences. */
export interface Named {
  readonly cert: string
  readonly key: string
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/**
 * Look at what a server is to use.
 *
 * @param named where the two come from
 * @param now milliseconds since 1970: undefined for any time
 * @throws CertificateError
 */
export function checkCredentials({ cert, key }: Credentials, named: Named, now: number | undefined): Checked {
  const chain = certificatesIn(cert, named.cert)
  const [own] = chain as [X509Certificate]
  demandMatch(chain, keyIn(key, named.key), named)
  const until = Date.parse(own.validTo)
  if (now !== undefined) demandTime(own, named.cert, now)
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new CertificateError(
      `${named.cert} and ${named.key} cannot be used for TLS: ${(error as Error).message}. Use another certificate and key.`,
    )
  }
  const warnings = isInOrder(chain)
    ? []
    : [`The certificates in ${named.cert} do not lead from one to the next. Some clients will not trust them.`]
  return { fingerprint: own.fingerprint256, names: namesOf(own), until, warnings }
}

function certificatesIn(pem: string, name: string): readonly X509Certificate[] {
  const found = [...pem.matchAll(block)].filter(([, label]) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label ?? ''))
  if (found.length === 0) {
    throw new CertificateError(`${name} holds no certificate. Give a PEM file, with -----BEGIN CERTIFICATE----- in it.`)
  }
  return found.map(([text]) => {
    try {
      return new X509Certificate(text)
    } catch (error) {
      throw new CertificateError(
        `${name} holds a certificate that cannot be read: ${(error as Error).message}. Fetch it anew.`,
      )
    }
  })
}

function keyIn(pem: string, name: string): KeyObject {
  const labels = [...pem.matchAll(block)].map(([text, label]) => ({ text, label: label ?? '' }))
  const found = labels.find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (found === undefined) {
    throw new CertificateError(`${name} holds no private key. Give a PEM file, with -----BEGIN PRIVATE KEY----- in it.`)
  }
  // RFC 5958; and the older form of RFC 1421, section 4.6.1.1.
  if (found.label.startsWith('ENCRYPTED') || found.text.includes('Proc-Type: 4,ENCRYPTED')) {
    throw new CertificateError(
      `The key in ${name} is protected by a passphrase, for which nobody could be asked. ` +
        'Write one without, which only you may read: (umask 077; openssl pkey -in KEY -out NEWKEY)',
    )
  }
  try {
    return createPrivateKey(found.text)
  } catch (error) {
    throw new CertificateError(`${name} holds a key that cannot be read: ${(error as Error).message}. Make a new one.`)
  }
}

function demandMatch(chain: readonly X509Certificate[], key: KeyObject, named: Named): void {
  const at = chain.findIndex((each) => each.checkPrivateKey(key))
  if (at === 0) return
  throw new CertificateError(
    at > 0
      ? `The key in ${named.key} is for certificate ${at + 1} in ${named.cert}. Put the certificate of the server first.`
      : `The key in ${named.key} is not the one of the certificate in ${named.cert}. Give the two that belong together.`,
  )
}

function demandTime(own: X509Certificate, name: string, now: number): void {
  const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)]
  if (now > until) {
    throw new CertificateError(`The certificate in ${name} has expired, on ${dayOf(until)}. Use a new one.`)
  }
  if (now < from) {
    throw new CertificateError(
      `The certificate in ${name} is not valid before ${dayOf(from)}. Use another, or set the clock of this machine.`,
    )
  }
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10)

/** RFC 5246, section 7.4.2: each certificate is the one that has signed the one before. */
function isInOrder(chain: readonly X509Certificate[]): boolean {
  return chain.every((each, number) => number === 0 || chain[number - 1]?.checkIssued(each))
}

/** The DNS names in `subjectAltName`; addresses are no names. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const found = certificate.subjectAltName?.matchAll(/(?:^|, )DNS:([^,"*]+)(?=,|$)/g) ?? []
  return [...new Set([...found].map(([, name = '']) => name.toLowerCase()))]
}
