/**
 * The bytes of a file from one place to another, over as many connections as it takes, one after the other.
 *
 * Each request names the version that it goes on with (`If-Range`, RFC 9110, section 13.1.5), and each answer must be
 * exactly what was asked for.
 */
import type { IncomingMessage } from 'node:http'
import type { SafePath } from '../core/paths.ts'
import { badAnswer } from './answers.ts'
import type { Context } from './context.ts'
import { changedThere, type Description, digestTold, wantDigest } from './description.ts'
import { targetOf } from './endpoint.ts'
import { ClientError } from './errors.ts'
import { contentOf } from './http.ts'
import { retrying } from './retry.ts'

export interface Span {
  /** The first byte that is wanted. It moves on as bytes come. */
  at: number
  /** The first byte that is not. */
  readonly end: number
}

export interface Fetching {
  readonly context: Context
  readonly path: SafePath
  readonly of: Description
  readonly signal: AbortSignal | undefined
  /** Whether to ask for the digest of the whole file. */
  readonly digest: boolean
}

/**
 * Fetch a span, and go on where a connection broke.
 *
 * @param take is given each piece, in order; the span has moved on behind it when it returns
 * @param onAnswer is shown the head of each answer
 * @returns the server's digest of the whole file, if it was asked for and told
 * @throws ClientError changed, bad_answer, connection_lost, …
 */
export async function fetchSpan(
  fetching: Fetching,
  span: Span,
  take: (piece: Buffer, at: number) => Promise<void> | undefined,
  onAnswer?: (response: IncomingMessage) => void,
): Promise<string | undefined> {
  const { context, signal } = fetching
  let told: string | undefined
  let { etag } = fetching.of
  const attempt = async (progressed: () => void) => {
    const response = await request({ ...fetching, of: { ...fetching.of, etag } }, span)
    told ??= digestTold(response)
    // Whatever comes later must be of the same version.
    etag ??= response.headers.etag
    onAnswer?.(response)
    for await (const piece of contentOf(response, signal)) {
      if (span.at + piece.length > span.end)
        throw badAnswer(`more bytes come of ${fetching.path.text} than were asked for`)
      progressed()
      const taken = take(piece, span.at)
      if (taken !== undefined) await taken
      span.at += piece.length
    }
    if (span.at < span.end) {
      throw new ClientError('connection_lost', `The connection to the server broke: ${fetching.path.text} ended early.`)
    }
  }
  if (span.at < span.end || span.end === 0) await retrying(context.attempts, signal, attempt, context.http.passing)
  return told
}

async function request({ context, path, of, signal, digest }: Fetching, span: Span): Promise<IncomingMessage> {
  const whole = span.at === 0 && span.end === of.size
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' }
  if (digest) Object.assign(headers, wantDigest)
  if (!whole) {
    headers.Range = `bytes=${span.at}-${span.end - 1}`
    if (of.etag !== undefined) headers['If-Range'] = of.etag
  }
  const wanted = { method: 'GET', target: targetOf(path), headers, signal }
  const response = await context.http.exchange(wanted).catch((error: unknown) => {
    throw error instanceof ClientError && error.code === 'range_not_satisfiable' ? changedThere(path) : error
  })
  try {
    check(response, of, path, whole ? undefined : span)
  } catch (error) {
    response.on('error', () => {}).destroy()
    throw error
  }
  return response
}

/** @param span undefined when the whole file was asked for */
function check(
  { statusCode, headers }: IncomingMessage,
  of: Description,
  path: SafePath,
  span: Span | undefined,
): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw badAnswer(`${path.text} comes encoded as ${encoding}`)
  // Answered with the whole file, a range is one of a version that is no more.
  if (of.etag !== undefined && headers.etag !== of.etag) throw changedThere(path)
  if (span === undefined) {
    if (statusCode !== 200) throw badAnswer(`the status for ${path.text} is ${statusCode}`)
    if (headers['content-length'] === undefined) throw badAnswer(`${path.text} has no length`)
    if (headers['content-length'] !== `${of.size}`) throw changedThere(path)
    return
  }
  if (statusCode === 200) throw changedThere(path)
  const range = `bytes ${span.at}-${span.end - 1}/${of.size}`
  const length = headers['content-length']
  if (statusCode !== 206 || headers['content-range'] !== range || Number(length) !== span.end - span.at) {
    throw badAnswer(`the part of ${path.text} is another one than was asked for`)
  }
}
