/**
 * A certificate that vouches for itself (RFC 5280), for servers that nobody else vouches for: what it is worth is known by
 * its fingerprint.
 *
 * - The key is for ECDSA on P-256, which every client that speaks TLS 1.2 knows (RFC 8422, section 5.1.1).
 * - It is no authority (`cA` is false): whoever trusts it trusts this server, and nobody whom its key could sign for.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import type { Credentials } from '../core/options.ts'

/** RFC 5758, section 3.2. */
const ecdsaWithSha256 = '1.2.840.10045.4.3.2'
/** RFC 5280, appendix A.1: `id-at-commonName`. */
const commonName = '2.5.4.3'
const day = 24 * 60 * 60 * 1000
/** Apple's systems refuse certificates for servers that are good for more than 825 days. */
export const validDays = 800
/** Some clocks are behind. */
const before = day

/** Whom a certificate is for, and since when. */
export interface Subject {
  /** DNS names, in ASCII, and literal addresses. The first is also shown as the certificate's own name. */
  readonly names: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** @param text cut to what a common name may have (RFC 5280, appendix A.1: `ub-common-name`) */
function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text.slice(0, 64) })
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])])
}

function extension(extnID: string, critical: boolean, value: unknown): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })
}

function extensions(names: readonly string[]): Extensions {
  const alternatives = names.map((name) => new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name }))
  return new Extensions([
    extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
    extension(id_ce_keyUsage, true, new KeyUsage(KeyUsageFlags.digitalSignature)),
    extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)),
  ])
}

/** RFC 5280, section 4.1.2.2: positive, and at most 20 bytes. */
function serialNumber(): ArrayBuffer {
  const bytes = new Uint8Array(16)
  bytes.set(randomBytes(16))
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40
  return bytes.buffer
}

/**
 * Make a certificate.
 *
 * @param key the private key in PEM, to be used again; a new one unless it is given
 */
export function makeSelfSigned({ names, now }: Subject, key = newKey()): Credentials {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 })
  const name = nameOf(names[0] ?? 'twinserve')
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: name,
    validity: new Validity({ notBefore: new Date(now - before), notAfter: new Date(now + validDays * day) }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: extensions(names),
  })
  const signed = new Uint8Array(AsnConvert.serialize(tbsCertificate))
  const signatureValue = new Uint8Array(sign('sha256', signed, key)).buffer
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm: algorithm, signatureValue })
  return { cert: pem(Buffer.from(AsnConvert.serialize(certificate))), key }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** RFC 7468. */
function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
