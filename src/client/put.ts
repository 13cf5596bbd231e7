/** Storing with one `PUT`, and finding out what became of one whose answer was lost. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { formatDigest, parseDigests } from '../core/http/digests.ts'
import type { SafePath } from '../core/paths.ts'
import type { Context } from './context.ts'
import { targetOf } from './endpoint.ts'
import { ClientError, refused } from './errors.ts'
import type { Meter } from './meter.ts'
import type { UploadOptions, UploadResult } from './options.ts'
import { retrying } from './retry.ts'

/** The time of a file, in the seconds that `X-OC-Mtime` and `mtime` have. The server keeps microseconds. */
export function secondsOf(mtimeNs: bigint): string | undefined {
  if (mtimeNs < 0n) return undefined
  const digits = String(mtimeNs).padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9, -3)}`
}

/** What must hold of the name before it is stored. */
function conditionOf({ overwrite, ifMatch }: UploadOptions): Record<string, string> {
  if (ifMatch !== undefined) return { 'If-Match': ifMatch }
  return overwrite ? { Overwrite: 'T' } : { 'If-None-Match': '*' }
}

function fieldsOf(mtimeNs: bigint | undefined, { keepTime = true }: UploadOptions): Record<string, string> {
  const time = mtimeNs === undefined || !keepTime ? undefined : secondsOf(mtimeNs)
  return { 'Content-Type': 'application/octet-stream', ...(time === undefined ? {} : { 'X-OC-Mtime': time }) }
}

/** Store bytes. */
export async function putBytes(
  context: Context,
  path: SafePath,
  bytes: Uint8Array,
  mtimeNs: bigint | undefined,
  options: UploadOptions,
  meter: Meter,
): Promise<UploadResult> {
  const file = meter.file(path.text, bytes.length)
  const digest = options.verify === false ? undefined : formatDigest('sha-256', createHash('sha256').update(bytes))
  const headers: Record<string, string> = { ...conditionOf(options), ...fieldsOf(mtimeNs, options) }
  if (digest !== undefined) headers['Repr-Digest'] = digest
  let unanswered = false
  const response = await retrying(
    context.attempts,
    options.signal,
    async () => {
      file.at(0)
      try {
        const { signal } = options
        return await context.http.ask({ method: 'PUT', target: targetOf(path), headers, body: bytes, signal })
      } catch (error) {
        if (isLost(error)) unanswered = true
        else if (unanswered && isTaken(error) && (await holds(context, path, bytes.length, digest, options)))
          return undefined
        throw error
      }
    },
    context.http.passing,
  ).catch((error: unknown) => {
    throw explain(error, path, options)
  })
  file.at(bytes.length)
  file.finish()
  return resultOf(path, bytes.length, response, digest === undefined ? 'length' : 'digest')
}

/** Store what comes from a stream, once. */
export async function putStream(
  context: Context,
  path: SafePath,
  source: Readable,
  mtimeNs: bigint | undefined,
  options: UploadOptions,
  meter: Meter,
): Promise<UploadResult> {
  const file = meter.file(path.text, undefined)
  const hash = createHash('sha256')
  let size = 0
  async function* counted(): AsyncGenerator<Uint8Array, void> {
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      size += piece.length
      if (options.verify) hash.update(piece)
      file.add(piece.length)
      yield piece
    }
  }
  const headers = { ...conditionOf(options), ...fieldsOf(mtimeNs, options) }
  try {
    const { signal } = options
    const body = counted()
    const response = await context.http.ask({ method: 'PUT', target: targetOf(path), headers, body, signal })
    if (options.verify) await compare(context, path, size, formatDigest('sha-256', hash), options)
    file.finish()
    return resultOf(path, size, response, options.verify ? 'digest' : 'length')
  } catch (error) {
    throw explain(error, path, options)
  } finally {
    source.destroy()
  }
}

const isLost = (error: unknown): boolean => error instanceof ClientError && error.code === 'connection_lost'
const isTaken = (error: unknown): boolean =>
  error instanceof ClientError && (error.code === 'exists' || error.code === 'precondition_failed')

/** A condition that failed because the name is taken is told as what it is. */
export function explain(error: unknown, path: SafePath, { ifMatch }: UploadOptions): unknown {
  if (!(error instanceof ClientError) || error.code !== 'precondition_failed') return error
  if (ifMatch === undefined) return new ClientError('exists', refused('exists', path.text).message, { status: 412 })
  return new ClientError('precondition_failed', refused('changed', path.text).message, { status: 412 })
}

/** What is at a path, and its digest if the server tells it. */
async function look(context: Context, path: SafePath, { signal }: UploadOptions): Promise<IncomingMessage> {
  const headers = { 'Want-Repr-Digest': 'sha-256=10' }
  return await context.http.ask({ method: 'HEAD', target: targetOf(path), headers, signal })
}

/** Whether the file that has the name is the one that was sent, and only the answer was lost. */
async function holds(
  context: Context,
  path: SafePath,
  size: number,
  digest: string | undefined,
  options: UploadOptions,
): Promise<boolean> {
  if (digest === undefined) return false
  const { headers } = await look(context, path, options)
  return Number(headers['content-length']) === size && sameDigest(headers['repr-digest'], digest)
}

/** @throws ClientError unverified, digest_mismatch */
export async function compare(
  context: Context,
  path: SafePath,
  size: number,
  digest: string,
  options: UploadOptions,
): Promise<void> {
  const { headers } = await look(context, path, options)
  const told = headers['repr-digest']
  if (told === undefined) {
    throw new ClientError(
      'unverified',
      `${path.text} is stored, but the server tells no digest of it, so that it could not be verified.`,
    )
  }
  if (Number(headers['content-length']) === size && sameDigest(told, digest)) return
  throw new ClientError('digest_mismatch', `${path.text} is stored, but is not what was sent. Store it again.`)
}

/** Whether two fields tell the same SHA-256. */
export function sameDigest(field: string | string[] | undefined, digest: string): boolean {
  const sha256Of = (text: string) => parseDigests(text)?.find(({ algorithm }) => algorithm === 'sha-256')?.value
  const [one, two] = [typeof field === 'string' ? sha256Of(field) : undefined, sha256Of(digest)]
  return one !== undefined && two !== undefined && Buffer.compare(one, two) === 0
}

function resultOf(
  path: SafePath,
  size: number,
  response: IncomingMessage | undefined,
  verified: UploadResult['verified'],
): UploadResult {
  const replaced = response === undefined ? undefined : response.statusCode !== 201
  return { path: path.text, size, replaced, etag: response?.headers.etag, verified, resumed: 0 }
}
