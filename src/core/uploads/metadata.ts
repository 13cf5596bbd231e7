/**
 * What a client says of an upload in `Upload-Metadata` (tus 1.0.0, creation): pairs of a key and a value in base64.
 *
 * - `path` is where the file is to lie, from the top; or `filename` is its name, in `directory` (or `dir`) or at the top.
 * - `overwrite` says that a file which has the name is replaced: `true`, or no value.
 * - `mtime` is when the file was last changed, in seconds since 1970.
 * - All other keys mean nothing here, and are given back as they came.
 */
import { Refusal } from '../errors.ts'
import { mtimeOf } from '../http/mtime.ts'
import { pathFromText, rootPath, type SafePath } from '../paths.ts'

export type Metadata = ReadonlyMap<string, string>

const pair = /^([\x21-\x2b\x2d-\x7e]+)(?: ([A-Za-z0-9+/]*={0,2}))?$/

/**
 * The pairs of the field, each value as it came.
 *
 * @param field undefined when there is none
 * @throws Refusal bad_parameter
 */
export function parseMetadata(field: string | undefined): Metadata {
  const found = new Map<string, string>()
  if (field === undefined || field === '') return found
  for (const member of field.split(',')) {
    const m = pair.exec(member.trim())
    const [, key = '', value = ''] = m ?? []
    if (!m || value.length % 4 !== 0)
      throw new Refusal('bad_parameter', 'Upload-Metadata must be written like key BASE64,key BASE64')
    if (found.has(key)) throw new Refusal('bad_parameter', `Upload-Metadata has ${key} twice`)
    found.set(key, value)
  }
  return found
}

/** The field again. */
export function formatMetadata(metadata: Metadata): string {
  return [...metadata].map(([key, value]) => (value === '' ? key : `${key} ${value}`)).join(',')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a value: undefined when the key is not there. @throws Refusal bad_parameter when it is not UTF-8 */
function textOf(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key)
  if (value === undefined) return undefined
  try {
    return utf8.decode(Buffer.from(value, 'base64'))
  } catch {
    throw new Refusal('bad_parameter', `the value of ${key} in Upload-Metadata is not UTF-8`)
  }
}

/** Where the file is to lie. @throws Refusal bad_parameter, bad_name, reserved */
export function pathOf(metadata: Metadata): SafePath {
  const path = textOf(metadata, 'path')
  if (path !== undefined) return pathFromText(path)
  const name = textOf(metadata, 'filename')
  if (name === undefined) throw new Refusal('bad_parameter', 'Upload-Metadata must have a path or a filename')
  const directory = textOf(metadata, 'directory') ?? textOf(metadata, 'dir') ?? ''
  return (directory === '' ? rootPath : pathFromText(directory)).child(name)
}

/** Whether a file that has the name is replaced. @throws Refusal bad_parameter */
export function overwriteOf(metadata: Metadata): boolean {
  const text = textOf(metadata, 'overwrite')
  if (text === undefined || text === 'false') return false
  if (text === 'true' || text === '') return true
  throw new Refusal('bad_parameter', 'overwrite in Upload-Metadata must be true or false')
}

/** When the file was last changed, in nanoseconds since 1970. @throws Refusal bad_parameter */
export function timeOf(metadata: Metadata): bigint | undefined {
  return mtimeOf(textOf(metadata, 'mtime'), 'mtime in Upload-Metadata')
}
