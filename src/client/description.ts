/** What is known of a file on the server, and what an answer says of it. */
import type { IncomingMessage } from 'node:http'
import type { SafePath } from '../core/paths.ts'
import { badAnswer, isFile } from './answers.ts'
import type { Context } from './context.ts'
import { targetOf } from './endpoint.ts'
import { ClientError, refused } from './errors.ts'
import { sameDigest } from './put.ts'

/** One version of a file. */
export interface Description {
  readonly size: number
  /** Undefined where it is not known yet. */
  readonly etag: string | undefined
  /** When it was last changed, in milliseconds since 1970. */
  readonly modified: number | undefined
}

/** Asks for the digest of the whole file: answered for files of up to 64 MiB (docs/http.md). */
export const wantDigest = { 'Want-Repr-Digest': 'sha-256=10' }

/**
 * Look at a file.
 *
 * @throws ClientError not_found, is_directory, not_a_file, link_refused
 */
export async function describe(
  context: Context,
  path: SafePath,
  signal: AbortSignal | undefined,
): Promise<Description> {
  const found = await context.call('stat', { path: path.text }, signal)
  if (found.kind === 'directory' || found.target === 'directory') throw refused('is_directory', path.text)
  if (!isFile(found)) throw refused(found.kind === 'link' ? 'link_refused' : 'not_a_file', path.text)
  if (found.kind === 'file' && found.size !== undefined) {
    return { size: found.size, etag: found.etag, modified: Date.parse(found.modified) }
  }
  const response = await context.http.ask({ method: 'HEAD', target: targetOf(path), signal })
  return describedBy(response, path)
}

/** What the head of an answer with the whole file says. @throws ClientError bad_answer */
export function describedBy({ headers }: IncomingMessage, path: SafePath): Description {
  const length = headers['content-length']
  if (length === undefined || !/^\d{1,15}$/.test(length)) throw badAnswer(`${path.text} has no length`)
  const modified = Date.parse(headers['last-modified'] ?? '')
  return { size: Number(length), etag: headers.etag, modified: Number.isNaN(modified) ? undefined : modified }
}

/**
 * The time to give to the copy: what a listing tells has milliseconds, `Last-Modified` has only seconds.
 *
 * @param listed what the listing or `stat` told @param told what the answer says that the bytes came with
 */
export function timeOf(listed: number | undefined, told: number | undefined): number | undefined {
  if (listed === undefined || told === undefined) return told
  return Math.floor(listed / 1000) === Math.floor(told / 1000) ? listed : told
}

/** The server's digest, or undefined when it tells none. */
export function digestTold({ headers }: IncomingMessage): string | undefined {
  const field = headers['repr-digest']
  return typeof field === 'string' && field.includes('sha-256=') ? field : undefined
}

/** @param made of what came, as a field has it @throws ClientError digest_mismatch */
export function demandDigest(told: string, made: string, path: SafePath): void {
  if (sameDigest(told, made)) return
  throw new ClientError(
    'digest_mismatch',
    `What came is not ${path.text}: it does not match its digest. Nothing was stored.`,
  )
}

/** For `verify`. @throws ClientError unverified */
export function noDigest(path: SafePath): ClientError {
  return new ClientError(
    'unverified',
    `${path.text} cannot be verified: the server tells no digest of it. Fetch it without verifying; its length is checked in any case.`,
  )
}

/** The file has become another one while it was fetched. */
export function changedThere(path: SafePath): ClientError {
  return refused('changed', path.text)
}
