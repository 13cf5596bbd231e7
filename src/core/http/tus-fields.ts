/**
 * The fields of tus 1.0.0 (https://tus.io/protocols/resumable-upload): what they say. Nothing here looks at the disk.
 */
import { createHash } from 'node:crypto'
import { Refusal } from '../errors.ts'
import type { Checksum } from '../uploads/append.ts'
import { isUploadId } from '../uploads/names.ts'
import type { UploadRecord } from '../uploads/record.ts'
import { type Digest, newHash, parseDigests } from './digests.ts'
import type { RequestHead } from './head.ts'

/** The one version that is spoken. */
export const tusVersion = '1.0.0'

/** Where uploads are begun. Each is then found below. */
export const uploadsPath = '/.twinserve/uploads'

/** What belongs to the protocol beyond its core. */
export const tusExtensions = 'creation,creation-with-upload,termination,checksum,expiration,concatenation'

/** Bytes of a digest, by the name of its algorithm, which `node:crypto` knows too. Every server must know `sha1`. */
const checksums: ReadonlyMap<string, number> = new Map([
  ['sha1', 20],
  ['sha256', 32],
  ['sha512', 64],
])

export const tusChecksums = [...checksums.keys()].join(',')

/** The media type of a body that is bytes of an upload. */
export const offsetMedia = 'application/offset+octet-stream'

/** A number of bytes. @throws Refusal bad_parameter; too_large for a number that no file can have */
function bytesIn(head: RequestHead, name: string): number | undefined {
  const text = head.field(name.toLowerCase())
  if (text === undefined) return undefined
  if (!/^[0-9]+$/.test(text)) throw new Refusal('bad_parameter', `${name} must be a number of bytes`)
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Refusal('too_large', `${name} is beyond any file`)
  return value
}

/** How long an upload will be. @throws Refusal bad_parameter, too_large */
export function uploadLength(head: RequestHead): number {
  const length = bytesIn(head, 'Upload-Length')
  // creation-defer-length is not offered.
  if (length === undefined) throw new Refusal('bad_parameter', 'Upload-Length must say how long the upload is')
  return length
}

/** Where the bytes of a request belong. @throws Refusal bad_parameter, too_large */
export function uploadOffset(head: RequestHead): number {
  const offset = bytesIn(head, 'Upload-Offset')
  if (offset === undefined) throw new Refusal('bad_parameter', 'Upload-Offset must say where the bytes belong')
  return offset
}

/** What the bytes of a request must have: by the protocol's own field, and by `Content-Digest` (RFC 9530). @throws Refusal bad_parameter, also for algorithms that are not known */
export function uploadChecksums(head: RequestHead): readonly Checksum[] {
  const field = head.field('upload-checksum')
  const digests = digestsIn(head, 'Content-Digest').map(({ algorithm, value }) => {
    return { algorithm: `Content-Digest, ${algorithm}`, hash: newHash(algorithm), value }
  })
  return field === undefined ? digests : [checksumIn(field), ...digests]
}

function checksumIn(field: string): Checksum {
  const [, algorithm = '', text = ''] = /^([a-z0-9-]+) ([A-Za-z0-9+/]+={0,2})$/.exec(field) ?? []
  const value = Buffer.from(text, 'base64')
  if (checksums.get(algorithm) !== value.length) {
    throw new Refusal(
      'bad_parameter',
      `Upload-Checksum must be a digest in base64, behind the name of one of ${tusChecksums}`,
    )
  }
  return { algorithm, hash: createHash(algorithm), value }
}

function digestsIn(head: RequestHead, name: string): readonly Digest[] {
  const digests = parseDigests(head.field(name.toLowerCase()) ?? '')
  if (digests !== undefined) return digests
  throw new Refusal('bad_parameter', `${name} must be written like sha-256=:…:, with the whole digest in base64`)
}

/** What the whole file must have (RFC 9530), as it is kept. @throws Refusal bad_parameter */
export function reprDigests(head: RequestHead): UploadRecord['digests'] {
  return digestsIn(head, 'Repr-Digest').map(({ algorithm, value }) => [
    algorithm,
    Buffer.from(value).toString('base64'),
  ])
}

/** What an upload has to do with others. */
export type Concat =
  | { readonly kind: 'single' | 'partial' }
  | { readonly kind: 'final'; readonly ids: readonly string[] }

/**
 * What `Upload-Concat` says.
 *
 * @param authority ours: uploads may be named by whole addresses
 * @throws Refusal bad_parameter
 */
export function uploadConcat(head: RequestHead, authority: string): Concat {
  const field = head.field('upload-concat')
  if (field === undefined) return { kind: 'single' }
  if (field === 'partial') return { kind: 'partial' }
  const m = /^final; *([^ ].*)$/.exec(field)
  if (!m) throw new Refusal('bad_parameter', 'Upload-Concat must be partial, or final; and the addresses of uploads')
  return { kind: 'final', ids: (m[1] as string).split(/ +/).map((address) => idIn(address, authority)) }
}

/** The upload that an address on this server names. */
function idIn(address: string, authority: string): string {
  const [, host, path = ''] = /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)$/i.exec(address) ?? []
  const id = uploadIn(path)
  if (id === undefined || (host !== undefined && host.toLowerCase() !== authority)) {
    throw new Refusal('bad_parameter', `${address} is not the address of an upload here`)
  }
  return id
}

/** The upload that a path names, if it can be one. */
export function uploadIn(path: string): string | undefined {
  const id = path.startsWith(`${uploadsPath}/`) ? path.slice(uploadsPath.length + 1) : ''
  return isUploadId(id) ? id : undefined
}
